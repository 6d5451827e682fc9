#include "image/orient.h"

#include <algorithm>
#include <utility>

namespace strop {
namespace {

// The stored picture becomes upright by a swap of x and y where wanted, then mirroring.
struct Turn {
  bool swap = false, mirror_x = false, mirror_y = false;
};

Turn turn_of(int orientation) {
  switch (orientation) {
    case 2: return {false, true, false};
    case 3: return {false, true, true};
    case 4: return {false, false, true};
    case 5: return {true, false, false};
    case 6: return {true, true, false};
    case 7: return {true, true, true};
    case 8: return {true, false, true};
    default: return {};
  }
}

}  // namespace

Picture upright(Picture stored, int orientation) {
  const Turn turn = turn_of(orientation);
  if (!turn.swap && !turn.mirror_x && !turn.mirror_y) return stored;
  Picture out(turn.swap ? stored.height() : stored.width(), turn.swap ? stored.width() : stored.height());
  const std::ptrdiff_t step = turn.swap ? stored.stride() : 3;
  for (int y = 0; y < out.height(); ++y) {
    const int line = turn.mirror_y ? out.height() - 1 - y : y;
    const std::uint8_t* from = turn.swap ? stored.data() + 3 * std::ptrdiff_t{line} : stored.row(line);
    std::uint8_t* to = out.row(y);
    for (int x = 0; x < out.width(); ++x) {
      to = std::copy_n(from + step * (turn.mirror_x ? out.width() - 1 - x : x), 3, to);
    }
  }
  return out;
}

Box stored_box(const Box& box, int orientation, int width, int height) {
  const Turn turn = turn_of(orientation);
  Box out = box;
  if (turn.mirror_x) out.x = (turn.swap ? height : width) - box.x - box.width;
  if (turn.mirror_y) out.y = (turn.swap ? width : height) - box.y - box.height;
  if (turn.swap) std::swap(out.x, out.y), std::swap(out.width, out.height);
  return out;
}

namespace {

template <typename AnyBox>
AnyBox made_upright(AnyBox box, int orientation, int width, int height) {
  const Turn turn = turn_of(orientation);
  if (turn.swap) std::swap(box.x, box.y), std::swap(box.width, box.height);
  if (turn.mirror_x) box.x = (turn.swap ? height : width) - box.x - box.width;
  if (turn.mirror_y) box.y = (turn.swap ? width : height) - box.y - box.height;
  return box;
}

}  // namespace

Box upright_box(const Box& box, int orientation, int width, int height) {
  return made_upright(box, orientation, width, height);
}
Rect upright_rect(const Rect& box, int orientation, int width, int height) {
  return made_upright(box, orientation, width, height);
}

}  // namespace strop
