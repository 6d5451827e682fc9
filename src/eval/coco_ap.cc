#include "eval/coco_ap.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace strop {
namespace {

constexpr std::size_t kThresholds = 10, kAreas = 4, kRecalls = 101, kMost = 100;
constexpr std::array<std::size_t, 3> kLimits = {1, 10, kMost};  // found boxes of a class on a picture

// 0.5 + i * step with the step that dividing the range by nine gives, and the end exactly: the last bits decide ties.
std::array<double, kThresholds> thresholds() {
  std::array<double, kThresholds> all{};
  const double step = (0.95 - 0.5) / 9;
  for (std::size_t i = 0; i < kThresholds; ++i) all[i] = 0.5 + static_cast<double>(i) * step;
  all.back() = 0.95;
  return all;
}

struct AreaRange {
  double least, most;
  bool holds(double area) const { return area >= least && area <= most; }
};
constexpr std::array<AreaRange, kAreas> kRanges = {{{0, 1e10}, {0, 1024}, {1024, 9216}, {9216, 1e10}}};

// One found box of a class in one range of area: for each threshold, whether it met a truth and whether it counts.
struct Verdict {
  double score;
  std::size_t rank;                     // among those of its class on its picture
  std::uint16_t hits = 0, ignored = 0;  // bits of thresholds
};

// What all pictures say of one class in one range.
struct ClassRange {
  std::vector<Verdict> verdicts;  // pictures in order, on each by falling score
  std::int64_t truths = 0;        // that count
};

double overlap(const Rect& found, const TrueBox& truth) {
  const double common = intersection(found, truth.rect);
  if (common <= 0) return 0;
  return common / (truth.crowd ? found.area() : found.area() + truth.rect.area() - common);
}

// One class on one picture.
struct Scene {
  std::vector<const TrueBox*> truths;
  std::vector<const FoundBox*> found;  // at most kMost, by falling score
};

class Matcher {
 public:
  void judge(const Scene& scene, std::array<ClassRange, kAreas>& ranges) {
    static const auto kAll = thresholds();
    const auto& [truths, found] = scene;
    overlaps_.resize(found.size() * truths.size());
    for (std::size_t d = 0; d < found.size(); ++d) {
      for (std::size_t g = 0; g < truths.size(); ++g)
        overlaps_[d * truths.size() + g] = overlap(found[d]->rect, *truths[g]);
    }
    for (std::size_t area = 0; area < kAreas; ++area) {
      auto& range = ranges[area];
      ignored_.resize(truths.size());
      for (std::size_t g = 0; g < truths.size(); ++g) {
        ignored_[g] = truths[g]->crowd || !kRanges[area].holds(truths[g]->area);
        range.truths += ignored_[g] ? 0 : 1;
      }
      order_.resize(truths.size());
      std::iota(order_.begin(), order_.end(), std::size_t{0});
      std::stable_sort(order_.begin(), order_.end(),
                       [&](std::size_t a, std::size_t b) { return ignored_[a] < ignored_[b]; });
      const auto first = range.verdicts.size();
      for (std::size_t d = 0; d < found.size(); ++d) range.verdicts.push_back({found[d]->score, d});
      for (std::size_t t = 0; t < kThresholds; ++t) match(scene, kAll[t], t, area, range.verdicts.data() + first);
    }
  }

 private:
  void match(const Scene& scene, double threshold, std::size_t t, std::size_t area, Verdict* verdicts) {
    const auto& [truths, found] = scene;
    const auto bit = static_cast<std::uint16_t>(1U << t);
    taken_.assign(truths.size(), 0);
    for (std::size_t d = 0; d < found.size(); ++d) {
      const double* own = overlaps_.data() + d * truths.size();
      double best = std::min(threshold, 1 - 1e-10);
      std::ptrdiff_t match = -1;
      for (const auto g : order_) {
        if (taken_[g] != 0 && !truths[g]->crowd) continue;
        // A truth that counts is not given up for one that does not.
        if (match >= 0 && ignored_[static_cast<std::size_t>(match)] == 0 && ignored_[g] != 0) break;
        if (own[g] < best) continue;
        best = own[g];
        match = static_cast<std::ptrdiff_t>(g);
      }
      bool ignored = false;
      if (match >= 0) {
        taken_[static_cast<std::size_t>(match)] = 1;
        verdicts[d].hits |= bit;
        ignored = ignored_[static_cast<std::size_t>(match)] != 0;
      } else {
        ignored = !kRanges[area].holds(found[d]->rect.area());
      }
      if (ignored) verdicts[d].ignored |= bit;
    }
  }

  std::vector<double> overlaps_;
  std::vector<char> ignored_, taken_;
  std::vector<std::size_t> order_;
};

// Precision at the 101 recalls and the last recall, at one threshold.
struct Curve {
  std::array<double, kRecalls> precision{};
  double recall = 0;
};

Curve curve_of(const std::vector<Verdict>& sorted, std::int64_t truths, std::size_t t, std::size_t limit,
               std::vector<double>& recalls, std::vector<double>& precisions) {
  recalls.clear();
  precisions.clear();
  const auto bit = static_cast<std::uint16_t>(1U << t);
  double hits = 0, misses = 0;
  for (const auto& one : sorted) {
    if (one.rank >= limit) continue;
    if ((one.ignored & bit) == 0) ((one.hits & bit) != 0 ? hits : misses) += 1;
    recalls.push_back(hits / static_cast<double>(truths));
    precisions.push_back(hits / (misses + hits + 2.220446049250313e-16));
  }
  Curve curve;
  if (recalls.empty()) return curve;
  curve.recall = recalls.back();
  for (std::size_t i = precisions.size() - 1; i > 0; --i)
    precisions[i - 1] = std::max(precisions[i - 1], precisions[i]);
  auto at = recalls.begin();
  for (std::size_t r = 0; r < kRecalls; ++r) {
    at = std::lower_bound(at, recalls.end(), static_cast<double>(r) * 0.01);
    if (at == recalls.end()) break;
    curve.precision[r] = precisions[static_cast<std::size_t>(at - recalls.begin())];
  }
  return curve;
}

// A sum that becomes a mean; -1 of nothing.
struct Mean {
  double sum = 0;
  std::int64_t count = 0;
  void add(double value) { sum += value, ++count; }
  double value() const { return count > 0 ? sum / static_cast<double>(count) : -1; }
};

struct Means {
  Mean map, map_50, map_75, mar_1, mar_10, mar_100;
};

}  // namespace

BoxMetrics box_metrics(std::span<const JudgedPicture> pictures, const std::vector<std::string>& names) {
  std::vector<std::array<ClassRange, kAreas>> classes(names.size());
  std::vector<Scene> scenes(names.size());
  std::vector<std::int32_t> touched;
  Matcher matcher;
  for (const auto& picture : pictures) {
    touched.clear();
    const auto scene_of = [&](std::int32_t label) -> Scene& {
      auto& scene = scenes.at(static_cast<std::size_t>(label));
      if (scene.truths.empty() && scene.found.empty()) touched.push_back(label);
      return scene;
    };
    for (const auto& truth : picture.truths) scene_of(truth.label).truths.push_back(&truth);
    for (const auto& found : picture.found) {
      if (!std::isnan(found.score)) scene_of(found.label).found.push_back(&found);
    }
    for (const auto label : touched) {
      auto& scene = scenes[static_cast<std::size_t>(label)];
      std::stable_sort(scene.found.begin(), scene.found.end(),
                       [](const auto* a, const auto* b) { return a->score > b->score; });
      if (scene.found.size() > kMost) scene.found.resize(kMost);
      matcher.judge(scene, classes[static_cast<std::size_t>(label)]);
      scene.truths.clear();
      scene.found.clear();
    }
  }

  BoxMetrics metrics;
  metrics.samples = static_cast<std::int64_t>(pictures.size());
  std::array<Means, kAreas> all;
  std::vector<double> recalls, precisions;
  for (std::size_t c = 0; c < names.size(); ++c) {
    BoxClassMetrics own{.name = names[c], .precision_50 = {}};
    own.support = classes[c][0].truths;
    for (std::size_t area = 0; area < kAreas; ++area) {
      auto& [verdicts, truths] = classes[c][area];
      if (truths == 0) continue;
      std::stable_sort(verdicts.begin(), verdicts.end(),
                       [](const Verdict& a, const Verdict& b) { return a.score > b.score; });
      Means class_means;
      for (std::size_t t = 0; t < kThresholds; ++t) {
        const auto curve = curve_of(verdicts, truths, t, kMost, recalls, precisions);
        for (const double precision : curve.precision) {
          for (auto* means : {&all[area], &class_means}) {
            means->map.add(precision);
            if (t == 0) means->map_50.add(precision);
            if (t == 5) means->map_75.add(precision);
          }
        }
        all[area].mar_100.add(curve.recall);
        class_means.mar_100.add(curve.recall);
        if (area > 0) continue;
        if (t == 0) own.precision_50.assign(curve.precision.begin(), curve.precision.end());
        all[0].mar_1.add(curve_of(verdicts, truths, t, kLimits[0], recalls, precisions).recall);
        all[0].mar_10.add(curve_of(verdicts, truths, t, kLimits[1], recalls, precisions).recall);
      }
      if (area > 0) continue;
      own.map = class_means.map.value();
      own.map_50 = class_means.map_50.value();
      own.mar_100 = class_means.mar_100.value();
    }
    metrics.classes.push_back(std::move(own));
  }
  metrics.map = all[0].map.value();
  metrics.map_50 = all[0].map_50.value();
  metrics.map_75 = all[0].map_75.value();
  metrics.mar_1 = all[0].mar_1.value();
  metrics.mar_10 = all[0].mar_10.value();
  metrics.mar_100 = all[0].mar_100.value();
  metrics.map_small = all[1].map.value();
  metrics.map_medium = all[2].map.value();
  metrics.map_large = all[3].map.value();
  metrics.mar_small = all[1].mar_100.value();
  metrics.mar_medium = all[2].mar_100.value();
  metrics.mar_large = all[3].mar_100.value();
  return metrics;
}

double mean_over(const BoxMetrics& metrics, std::span<const std::int32_t> labels, double BoxClassMetrics::*figure) {
  Mean mean;
  for (const auto label : labels) {
    const double value = metrics.classes.at(static_cast<std::size_t>(label)).*figure;
    if (value >= 0) mean.add(value);
  }
  return mean.value();
}

AddedClasses added_classes(const BoxMetrics& metrics, std::span<const std::int32_t> base,
                           std::span<const std::int32_t> novel) {
  AddedClasses added;
  const auto ap = [&](std::span<const std::int32_t> labels) {
    return MeanAp{mean_over(metrics, labels, &BoxClassMetrics::map),
                  mean_over(metrics, labels, &BoxClassMetrics::map_50)};
  };
  added.base = ap(base);
  added.novel = ap(novel);
  for (const auto label : base) added.base_boxes += metrics.classes.at(static_cast<std::size_t>(label)).support;
  for (const auto label : novel) added.novel_boxes += metrics.classes.at(static_cast<std::size_t>(label)).support;
  return added;
}

}  // namespace strop
