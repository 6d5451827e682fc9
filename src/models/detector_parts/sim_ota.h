// SimOTA (YOLOX, arXiv 2107.08430, section 2.3; radius and weights as upstream's release 0.3): which anchor answers for
// which true box, by what the network says now.
//
// Only anchors whose middle lies within 1.5 strides of a true box's middle, in both directions, are candidates. Each
// box takes as many as the sum of its ten best IoUs (at least one), the cheapest first; an anchor that several boxes
// want goes to the one that it costs least. No torch, no gradients. Cost: boxes x candidates, plus candidates x
// classes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "image/rect.h"

namespace strop {

// A place of the network's maps.
struct Anchor {
  double x = 0, y = 0;  // its left top corner in pixels of the input
  double stride = 0;
};

// The raw numbers of one anchor: four of the box, one of objectness, one of each class.
struct RawAnchors {
  const float* values = nullptr;
  std::int64_t count = 0, classes = 0;
  const float* of(std::int64_t anchor) const { return values + anchor * (5 + classes); }
};

// Middle = raw x, y in strides from the anchor's corner; sides = exp(raw) strides.
Rect decoded_box(const float* raw, const Anchor& anchor);

struct OtaMatch {
  std::int64_t anchor = 0;
  std::size_t box = 0;  // index into the true boxes
  double iou = 0;
};

// In the order of the anchors. `labels` are classes of this head, one for each box.
std::vector<OtaMatch> sim_ota(const RawAnchors& raw, std::span<const Anchor> anchors, std::span<const Rect> boxes,
                              std::span<const std::int32_t> labels);

}  // namespace strop
