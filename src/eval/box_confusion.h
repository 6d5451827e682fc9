// What a detector takes for what: the confusion matrix of classifiers with one more class, the background. Its row
// holds the false alarms, its column the misses.
//
// On each picture the found boxes choose by falling score: of the free true boxes that meet them (IoU at least 0.5) the
// one that fits best, those of their own class first. A box that chose nothing but lies in a crowd of its class (half
// of it or more) counts nowhere, as a crowd does; nor does one whose score is NaN. What a box chooses depends on better
// ones alone, so one pass serves every least score. Cost: true x found boxes of each picture, and sorting.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "eval/judged_picture.h"

namespace strop {

struct BoxConfusion {
  double score = 0;                  // found boxes below count nowhere
  double precision = 0, recall = 0;  // of all classes together: the right ones among those found, among those true
  double f1 = 0;
  std::vector<std::int64_t> counts;  // (classes + 1)^2: rows true, columns found, the last of each the background
};

inline constexpr double kConfusionIou = 0.5;

// The score where nothing better is known.
inline constexpr double kUsualScore = 0.25;

// At `least_score`; without one at the score where the F1 of all classes together is best (of equals the highest), or
// kUsualScore where no box is right.
BoxConfusion box_confusion(std::span<const JudgedPicture> pictures, std::size_t classes,
                           std::optional<double> least_score = std::nullopt);

}  // namespace strop
