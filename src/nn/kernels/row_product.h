// A product over packed weights, fp32, for processors with AVX2: at 760 rows of MiniLM's widths on 2 cores of Zen 3 it
// is 1.15-1.3 times oneDNN's rate and 1.1-1.2 times MKL's. No torch, no allocation, no threads, as in kernels.h.
#pragma once

#include <cstdint>

namespace strop::kernels {

constexpr std::int64_t kProductTile = 6;   // rows computed together
constexpr std::int64_t kProductRows = 48;  // rows that pass through a panel of the weight together, at best

// y = x W^T + bias + residual, rows dense. A number of y is one sum in the order of `in`, whatever the rows beside it.
struct RowProduct {
  const float* x;
  const float* weight;    // conv.h's pack_pointwise of W, out x in
  const float* bias;      // out numbers
  const float* residual;  // may be null
  float* y;
  std::int64_t in, out;  // out: a multiple of conv.h's kPanel
};
// Rows first .. last-1.
void row_product(const RowProduct& work, std::int64_t first, std::int64_t last);

// True where it runs and is the fastest: with AVX2 and no AVX-512, for which oneDNN's has not been beaten.
bool row_product_pays();

}  // namespace strop::kernels
