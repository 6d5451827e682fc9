// A table of rows looked up by number. The table is read in fp32 where it lies (in the mapped file while frozen, so
// only the rows that are used come into memory); the result is converted to the pass's precision by who needs it.
#pragma once

#include "nn/layer.h"

namespace strop {

class Embedding : public Layer {
 public:
  Embedding(std::int64_t rows, std::int64_t width) : Layer(LayerKind::embedding, {rows, width}, false) {}
  // ids: any shape of int64. Out of range ids throw (c10::Error).
  torch::Tensor forward(const torch::Tensor& ids) const;
};

}  // namespace strop
