#include "image/input_form.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/text.h"
#include "image/kernels.h"

namespace strop {
namespace {

constexpr std::array<std::pair<std::string_view, Fit>, 3> kFits = {
    {{"crop", Fit::crop}, {"squash", Fit::squash}, {"letterbox", Fit::letterbox}}};

// Both sides after the reduction: the side that must reach its goal gets it exactly, the other keeps the proportions,
// rounded down as torchvision does.
std::pair<int, int> covering_size(const PictureView& view, int least_width, int least_height) {
  const double by_width = static_cast<double>(least_width) / view.width;
  const double by_height = static_cast<double>(least_height) / view.height;
  const auto other = [](int goal, int side, int across) {
    return static_cast<int>(static_cast<std::int64_t>(goal) * side / across);
  };
  if (by_width >= by_height) return {least_width, std::max(other(least_width, view.height, view.width), least_height)};
  return {std::max(other(least_height, view.width, view.height), least_width), least_height};
}

// torchvision's is Python's round: halves go to the even neighbour.
int middle(int whole, int part, bool floors) {
  return floors ? (whole - part) / 2 : static_cast<int>(std::nearbyint((whole - part) / 2.0));
}

kernels::Normalisation normalisation(const InputForm& form) {
  kernels::Normalisation result{};
  for (std::size_t c = 0; c < 3; ++c) {
    const std::size_t to = form.bgr ? 2 - c : c;
    result.scale[to] = 1.0F / (255.0F * form.std[c]);
    result.shift[to] = -form.mean[c] / form.std[c];
  }
  result.bgr = form.bgr;
  return result;
}

}  // namespace

Fit parse_fit(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& [known, fit] : kFits) {
    if (name == known) return fit;
    names.emplace_back(known);
  }
  fail(ErrorKind::usage, "fit: found '{}', expected one of {}", excerpt(name), join(names, ", "));
}

std::string_view fit_name(Fit fit) { return kFits[static_cast<std::size_t>(fit)].first; }

int before_cut(int side, const InputForm& form) {
  return std::max(side, static_cast<int>(std::floor(side / form.crop_pct + 1e-6)));  // 32 / (32 / 37) is 37
}

Picture fit_picture(const PictureView& view, const InputForm& form) {
  if (form.fit == Fit::letterbox) return letterbox(view, form).picture;
  const std::pair whole{before_cut(form.width, form), before_cut(form.height, form)};
  const auto [width, height] =
      form.fit == Fit::squash ? whole : covering_size(view, whole.first, whole.second);
  const Box part{middle(width, form.width, form.floors), middle(height, form.height, form.floors), form.width,
                 form.height};
  return resize_part(view, width, height, form.interpolation, part);
}

Letterboxed letterbox(const PictureView& view, const InputForm& form, bool centered) {
  const double scale =
      std::min(static_cast<double>(form.width) / view.width, static_cast<double>(form.height) / view.height);
  const int width = std::clamp(static_cast<int>(std::lround(view.width * scale)), 1, form.width);
  const int height = std::clamp(static_cast<int>(std::lround(view.height * scale)), 1, form.height);
  const Picture inner = resize(view, width, height, form.interpolation);
  Letterboxed result{Picture(form.width, form.height, form.background[0], form.background[1], form.background[2]),
                     scale, centered ? (form.width - width) / 2 : 0, centered ? (form.height - height) / 2 : 0};
  for (int y = 0; y < height; ++y) {
    std::copy_n(inner.row(y), inner.stride(), result.picture.row(result.y + y) + 3 * std::ptrdiff_t{result.x});
  }
  return result;
}

void to_floats(const PictureView& view, const InputForm& form, PixelLayout layout, float* out) {
  const auto values = normalisation(form);
  const std::ptrdiff_t plane = static_cast<std::ptrdiff_t>(view.width) * view.height;
  for (int y = 0; y < view.height; ++y) {
    const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(view.width) * y;
    if (layout == PixelLayout::chw) {
      kernels::normalise_planes(view.row(y), view.width, values, out + at, plane);
    } else {
      kernels::normalise_pixels(view.row(y), view.width, values, out + 3 * at);
    }
  }
}

}  // namespace strop
