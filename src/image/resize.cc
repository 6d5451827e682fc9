#include "image/resize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/text.h"
#include "image/kernels.h"

namespace strop {
namespace {

constexpr std::array<std::pair<std::string_view, Filter>, 5> kFilters = {{{"nearest", Filter::nearest},
                                                                          {"box", Filter::box},
                                                                          {"bilinear", Filter::bilinear},
                                                                          {"bicubic", Filter::bicubic},
                                                                          {"lanczos", Filter::lanczos}}};

// The input pixel of each output pixel, by Pillow's running sum: its rounding decides which neighbour wins a tie.
std::vector<int> nearest_indices(int in, int out, int begin, int length) {
  const double scale = static_cast<double>(in) / out;
  std::vector<int> indices;
  double at = scale * 0.5;
  for (int i = 0; i < begin + length; ++i, at += scale) {
    if (i >= begin) indices.push_back(std::min(static_cast<int>(at), in - 1));
  }
  return indices;
}

Picture resize_nearest(const PictureView& view, int width, int height, const Box& part) {
  const auto columns = nearest_indices(view.width, width, part.x, part.width);
  const auto rows = nearest_indices(view.height, height, part.y, part.height);
  Picture out(part.width, part.height);
  for (int y = 0; y < part.height; ++y) {
    const std::uint8_t* from = view.row(rows[static_cast<std::size_t>(y)]);
    std::uint8_t* to = out.row(y);
    for (const int column : columns) to = std::copy_n(from + 3 * std::ptrdiff_t{column}, 3, to);
  }
  return out;
}

// One axis of a resize: the input pixels that the wanted part needs, and how they are weighed, counted from `first`.
struct Axis {
  bool resized = false;
  int first = 0, count = 0;
  ResampleWeights weights;
};

Axis make_axis(int in, int out, int begin, int length, Filter filter) {
  if (in == out) return {false, begin, length, {}};
  Axis axis{true, 0, 0, resample_weights(in, out, begin, length, filter)};
  axis.first = axis.weights.first.front();
  axis.count = axis.weights.first.back() + axis.weights.count.back() - axis.first;
  for (int& first : axis.weights.first) first -= axis.first;
  return axis;
}

Picture pass_across(const PictureView& source, const ResampleWeights& weights) {
  Picture out(static_cast<int>(weights.first.size()), source.height);
  kernels::resample_across({source.data, source.stride, out.data(), out.stride(), &weights}, source.width,
                           source.height);
  return out;
}

Picture pass_down(const PictureView& source, const ResampleWeights& weights) {
  Picture out(source.width, static_cast<int>(weights.first.size()));
  kernels::resample_down({source.data, source.stride, out.data(), out.stride(), &weights}, source.width);
  return out;
}

}  // namespace

Filter parse_filter(std::string_view name, std::string_view key) {
  const std::string wanted = lower_ascii(name);
  std::vector<std::string> names;
  for (const auto& [known, filter] : kFilters) {
    if (wanted == known) return filter;
    names.emplace_back(known);
  }
  fail(ErrorKind::usage, "{}: found '{}', expected one of {}", key, excerpt(name), join(names, ", "));
}

std::string_view filter_name(Filter filter) { return kFilters[static_cast<std::size_t>(filter)].first; }

Picture resize(const PictureView& view, int width, int height, Filter filter) {
  return resize_part(view, width, height, filter, {0, 0, width, height});
}

Picture resize_part(const PictureView& view, int width, int height, Filter filter, const Box& part) {
  if (width == view.width && height == view.height) return Picture(view.crop(part));
  if (filter == Filter::nearest) return resize_nearest(view, width, height, part);
  Axis across = make_axis(view.width, width, part.x, part.width, filter);
  Axis down = make_axis(view.height, height, part.y, part.height, filter);
  const PictureView source = view.crop({across.first, down.first, across.count, down.count});
  if (!across.resized) return pass_down(source, down.weights);
  if (!down.resized) return pass_across(source, across.weights);
  // The order is visible in the result (each pass rounds and clips); this is Pillow 13's rule.
  if (height < view.height && view.height - height > 2 * (view.width - width)) {
    return pass_across(pass_down(source, down.weights).view(), across.weights);
  }
  return pass_down(pass_across(source, across.weights).view(), down.weights);
}

}  // namespace strop
