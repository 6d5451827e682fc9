#include "models/yolox/detector.h"

#include <torch/types.h>

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "eval/nms.h"
#include "models/detector_parts/class_groups.h"
#include "models/detector_parts/distillation.h"
#include "models/yolox/row.h"

namespace strop {

using torch::Tensor;

namespace {

constexpr double kIouLossWeight = 5;

float probability(float logit) { return 1 / (1 + std::exp(-logit)); }

RawAnchors raw_anchors(const Tensor& raw) { return {raw.const_data_ptr<float>(), raw.size(0), raw.size(1) - 5}; }

// The true boxes of one sample.
struct Truth {
  std::vector<Rect> boxes;
  std::vector<std::int32_t> classes;
};

std::vector<Truth> by_sample(const std::vector<GroupBox>& boxes, std::int64_t samples) {
  std::vector<Truth> all(static_cast<std::size_t>(samples));
  for (const auto& box : boxes) {
    auto& own = all[static_cast<std::size_t>(box.sample)];
    own.boxes.push_back({box.x - box.width / 2.0, box.y - box.height / 2.0, box.width, box.height});
    own.classes.push_back(static_cast<std::int32_t>(box.label));
  }
  return all;
}

// The anchors of a batch that answer for a box, and what they should say.
struct Answers {
  Tensor rows;            // among all anchors of the batch, int64
  Tensor samples;         // int64
  Tensor corner, stride;  // of the anchors, fp32, F x 2 and F x 1
  Tensor boxes;           // F x 4: left, top, right, bottom
  Tensor classes;         // F, int64
  Tensor ious;            // F
};

Answers match(const Tensor& outputs, const std::vector<Truth>& truths, const std::vector<Anchor>& anchors) {
  const auto samples = outputs.size(0), count = outputs.size(1);
  std::vector<std::vector<OtaMatch>> matches(truths.size());
  at::parallel_for(0, samples, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = begin; i < end; ++i) {
      const auto& truth = truths[static_cast<std::size_t>(i)];
      matches[static_cast<std::size_t>(i)] =
          sim_ota(raw_anchors(outputs.select(0, i)), anchors, truth.boxes, truth.classes);
    }
  });
  std::vector<std::int64_t> rows, of, classes;
  std::vector<float> corner, stride, boxes, ious;
  for (std::int64_t i = 0; i < samples; ++i) {
    const auto& truth = truths[static_cast<std::size_t>(i)];
    for (const auto& one : matches[static_cast<std::size_t>(i)]) {
      const auto& anchor = anchors[static_cast<std::size_t>(one.anchor)];
      const auto& box = truth.boxes[one.box];
      rows.push_back(i * count + one.anchor);
      of.push_back(i);
      classes.push_back(truth.classes[one.box]);
      for (const double value : {anchor.x, anchor.y}) corner.push_back(static_cast<float>(value));
      stride.push_back(static_cast<float>(anchor.stride));
      for (const double value : {box.x, box.y, box.right(), box.bottom()}) boxes.push_back(static_cast<float>(value));
      ious.push_back(static_cast<float>(one.iou));
    }
  }
  return {torch::tensor(rows, torch::kLong),
          torch::tensor(of, torch::kLong),
          torch::tensor(corner).view({-1, 2}),
          torch::tensor(stride).view({-1, 1}),
          torch::tensor(boxes).view({-1, 4}),
          torch::tensor(classes, torch::kLong),
          torch::tensor(ious)};
}

// Of each of the anchors' boxes with its true one, 1 - IoU^2.
Tensor box_losses(const Tensor& raw, const Answers& answers) {
  const Tensor middle = raw.narrow(1, 0, 2) * answers.stride + answers.corner,
               half = raw.narrow(1, 2, 2).exp() * answers.stride / 2;
  const Tensor low = middle - half, high = middle + half;
  const Tensor true_low = answers.boxes.narrow(1, 0, 2), true_high = answers.boxes.narrow(1, 2, 2);
  const Tensor common = (at::minimum(high, true_high) - at::maximum(low, true_low)).clamp_min(0).prod(1);
  const Tensor all = (high - low).prod(1) + (true_high - true_low).prod(1) - common;
  return 1 - (common / (all + 1e-16)).square();
}

Tensor cross_entropies(const Tensor& logits, const Tensor& wanted) {
  return at::binary_cross_entropy_with_logits(logits, wanted, {}, {}, at::Reduction::None);
}

}  // namespace

std::vector<Anchor> square_anchors(std::int64_t count) {
  // side^2 / 64 + side^2 / 256 + side^2 / 1024
  const auto side = std::llround(std::sqrt(static_cast<double>(count) * 1024 / 21));
  std::vector<Anchor> anchors;
  anchors.reserve(static_cast<std::size_t>(count));
  for (const auto stride : yolox::kStrides) {
    for (std::int64_t y = 0; y < side / stride; ++y) {
      for (std::int64_t x = 0; x < side / stride; ++x) {
        anchors.push_back(
            {static_cast<double>(x * stride), static_cast<double>(y * stride), static_cast<double>(stride)});
      }
    }
  }
  if (static_cast<std::int64_t>(anchors.size()) != count)
    throw std::logic_error("YOLOX: anchors of an input that is not square");
  return anchors;
}

// Every class above the least score, or only the best one of an anchor.
std::vector<FoundBox> YoloxDetector::found(const Tensor& raw, const State&, const DecodeSettings& settings) const {
  const auto numbers = raw_anchors(raw);
  const auto anchors = square_anchors(numbers.count);
  const auto least = static_cast<float>(settings.least_score);
  std::vector<FoundBox> boxes;
  for (std::int64_t a = 0; a < numbers.count; ++a) {
    const float* values = numbers.of(a);
    const float object = probability(values[4]);
    const float *first = values + 5, *behind = first + numbers.classes;
    const auto* best = std::max_element(first, behind);
    if (!(object * probability(*best) >= least)) continue;
    const Rect box = decoded_box(values, anchors[static_cast<std::size_t>(a)]);
    if (!std::isfinite(box.area())) continue;
    if (settings.best_class_only) first = best, behind = best + 1;
    for (const auto* one = first; one < behind; ++one) {
      const float score = object * probability(*one);
      if (score >= least) boxes.push_back({box, static_cast<std::int32_t>(one - (values + 5)), score});
    }
  }
  return non_maximum_suppression(std::move(boxes), settings.nms_iou, settings.max_det);
}

Tensor YoloxDetector::group_losses(const Tensor& outputs, const State&, const std::vector<GroupBox>& boxes) const {
  const auto samples = outputs.size(0), classes = outputs.size(2) - 5;
  const auto answers = match(outputs.detach().contiguous(), by_sample(boxes, samples), square_anchors(outputs.size(1)));
  const auto count = answers.rows.numel();
  const Tensor object_targets = torch::zeros({samples * outputs.size(1)}).index_fill_(0, answers.rows, 1);
  Tensor sums = cross_entropies(outputs.select(2, 4), object_targets.view({samples, -1})).sum(1);
  if (count > 0) {
    const Tensor raw = outputs.reshape({-1, 5 + classes}).index_select(0, answers.rows);
    const Tensor wanted =
        torch::zeros({count, classes}).scatter_(1, answers.classes.unsqueeze(1), answers.ious.unsqueeze(1));
    const Tensor own =
        kIouLossWeight * box_losses(raw, answers) + cross_entropies(raw.narrow(1, 5, classes), wanted).sum(1);
    sums = sums.index_add(0, answers.samples, own);
  }
  // Upstream divides by the matches of the batch, at least one. At least one a picture here: among pictures of other
  // groups' classes a group has next to none, and the sum over all its empty anchors would drown what the others learn.
  return sums * (static_cast<double>(samples) / static_cast<double>(std::max(samples, count)));
}

Tensor YoloxDetector::group_distillations(const Tensor& outputs, const Tensor& before) const {
  const auto classes = outputs.size(2) - 5;
  const auto sure = sure_answers(before.select(2, 4).sigmoid() * before.narrow(2, 5, classes).sigmoid().amax(2));
  const auto held = [&](const Tensor& all) { return all.reshape({-1, 5 + classes}).index_select(0, sure.rows); };
  const Tensor now = held(outputs), then = held(before);
  const Tensor boxes = box_distances(now.narrow(1, 0, 4), then.narrow(1, 0, 4));
  const Tensor moved = yes_no_divergence(now.narrow(1, 4, 1 + classes), then.narrow(1, 4, 1 + classes)) +
                       kIouLossWeight * sure.scores * boxes;
  return held_losses(sure, moved, outputs.size(0));
}

std::vector<std::string> YoloxDetector::class_layers(std::size_t group) const {
  const auto layer = group_block(group, "head") + ".cls_preds.";
  return {layer + "0", layer + "1", layer + "2"};
}

}  // namespace strop
