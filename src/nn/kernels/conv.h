// Convolutions over channels-last pictures, fp32: products at each pixel and filters of one channel in one pass.
// No torch, no allocation, no threads, as in kernels.h.
#pragma once

#include <cstdint>
#include <limits>

namespace strop::kernels {

// What becomes of a result on its way out.
enum class Bend { clip, silu, hardswish };
struct Finish {
  Bend bend = Bend::clip;
  float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();  // of clip
};

// Channels stand in panels of 16, the last one filled up with zeros.
constexpr std::int64_t kPanel = 16;
// Rows of a filter, at most.
constexpr std::int64_t kMostTaps = 16;
constexpr std::int64_t padded_channels(std::int64_t channels) { return (channels + kPanel - 1) / kPanel * kPanel; }
// weight: out x in. packed: in * padded_channels(out) floats, panel after panel.
void pack_pointwise(const float* weight, std::int64_t in, std::int64_t out, float* packed);
// weight: channels x taps. packed: taps x padded_channels(channels).
void pack_depthwise(const float* weight, std::int64_t channels, std::int64_t taps, float* packed);

// One picture through [1x1] -> depthwise -> [1x1 + residual], each with its finish. The wide tensor between them never
// leaves the cache: a few of its rows are made, filtered and thrown away.
struct Inverted {
  const float* x;  // height x width x in
  std::int64_t height, width, in;
  const float* expand;  // packed in -> wide; null: x is the wide tensor itself (in == wide)
  const float* expand_bias;
  Finish expand_finish;
  std::int64_t wide;
  const float* filter;  // packed
  const float* filter_bias;
  std::int64_t kernel, stride, dilation, above, left;  // zeros before the first row and column
  Finish filter_finish;
  std::int64_t out_height, out_width;
  std::int64_t begin, end;  // rows of the result to make
  const float* project;     // packed wide -> out; null: the filtered picture is the result (out == wide)
  const float* project_bias;
  const float* residual;  // may be null
  Finish project_finish;
  float* raw;  // the projection before its finish, laid out as y; may be null
  float* y;    // out_height x out_width x out
  std::int64_t out;
  float* scratch;  // inverted_scratch(work) floats
};
std::int64_t inverted_scratch(const Inverted& work);
void inverted(const Inverted& work);

}  // namespace strop::kernels
