#include "train/join_states.h"

#include <torch/types.h>

#include <algorithm>

namespace strop {

using torch::Tensor;

Tensor join_rows(std::vector<Tensor> parts) {
  if (parts[0].dim() == 3) {
    std::int64_t most = 0;
    for (const auto& part : parts) most = std::max(most, part.size(1));
    for (auto& part : parts) {
      if (part.size(1) < most) part = at::constant_pad_nd(part, {0, 0, 0, most - part.size(1)}, -1);
    }
  }
  return at::cat(parts, 0);
}

State join_states(const std::vector<Port>& ports, std::vector<State> parts) {
  State whole;
  for (const auto& port : ports) {
    std::vector<Tensor> rows;
    std::int64_t offset = 0;
    for (auto& part : parts) {
      const Tensor own = part.at(port.name);
      part.erase(port.name);
      if (port.rows != Rows::bounds) {
        rows.push_back(own);
        continue;
      }
      // Row numbers go on from part to part; each part's leading 0 but the first is the end of the one before.
      rows.push_back((offset == 0 ? own : own.narrow(0, 1, own.numel() - 1)) + offset);
      offset += own[-1].item<std::int64_t>();
    }
    whole.set(port.name, join_rows(std::move(rows)));
  }
  return whole;
}

}  // namespace strop
