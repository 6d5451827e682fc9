// Positions that a vision transformer adds again behind its layers, all but the last (YOLOS, arXiv 2106.00666: small
// and base): one tensor in files, read by many layers.
#pragma once

#include "nn/layer.h"

namespace strop::vit {

class MidPositions {
 public:
  struct Sizes {
    std::int64_t layers, width, patch;
    std::int64_t rows, columns;  // patches that the table holds
    std::int64_t detections;
  };
  explicit MidPositions(const Sizes& sizes);

  // What is added behind layer number `layer`: 1 x tokens x width, detection tokens, class token, patches. The patches'
  // part is interpolated (bicubic) where the pictures have others. sides: of the pictures in pixels (width, height in
  // each row).
  torch::Tensor behind(std::int64_t layer, const torch::Tensor& sides) const;
  // Makes the table that of rows x columns patches.
  void fit(std::int64_t rows, std::int64_t columns);

  Layer table;  // (layers - 1) x 1 x (1 + patches + detections) x width: class token, patches, detection tokens

 private:
  torch::Tensor patches(const torch::Tensor& some, std::int64_t rows, std::int64_t columns) const;
  Sizes sizes_;
};

}  // namespace strop::vit
