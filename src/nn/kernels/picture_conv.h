// A convolution over the picture itself: few channels in, so that all that a result reads of a row lies together.
// Channels-last, fp32. No torch, no allocation, no threads, as in kernels.h.
#pragma once

#include <cstdint>

#include "nn/kernels/conv.h"

namespace strop::kernels {

// Channels in, at most: of more, oneDNN's own is as fast.
constexpr std::int64_t kFewChannels = 4;

// One picture: y = finish(weight * x + bias), zeros around the picture.
struct PictureConv {
  const float* x;  // height x width x in
  std::int64_t height, width, in;
  const float* weight;                       // kernel rows x kernel columns x in x padded_channels(out)
  const float* bias;                         // padded_channels(out)
  std::int64_t kernel, stride, above, left;  // kernel <= kMostTaps; zeros before the first row and column
  Finish finish;
  std::int64_t out, out_width;
  std::int64_t begin, end;  // rows of the result to make
  float* y;                 // out_height x out_width x out
  float* scratch;           // picture_conv_scratch(work) floats
};
std::int64_t picture_conv_scratch(const PictureConv& work);
void picture_conv(const PictureConv& work);

// Of the weight, from the gradient g of the result before its finish, out_height x out_width x out. Added to.
struct PictureGradient {
  PictureConv conv;  // of it x, the sizes and the rows
  const float* g;
  float* d_weight;  // as the weight
  float* scratch;   // picture_gradient_scratch(work) floats
};
std::int64_t picture_gradient_scratch(const PictureConv& work);
void picture_gradient(const PictureGradient& work);

}  // namespace strop::kernels
