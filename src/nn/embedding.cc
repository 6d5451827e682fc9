#include "nn/embedding.h"

#include <torch/types.h>

namespace strop {

torch::Tensor Embedding::forward(const torch::Tensor& ids) const { return at::embedding(weight, ids); }

}  // namespace strop
