#include <algorithm>

#include "core/error.h"
#include "tuning/method.h"

namespace strop {

Stage light_stage(const ModelFacts& model, const Options& options, const std::string& method) {
  const auto& wanted = options.layers_to_transform;
  if (wanted.empty()) return stage_from(model, options, method, method, std::min<std::size_t>(1, model.head_begin));
  const auto count = static_cast<std::int64_t>(model.head_begin) - 1;
  for (const auto number : wanted) {
    if (number < 0 || number >= count) {
      fail(ErrorKind::usage, "layers_to_transform: {} is no block of this {} model; its {} blocks are 0 to {}", number,
           model.family, count, count - 1);
    }
  }
  const auto lowest = static_cast<std::size_t>(*std::min_element(wanted.begin(), wanted.end())) + 1;
  Stage stage = stage_from(model, options, method, method, lowest);
  for (std::size_t i = lowest; i < model.head_begin; ++i) {
    if (std::find(wanted.begin(), wanted.end(), static_cast<std::int64_t>(i) - 1) != wanted.end()) continue;
    std::erase(stage.blocks, model.blocks[i].name);
  }
  drop_absent_blocks(stage);
  return stage;
}

}  // namespace strop
