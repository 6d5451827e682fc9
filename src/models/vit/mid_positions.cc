#include "models/vit/mid_positions.h"

#include <torch/types.h>

namespace strop::vit {

using torch::Tensor;

MidPositions::MidPositions(const Sizes& sizes)
    : table(LayerKind::table, {sizes.layers - 1, 1, 1 + sizes.rows * sizes.columns + sizes.detections, sizes.width},
            false, ""),
      sizes_(sizes) {}

// Of layers x tokens x width, the patches' part for rows x columns of them.
Tensor MidPositions::patches(const Tensor& some, std::int64_t rows, std::int64_t columns) const {
  const Tensor own = some.narrow(1, 1, sizes_.rows * sizes_.columns);
  if (rows == sizes_.rows && columns == sizes_.columns) return own;
  const Tensor grid = own.reshape({-1, sizes_.rows, sizes_.columns, sizes_.width}).permute({0, 3, 1, 2});
  const std::vector<std::int64_t> size = {rows, columns};
  const Tensor scaled = at::upsample_bicubic2d(grid, size, false, std::nullopt, std::nullopt);
  return scaled.permute({0, 2, 3, 1}).reshape({-1, rows * columns, sizes_.width});
}

Tensor MidPositions::behind(std::int64_t layer, const Tensor& sides) const {
  const Tensor first = sides.select(0, 0).to(torch::kCPU, torch::kFloat).contiguous();
  const auto* side = first.const_data_ptr<float>();
  const auto columns = static_cast<std::int64_t>(side[0]) / sizes_.patch,
             rows = static_cast<std::int64_t>(side[1]) / sizes_.patch;
  const Tensor own = table.weight.select(0, layer);
  const Tensor detections = own.narrow(1, own.size(1) - sizes_.detections, sizes_.detections);
  return at::cat({detections, own.narrow(1, 0, 1), patches(own, rows, columns)}, 1);
}

void MidPositions::fit(std::int64_t rows, std::int64_t columns) {
  const Tensor all = table.weight.squeeze(1);
  const Tensor detections = all.narrow(1, all.size(1) - sizes_.detections, sizes_.detections);
  table.replace_weight(at::cat({all.narrow(1, 0, 1), patches(all, rows, columns), detections}, 1).unsqueeze(1));
  sizes_.rows = rows;
  sizes_.columns = columns;
}

}  // namespace strop::vit
