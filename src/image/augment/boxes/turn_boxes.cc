#include "image/augment/boxes/turn_boxes.h"

#include <algorithm>
#include <array>

namespace strop {
namespace {

// Where the point of the source that `from` takes for a point of the result lies in the result.
std::array<double, 2> forward(const Affine& from, double x, double y) {
  const double area = from[0] * from[4] - from[1] * from[3];
  const double dx = x - from[2], dy = y - from[5];
  return {(from[4] * dx - from[1] * dy) / area, (from[0] * dy - from[3] * dx) / area};
}

Rect moved(const Rect& box, const Affine& from) {
  const std::array corners = {forward(from, box.x, box.y), forward(from, box.right(), box.y),
                              forward(from, box.x, box.bottom()), forward(from, box.right(), box.bottom())};
  auto low = corners[0], high = corners[0];
  for (const auto& corner : corners) {
    for (std::size_t i = 0; i < 2; ++i) {
      low[i] = std::min(low[i], corner[i]);
      high[i] = std::max(high[i], corner[i]);
    }
  }
  return {low[0], low[1], high[0] - low[0], high[1] - low[1]};
}

}  // namespace

void turn_boxes(BoxedPicture& canvas, const RandomAffine& range, const Rgb& fill, Rng& rng) {
  const int width = canvas.picture.width(), height = canvas.picture.height();
  const auto from = draw_affine(range, width, height, rng);
  canvas.picture = transform(canvas.picture.view(), from, Filter::bilinear, fill);
  for (auto& box : canvas.boxes) box.rect = moved(box.rect, from);
  canvas.lost += static_cast<std::int64_t>(canvas.boxes.size());
  canvas.boxes = boxes_inside(std::move(canvas.boxes), width, height);
  canvas.lost -= static_cast<std::int64_t>(canvas.boxes.size());
}

}  // namespace strop
