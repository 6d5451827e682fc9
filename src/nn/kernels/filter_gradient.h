// The gradient of a depthwise convolution's filter over channels-last pictures, fp32: oneDNN takes 10 to 20 times as
// long for 5 x 5 taps as for 3 x 3. No torch, no allocation, no threads, as in kernels.h.
#pragma once

#include <cstdint>

#include "nn/kernels/conv.h"

namespace strop::kernels {

constexpr bool has_filter_gradient(std::int64_t kernel, std::int64_t stride) {
  return (kernel == 3 || kernel == 5 || kernel == 7) && (stride == 1 || stride == 2);
}

// One picture of y = filter * x, zeros around it: d_filter[tap][c] += sum over pixels of g[pixel][c] * x[pixel +
// tap][c].
struct FilterGradient {
  const float* x;  // height x width x channels
  std::int64_t height, width, channels;
  std::int64_t kernel, stride, above, left;  // has_filter_gradient; zeros before the first row and column
  const float* g;                            // out_height x out_width x channels
  std::int64_t out_height, out_width;
  float* d_filter;  // kernel * kernel rows of padded_channels(channels)
  float* scratch;   // filter_gradient_scratch(work) floats
};
std::int64_t filter_gradient_scratch(const FilterGradient& work);
void filter_gradient(const FilterGradient& work);

}  // namespace strop::kernels
