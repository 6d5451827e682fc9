// Where q, k and v lie in the tensors that products leave.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace strop {

// `dim` columns from column `first` of an fp32 or bf16 tensor (rows may be strided).
struct Columns {
  torch::Tensor tensor;
  std::int64_t first = 0;
};

// q, k, v within the parts of packed_attention (nn/attention.h); the parts may be their gradients.
struct QueryKeyValue {
  Columns q, k, v;
  std::int64_t width;

  explicit QueryKeyValue(torch::TensorList parts) {
    width = parts.size() == 1 ? parts[0].size(1) / 3 : parts[0].size(1);
    q = {parts[0], 0};
    k = parts.size() == 1 ? Columns{parts[0], width} : Columns{parts[1], 0};
    v = parts.size() == 3 ? Columns{parts[2], 0} : Columns{k.tensor, k.first + width};
  }
};

}  // namespace strop
