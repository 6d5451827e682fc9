#include "models/detector_parts/class_groups.h"

#include <algorithm>
#include <numeric>

#include "core/error.h"

namespace strop {

std::string group_output(std::size_t group) { return group == 0 ? "outputs" : "outputs." + std::to_string(group - 1); }

std::string group_block(std::size_t group, const std::string& head) {
  return group == 0 ? head : kIncrement + std::to_string(group - 1);
}

std::vector<std::int64_t> stored_groups(const LayerShapes& shapes, const std::string& head, const std::string& layer) {
  std::vector<std::int64_t> sizes;
  while (const auto classes = shapes.outputs(group_block(sizes.size(), head) + layer)) sizes.push_back(classes);
  return sizes;
}

std::vector<std::int64_t> group_sizes(const std::vector<std::int64_t>& stored, const ModelOptions& options) {
  if (!options.groups.empty()) return options.groups;
  const auto wanted = static_cast<std::int64_t>(options.label_names.size());
  const auto known = std::accumulate(stored.begin(), stored.end(), std::int64_t{0});
  if (wanted == 0) return stored;
  if (!options.keeps_classes || wanted < known || known == 0) return {wanted};
  auto sizes = stored;
  if (wanted > known) sizes.push_back(wanted - known);
  return sizes;
}

std::vector<std::vector<std::int32_t>> group_labels(const std::vector<std::int64_t>& sizes) {
  std::vector<std::vector<std::int32_t>> groups;
  std::int32_t label = 0;
  for (const auto size : sizes) {
    auto& own = groups.emplace_back(static_cast<std::size_t>(size));
    std::iota(own.begin(), own.end(), label);
    label += static_cast<std::int32_t>(size);
  }
  return groups;
}

std::int64_t detector_side(const ModelOptions& options, std::int64_t usual, std::int64_t stride) {
  const auto side = options.image_size > 0 ? options.image_size : usual;
  if (side % stride != 0) {
    fail(ErrorKind::usage, "image_size: {} does not divide by {}, the coarsest map's stride; try {}", side, stride,
         std::max(stride, side / stride * stride));
  }
  return side;
}

}  // namespace strop
