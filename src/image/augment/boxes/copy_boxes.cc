#include "image/augment/boxes/copy_boxes.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace strop {
namespace {

constexpr std::size_t kMostCopies = 3;
constexpr int kPlaceTries = 20, kLeastCopySide = 4;
constexpr double kLeastCopyScale = 0.8, kMostCopyScale = 1.25, kMostOverlap = 0.2;

// The pixels that a box touches.
Box pixels_of(const Rect& box, const Picture& picture) {
  const int left = std::clamp(static_cast<int>(std::floor(box.x)), 0, picture.width() - 1);
  const int top = std::clamp(static_cast<int>(std::floor(box.y)), 0, picture.height() - 1);
  const int right = std::clamp(static_cast<int>(std::ceil(box.right())), left + 1, picture.width());
  const int bottom = std::clamp(static_cast<int>(std::ceil(box.bottom())), top + 1, picture.height());
  return {left, top, right - left, bottom - top};
}

std::optional<Box> free_place(int width, int height, const BoxedPicture& canvas, Rng& rng) {
  for (int attempt = 0; attempt < kPlaceTries; ++attempt) {
    const auto x = static_cast<int>(rng.below(static_cast<std::uint64_t>(canvas.picture.width() - width) + 1));
    const auto y = static_cast<int>(rng.below(static_cast<std::uint64_t>(canvas.picture.height() - height) + 1));
    const Rect place{static_cast<double>(x), static_cast<double>(y), static_cast<double>(width),
                     static_cast<double>(height)};
    const bool taken = std::ranges::any_of(canvas.boxes, [&](const TrueBox& there) {
      return intersection(there.rect, place) > kMostOverlap * std::min(there.rect.area(), place.area());
    });
    if (!taken) return Box{x, y, width, height};
  }
  return std::nullopt;
}

}  // namespace

void copy_boxes(const BoxedPicture& source, const InputForm& form, BoxedPicture& canvas, Rng& rng) {
  auto boxes = source.boxes;
  rng.shuffle(boxes);
  boxes.resize(std::min(boxes.size(), kMostCopies));
  const auto fitting = placement_of(source.picture.width(), source.picture.height(), form);
  for (auto& box : boxes) {
    const double jitter = kLeastCopyScale + (kMostCopyScale - kLeastCopyScale) * rng.uniform();
    const Box part = pixels_of(box.rect, source.picture);
    const auto width = static_cast<int>(std::lround(part.width * fitting.scale_x * jitter));
    const auto height = static_cast<int>(std::lround(part.height * fitting.scale_y * jitter));
    if (width < kLeastCopySide || height < kLeastCopySide) continue;
    if (2 * width > canvas.picture.width() || 2 * height > canvas.picture.height()) continue;
    const auto place = free_place(width, height, canvas, rng);
    if (!place) continue;
    const Picture patch = resize(source.picture.view().crop(part), width, height, form.interpolation);
    for (int row = 0; row < height; ++row) {
      std::copy_n(patch.row(row), patch.stride(), canvas.picture.row(place->y + row) + 3 * std::ptrdiff_t{place->x});
    }
    const double scale_x = static_cast<double>(width) / part.width, scale_y = static_cast<double>(height) / part.height;
    box.rect = {place->x + (box.rect.x - part.x) * scale_x, place->y + (box.rect.y - part.y) * scale_y,
                box.rect.width * scale_x, box.rect.height * scale_y};
    canvas.boxes.push_back(box);
    ++canvas.copied;
  }
}

}  // namespace strop
