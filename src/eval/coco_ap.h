// COCO's average precision: the twelve numbers of pycocotools 2.0, equal to 1e-9, and what a report shows of each
// class.
//
// Greedy matching by score at ten IoU thresholds and four ranges of area; a truth's own `area` decides its range, a
// found box's width x height. Crowds are neither found nor missed. A class without a truth counts nowhere. Where
// nothing is left to average a figure is -1, as there. Found boxes beyond the hundred best of a class on a picture do
// not count, nor do those whose score is NaN. Cost: sorting, and truths x found boxes of one class on one picture; each
// overlap is computed once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eval/agreement.h"
#include "eval/box_confusion.h"
#include "eval/judged_picture.h"

namespace strop {

struct BoxClassMetrics {
  std::string name;
  double map = -1, map_50 = -1, mar_100 = -1;
  std::int64_t support = 0;          // true boxes, without crowds
  std::vector<double> precision_50;  // at recall 0, 0.01 .. 1 and IoU 0.5; empty without a truth
};

// AP over IoU 0.5 .. 0.95 and at 0.5; -1: nothing to measure.
struct MeanAp {
  double map = -1, map_50 = -1;
  bool operator==(const MeanAp&) const = default;
};

// Of a detector to which classes were added: those it knew already and those of the last addition.
struct AddedClasses {
  std::int64_t base_boxes = 0, novel_boxes = 0;  // true boxes, without crowds
  MeanAp base, novel;
  std::optional<MeanAp> base_before;        // of the known classes before training
  std::optional<Agreement> agreement = {};  // of what is found of them with what was found before training
};

struct BoxMetrics {
  double map = -1, map_50 = -1, map_75 = -1;  // over IoU 0.5 .. 0.95, at 0.5, at 0.75
  double map_small = -1, map_medium = -1, map_large = -1;
  double mar_1 = -1, mar_10 = -1, mar_100 = -1;
  double mar_small = -1, mar_medium = -1, mar_large = -1;
  std::int64_t samples = 0;  // pictures
  std::vector<BoxClassMetrics> classes;
  // Filled by whoever wants them.
  BoxConfusion confusion;
  std::optional<AddedClasses> added;
};

// Of boxes with the same score the earlier picture's counts first: pictures in the order of their ids.
BoxMetrics box_metrics(std::span<const JudgedPicture> pictures, const std::vector<std::string>& names);

// Mean of a figure over the classes that have it; -1 where none has. For groups of classes: base and novel ones.
double mean_over(const BoxMetrics& metrics, std::span<const std::int32_t> labels, double BoxClassMetrics::*figure);

AddedClasses added_classes(const BoxMetrics& metrics, std::span<const std::int32_t> base,
                           std::span<const std::int32_t> novel);

// {"eval_map": ..., "eval_map_50": ..., "eval_box_classes": [...]} with the given prefix, as JSON text, and back: as
// metrics_json does for classifiers. What is not there (confusion, added, figures of classes without boxes) has no
// keys.
std::string metrics_json(const BoxMetrics& metrics, const std::string& prefix);
BoxMetrics box_metrics_from_json(const std::string& json, const std::string& prefix);

}  // namespace strop
