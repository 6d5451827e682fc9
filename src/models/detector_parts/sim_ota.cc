#include "models/detector_parts/sim_ota.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

namespace strop {
namespace {

constexpr double kRadius = 1.5;  // strides
constexpr std::size_t kTopIous = 10;
constexpr double kIouWeight = 3;
constexpr double kOutside = 1e6;    // of an anchor far from this box, though near another; more than all else can cost
constexpr double kLeastLog = -100;  // as the field's cross entropy clips it

double exact_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double clipped_log(double x) { return std::max(kLeastLog, std::log(x)); }

struct Middle {
  double x, y;
};
Middle middle_of(const Anchor& anchor) { return {anchor.x + anchor.stride / 2, anchor.y + anchor.stride / 2}; }

bool near(const Middle& middle, const Rect& box, double stride) {
  return std::abs(middle.x - (box.x + box.width / 2)) < kRadius * stride &&
         std::abs(middle.y - (box.y + box.height / 2)) < kRadius * stride;
}

std::vector<std::int64_t> candidates_of(std::span<const Anchor> anchors, std::span<const Rect> boxes) {
  std::vector<std::int64_t> found;
  for (std::size_t a = 0; a < anchors.size(); ++a) {
    const auto middle = middle_of(anchors[a]);
    const bool any =
        std::any_of(boxes.begin(), boxes.end(), [&](const Rect& box) { return near(middle, box, anchors[a].stride); });
    if (any) found.push_back(static_cast<std::int64_t>(a));
  }
  return found;
}

// Of each candidate and class, what a class costs as the true one beyond what it costs as a wrong one; and the cost of
// all as wrong ones. A class's probability here is the root of its own and the objectness.
struct ClassCosts {
  std::int64_t classes;
  std::vector<double> own, wrong;

  ClassCosts(const RawAnchors& raw, std::span<const std::int64_t> candidates) : classes(raw.classes) {
    for (const auto anchor : candidates) {
      const float* values = raw.of(anchor);
      const double object = exact_sigmoid(values[4]);
      double sum = 0;
      for (std::int64_t c = 0; c < classes; ++c) {
        const double p = std::sqrt(exact_sigmoid(values[5 + c]) * object);
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

// One picture's candidates and true boxes.
class Assignment {
 public:
  Assignment(const RawAnchors& raw, std::span<const Anchor> anchors, std::span<const Rect> boxes,
             std::span<const std::int32_t> labels)
      : candidates_(candidates_of(anchors, boxes)), class_costs_(raw, candidates_), boxes_(boxes), labels_(labels) {
    for (const auto one : candidates_) {
      anchors_.push_back(anchors[static_cast<std::size_t>(one)]);
      found_.push_back(decoded_box(raw.of(one), anchors_.back()));
    }
  }

  std::vector<OtaMatch> matches() const {
    std::vector<std::vector<std::size_t>> wishes(candidates_.size());  // the boxes that want a candidate
    for (std::size_t b = 0; b < boxes_.size(); ++b) {
      for (const auto i : cheapest(b)) wishes[i].push_back(b);
    }
    std::vector<OtaMatch> all;
    for (std::size_t i = 0; i < wishes.size(); ++i) {
      if (wishes[i].empty()) continue;
      const auto box = wishes[i].size() == 1 ? wishes[i][0] : best_box(i);
      all.push_back({candidates_[i], box, iou(i, box)});
    }
    return all;
  }

 private:
  bool is_near(std::size_t i, std::size_t b) const {
    return near(middle_of(anchors_[i]), boxes_[b], anchors_[i].stride);
  }

  double iou(std::size_t i, std::size_t b) const {
    const double value = intersection_over_union(found_[i], boxes_[b]);
    return std::isfinite(value) ? value : 0;
  }

  double cost(std::size_t i, std::size_t b) const {
    const double value =
        class_costs_.at(i, labels_[b]) - kIouWeight * std::log(iou(i, b) + 1e-8) + (is_near(i, b) ? 0 : kOutside);
    return std::isfinite(value) ? value : 2 * kOutside;  // a network gone astray: the loss says so, not this
  }

  // The candidates that box b takes. Those near it cost less than all others, which are looked at where these don't do.
  std::vector<std::size_t> cheapest(std::size_t b) const {
    std::vector<double> overlaps;
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      if (const double overlap = iou(i, b); overlap > 0) overlaps.push_back(overlap);
      if (is_near(i, b)) order.push_back(i);
    }
    const auto k = std::min(dynamic_k(std::move(overlaps)), candidates_.size());
    if (order.size() < k) {
      order.resize(candidates_.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
    }
    std::vector<std::pair<double, std::size_t>> costs;
    for (const auto i : order) costs.emplace_back(cost(i, b), i);
    std::partial_sort(costs.begin(), costs.begin() + static_cast<std::ptrdiff_t>(k), costs.end());
    order.clear();
    for (std::size_t i = 0; i < k; ++i) order.push_back(costs[i].second);
    return order;
  }

  // Of all boxes, also those that did not ask for candidate i: upstream's rule. One that is near costs least.
  std::size_t best_box(std::size_t i) const {
    std::pair<double, std::size_t> best = {std::numeric_limits<double>::infinity(), 0};
    for (std::size_t b = 0; b < boxes_.size(); ++b) {
      if (is_near(i, b)) best = std::min(best, std::pair{cost(i, b), b});
    }
    return best.second;
  }

  std::vector<std::int64_t> candidates_;
  ClassCosts class_costs_;
  std::span<const Rect> boxes_;
  std::span<const std::int32_t> labels_;
  std::vector<Anchor> anchors_;  // of the candidates
  std::vector<Rect> found_;      // what they say now
};

}  // namespace

Rect decoded_box(const float* raw, const Anchor& anchor) {
  const double width = std::exp(static_cast<double>(raw[2])) * anchor.stride,
               height = std::exp(static_cast<double>(raw[3])) * anchor.stride;
  const double x = raw[0] * anchor.stride + anchor.x, y = raw[1] * anchor.stride + anchor.y;
  return {x - width / 2, y - height / 2, width, height};
}

std::vector<OtaMatch> sim_ota(const RawAnchors& raw, std::span<const Anchor> anchors, std::span<const Rect> boxes,
                              std::span<const std::int32_t> labels) {
  return Assignment(raw, anchors, boxes, labels).matches();
}

}  // namespace strop
