// Gradients of a depthwise convolution and the product at each pixel behind it, both with their finish, in one pass
// over a picture. No torch, no allocation, no threads, as in kernels.h.
#pragma once

#include <cstdint>

#include "nn/kernels/conv.h"

namespace strop::kernels {

// Pixels of a row, at least: a tile of filtered pixels.
constexpr std::int64_t kLeastWidth = 7;

// One picture: y = finish(project · finish(filter * x + filter_bias) + project_bias), stride 1, zeros around the
// picture. What the forward pass needs not keep, the filtered picture, is made again, a few rows at a time.
struct Separable {
  const float* x;  // height x width x channels; width >= kLeastWidth
  std::int64_t height, width, channels;
  std::int64_t kernel;  // 3 or 5
  const float* filter;  // pack_depthwise
  const float* filter_bias;
  const float* filter_turned;  // pack_depthwise of the filter turned by half a circle
  Finish filter_finish;
  std::int64_t out;
  const float* project_turned;  // pack_pointwise out -> channels
  Finish project_finish;
  const float* raw;  // y before its finish, height x width x out; y itself does where the finish clips
  const float* g;    // the gradient of y
  float* d_x;        // may be null
  // Added to, each with padded_channels(channels or out) numbers a row.
  float* d_filter;  // a row for each tap
  float* d_filter_bias;
  float* d_project;  // a row for each of `out`
  float* d_project_bias;
  float* scratch;  // separable_scratch(work) floats
};
std::int64_t separable_scratch(const Separable& work);
void separable_gradient(const Separable& work);

}  // namespace strop::kernels
