#include "models/detection/sim_ota.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace strop {
namespace {

constexpr double kRadius = 1.5;        // strides
constexpr std::size_t kTopIous = 10;
constexpr double kIouWeight = 3;
constexpr double kOutside = 1e6;       // of an anchor far from this box, though near another
constexpr double kLeastLog = -100;     // as the field's cross entropy clips it

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double clipped_log(double x) { return std::max(kLeastLog, std::log(x)); }

struct Middle {
  double x, y;
};
Middle middle_of(const Anchor& anchor) { return {anchor.x + anchor.stride / 2, anchor.y + anchor.stride / 2}; }

bool near(const Middle& middle, const Rect& box, double stride) {
  return std::abs(middle.x - (box.x + box.width / 2)) < kRadius * stride && std::abs(middle.y - (box.y + box.height / 2)) < kRadius * stride;
}

std::vector<std::int64_t> candidates_of(std::span<const Anchor> anchors, std::span<const Rect> boxes) {
  std::vector<std::int64_t> found;
  for (std::size_t a = 0; a < anchors.size(); ++a) {
    const auto middle = middle_of(anchors[a]);
    const bool any = std::any_of(boxes.begin(), boxes.end(), [&](const Rect& box) { return near(middle, box, anchors[a].stride); });
    if (any) found.push_back(static_cast<std::int64_t>(a));
  }
  return found;
}

// Of each candidate and class, what a class costs as the true one beyond what it costs as a wrong one; and the cost of all
// as wrong ones. A class's probability here is the root of its own and the objectness.
struct ClassCosts {
  std::int64_t classes;
  std::vector<double> own, wrong;

  ClassCosts(const RawAnchors& raw, std::span<const std::int64_t> candidates) : classes(raw.classes) {
    for (const auto anchor : candidates) {
      const float* values = raw.of(anchor);
      const double object = sigmoid(values[4]);
      double sum = 0;
      for (std::int64_t c = 0; c < classes; ++c) {
        const double p = std::sqrt(sigmoid(values[5 + c]) * object);
        const double as_wrong = -clipped_log(1 - p);
        own.push_back(-clipped_log(p) - as_wrong);
        sum += as_wrong;
      }
      wrong.push_back(sum);
    }
  }
  double at(std::size_t candidate, std::int32_t label) const {
    return wrong[candidate] + own[candidate * static_cast<std::size_t>(classes) + static_cast<std::size_t>(label)];
  }
};

// How many anchors a box takes.
std::size_t dynamic_k(std::vector<double> ious) {
  const auto count = std::min(kTopIous, ious.size());
  std::partial_sort(ious.begin(), ious.begin() + static_cast<std::ptrdiff_t>(count), ious.end(), std::greater<>());
  const double sum = std::accumulate(ious.begin(), ious.begin() + static_cast<std::ptrdiff_t>(count), 0.0);
  return std::max<std::size_t>(1, static_cast<std::size_t>(sum));
}

}  // namespace

Rect decoded_box(const float* raw, const Anchor& anchor) {
  const double width = std::exp(static_cast<double>(raw[2])) * anchor.stride, height = std::exp(static_cast<double>(raw[3])) * anchor.stride;
  const double x = raw[0] * anchor.stride + anchor.x, y = raw[1] * anchor.stride + anchor.y;
  return {x - width / 2, y - height / 2, width, height};
}

std::vector<OtaMatch> sim_ota(const RawAnchors& raw, std::span<const Anchor> anchors, std::span<const Rect> boxes,
                              std::span<const std::int32_t> labels) {
  const auto candidates = candidates_of(anchors, boxes);
  const auto count = candidates.size();
  if (count == 0) return {};
  const ClassCosts class_costs(raw, candidates);
  std::vector<Rect> found(count);
  for (std::size_t i = 0; i < count; ++i) {
    found[i] = decoded_box(raw.of(candidates[i]), anchors[static_cast<std::size_t>(candidates[i])]);
  }
  struct Wish {
    std::size_t box;
    double cost, iou;
  };
  std::vector<std::vector<Wish>> wishes(count);  // of each candidate
  std::vector<double> ious(count), costs(count);
  std::vector<std::size_t> order(count);
  const auto cost_of = [&](std::size_t i, std::size_t b, double iou) {
    const auto& anchor = anchors[static_cast<std::size_t>(candidates[i])];
    const double outside = near(middle_of(anchor), boxes[b], anchor.stride) ? 0 : kOutside;
    const double cost = class_costs.at(i, labels[b]) - kIouWeight * std::log(iou + 1e-8) + outside;
    return std::isfinite(cost) ? cost : 2 * kOutside;  // a network gone astray: the loss says so, not this
  };
  for (std::size_t b = 0; b < boxes.size(); ++b) {
    for (std::size_t i = 0; i < count; ++i) {
      const double iou = intersection_over_union(found[i], boxes[b]);
      ious[i] = std::isfinite(iou) ? iou : 0;
      costs[i] = cost_of(i, b, ious[i]);
    }
    const auto k = std::min(count, dynamic_k(ious));
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(), [&](std::size_t l, std::size_t r) {
      return costs[l] != costs[r] ? costs[l] < costs[r] : l < r;
    });
    for (std::size_t i = 0; i < k; ++i) wishes[order[i]].push_back({b, costs[order[i]], ious[order[i]]});
  }
  std::vector<OtaMatch> matches;
  for (std::size_t i = 0; i < count; ++i) {
    auto& own = wishes[i];
    if (own.empty()) continue;
    if (own.size() > 1) {
      // Of all boxes, also those that did not ask for it: upstream's rule.
      Wish best = own[0];
      for (std::size_t b = 0; b < boxes.size(); ++b) {
        const double iou = intersection_over_union(found[i], boxes[b]);
        const double cost = cost_of(i, b, std::isfinite(iou) ? iou : 0);
        if (cost < best.cost || (cost == best.cost && b < best.box)) best = {b, cost, iou};
      }
      own = {best};
    }
    matches.push_back({candidates[i], own[0].box, own[0].iou});
  }
  return matches;
}

}  // namespace strop
