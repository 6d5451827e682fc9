// Rectangles with fractions of pixels: what detectors find and what people have drawn around things.
#pragma once

#include <algorithm>
#include <cstdint>

namespace strop {

// Left, top, width, height in pixels, as COCO writes boxes ("xywh").
struct Rect {
  double x = 0, y = 0, width = 0, height = 0;
  double right() const { return x + width; }
  double bottom() const { return y + height; }
  double area() const { return width * height; }
  bool operator==(const Rect&) const = default;
};

inline double intersection(const Rect& a, const Rect& b) {
  const double width = std::min(a.right(), b.right()) - std::max(a.x, b.x);
  const double height = std::min(a.bottom(), b.bottom()) - std::max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

// Share of the common part in the union; 0 where both are empty.
inline double intersection_over_union(const Rect& a, const Rect& b) {
  const double common = intersection(a, b), all = a.area() + b.area() - common;
  return all > 0 ? common / all : 0;
}

// A true box. `area` is what sorts it into small, medium, large: the file's own (of a mask) where it says one.
struct TrueBox {
  Rect rect;
  std::int32_t label = -1;  // index into label_names
  bool crowd = false;       // many things in one box: neither found nor missed
  double area = 0;
  std::int64_t id = 0;  // in the file; at least 1
};

// A found box.
struct FoundBox {
  Rect rect;
  std::int32_t label = -1;
  double score = 0;
};

}  // namespace strop
