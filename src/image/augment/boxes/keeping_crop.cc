#include "image/augment/boxes/keeping_crop.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace strop {
namespace {

constexpr std::array kLeastShares = {0.1, 0.3, 0.5, 0.7, 0.9};
constexpr int kCropTries = 50;
constexpr double kLeastCropSide = 0.3;

bool holds_middle(const Rect& part, const Rect& box) {
  const double x = box.x + box.width / 2, y = box.y + box.height / 2;
  return x >= part.x && y >= part.y && x < part.right() && y < part.bottom();
}

bool keeps(const Rect& part, const std::vector<TrueBox>& boxes, double least) {
  bool any = boxes.empty();
  for (const auto& box : boxes) {
    if (!holds_middle(part, box.rect)) continue;
    if (intersection(part, box.rect) < least * box.rect.area()) return false;
    any = true;
  }
  return any;
}

Rect rect_of(const Box& part) {
  return {static_cast<double>(part.x), static_cast<double>(part.y), static_cast<double>(part.width),
          static_cast<double>(part.height)};
}

}  // namespace

Box keeping_crop(const std::vector<TrueBox>& boxes, int width, int height, double least, Rng& rng) {
  const auto side = [&rng](int whole) {
    return std::max(1, static_cast<int>(std::lround(whole * (kLeastCropSide + (1 - kLeastCropSide) * rng.uniform()))));
  };
  const auto place = [&rng](int room) { return static_cast<int>(rng.below(static_cast<std::uint64_t>(room) + 1)); };
  for (int attempt = 0; attempt < kCropTries; ++attempt) {
    const int w = side(width), h = side(height);
    if (w > 2 * h || h > 2 * w) continue;
    const int x = place(width - w), y = place(height - h);
    const Box part{x, y, w, h};
    if (keeps(rect_of(part), boxes, least)) return part;
  }
  return {0, 0, width, height};
}

BoxedPicture crop_keeping_boxes(const BoxedPicture& source, Rng& rng) {
  const double least = kLeastShares[rng.below(kLeastShares.size())];
  const Box part = keeping_crop(source.boxes, source.picture.width(), source.picture.height(), least, rng);
  std::vector<TrueBox> boxes;
  for (auto box : source.boxes) {
    if (!holds_middle(rect_of(part), box.rect)) continue;
    box.rect.x -= part.x;
    box.rect.y -= part.y;
    boxes.push_back(box);
  }
  BoxedPicture made{Picture(source.picture.view().crop(part)), boxes_inside(std::move(boxes), part.width, part.height)};
  made.lost = source.lost + static_cast<std::int64_t>(source.boxes.size() - made.boxes.size());
  return made;
}

}  // namespace strop
