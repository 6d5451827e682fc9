#include "models/yolox/detector.h"

#include <torch/torch.h>

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "eval/nms.h"
#include "models/yolox/row.h"

namespace strop {

using torch::Tensor;

namespace {

constexpr double kBoxWeight = 5;

float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

RawAnchors raw_of(const Tensor& outputs, std::int64_t sample) {
  return {outputs.const_data_ptr<float>() + sample * outputs.size(1) * outputs.size(2), outputs.size(1), outputs.size(2) - 5};
}

// Every class above the least score, or only the best one of an anchor.
std::vector<FoundBox> boxes_above(const RawAnchors& raw, const std::vector<Anchor>& anchors, const std::vector<std::int32_t>& labels,
                                  const DecodeSettings& settings) {
  std::vector<FoundBox> found;
  const auto least = static_cast<float>(settings.least_score);
  for (std::int64_t a = 0; a < raw.count; ++a) {
    const float* values = raw.of(a);
    const float object = sigmoid(values[4]);
    if (object < least) continue;
    const float* classes = values + 5;
    const auto* best = std::max_element(classes, classes + raw.classes);
    if (object * sigmoid(*best) < least) continue;
    const Rect box = decoded_box(values, anchors[static_cast<std::size_t>(a)]);
    if (!std::isfinite(box.area())) continue;
    for (const auto* one = settings.best_class_only ? best : classes; one < (settings.best_class_only ? best + 1 : classes + raw.classes); ++one) {
      const float score = object * sigmoid(*one);
      if (score >= least) found.push_back({box, labels[static_cast<std::size_t>(one - classes)], score});
    }
  }
  return found;
}

// The true boxes of a sample whose label is of the group, with their class in it.
struct GroupTruth {
  std::vector<Rect> boxes;
  std::vector<std::int32_t> classes;

  GroupTruth(const Tensor& targets, std::int64_t sample, const std::vector<std::int32_t>& labels) {
    const float* row = targets.const_data_ptr<float>() + sample * targets.size(1) * 5;
    for (std::int64_t i = 0; i < targets.size(1); ++i, row += 5) {
      const auto place = std::find(labels.begin(), labels.end(), static_cast<std::int32_t>(row[0]));
      if (row[0] < 0 || place == labels.end()) continue;
      boxes.push_back({row[1] - row[3] / 2.0, row[2] - row[4] / 2.0, row[3], row[4]});
      classes.push_back(static_cast<std::int32_t>(place - labels.begin()));
    }
  }
};

// The anchors of a batch that answer for a box, and what they should say.
struct Answers {
  Tensor rows;     // among all anchors of the batch, int64
  Tensor samples;  // int64
  Tensor corner, stride;  // of the anchors, fp32, F x 2 and F x 1
  Tensor boxes;    // F x 4: left, top, right, bottom
  Tensor classes;  // F, int64
  Tensor ious;     // F
};

Answers match(const Tensor& outputs, const Tensor& targets, const std::vector<Anchor>& anchors, const std::vector<std::int32_t>& labels) {
  const auto samples = outputs.size(0), count = outputs.size(1);
  std::vector<GroupTruth> truths;
  for (std::int64_t i = 0; i < samples; ++i) truths.emplace_back(targets, i, labels);
  std::vector<std::vector<OtaMatch>> matches(static_cast<std::size_t>(samples));
  at::parallel_for(0, samples, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = begin; i < end; ++i) {
      const auto at = static_cast<std::size_t>(i);
      matches[at] = sim_ota(raw_of(outputs, i), anchors, truths[at].boxes, truths[at].classes);
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
  return {torch::tensor(rows, torch::kLong),     torch::tensor(of, torch::kLong),
          torch::tensor(corner).view({-1, 2}),   torch::tensor(stride).view({-1, 1}),
          torch::tensor(boxes).view({-1, 4}),    torch::tensor(classes, torch::kLong),
          torch::tensor(ious)};
}

// Of each of the anchors' boxes with its true one, 1 - IoU^2.
Tensor box_losses(const Tensor& raw, const Answers& answers) {
  const Tensor middle = raw.narrow(1, 0, 2) * answers.stride + answers.corner, half = raw.narrow(1, 2, 2).exp() * answers.stride / 2;
  const Tensor low = middle - half, high = middle + half;
  const Tensor true_low = answers.boxes.narrow(1, 0, 2), true_high = answers.boxes.narrow(1, 2, 2);
  const Tensor common = (at::minimum(high, true_high) - at::maximum(low, true_low)).clamp_min(0).prod(1);
  const Tensor all = (high - low).prod(1) + (true_high - true_low).prod(1) - common;
  return 1 - (common / (all + 1e-16)).square();
}

Tensor group_losses(const Tensor& outputs, const Tensor& targets, const std::vector<std::int32_t>& labels) {
  const auto samples = outputs.size(0), classes = outputs.size(2) - 5;
  const auto answers = match(outputs.detach().contiguous(), targets, square_anchors(outputs.size(1)), labels);
  const auto count = answers.rows.numel();
  Tensor object_targets = torch::zeros({samples * outputs.size(1)});
  object_targets.index_fill_(0, answers.rows, 1);
  const auto mean_over = [](const Tensor& logits, const Tensor& wanted) {
    return at::binary_cross_entropy_with_logits(logits, wanted, {}, {}, at::Reduction::None);
  };
  Tensor sums = mean_over(outputs.select(2, 4), object_targets.view({samples, -1})).sum(1);
  if (count > 0) {
    const Tensor raw = outputs.reshape({-1, 5 + classes}).index_select(0, answers.rows);
    const Tensor wanted = torch::zeros({count, classes}).scatter_(1, answers.classes.unsqueeze(1), answers.ious.unsqueeze(1));
    const Tensor own = kBoxWeight * box_losses(raw, answers) + mean_over(raw.narrow(1, 5, classes), wanted).sum(1);
    sums = sums.index_add(0, answers.samples, own);
  }
  return sums * (static_cast<double>(samples) / static_cast<double>(std::max<std::int64_t>(1, count)));
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
        anchors.push_back({static_cast<double>(x * stride), static_cast<double>(y * stride), static_cast<double>(stride)});
      }
    }
  }
  if (static_cast<std::int64_t>(anchors.size()) != count) throw std::logic_error("YOLOX: anchors of an input that is not square");
  return anchors;
}

std::vector<std::string> YoloxDetector::outputs() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < groups_.size(); ++i) names.push_back(output_name(i));
  return names;
}

std::vector<std::vector<FoundBox>> YoloxDetector::decode(const State& state, const DecodeSettings& settings) const {
  const auto samples = state.at(output_name(0)).size(0);
  std::vector<std::vector<FoundBox>> all(static_cast<std::size_t>(samples));
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    const Tensor outputs = state.at(output_name(group)).detach().to(torch::kFloat).contiguous();
    const auto anchors = square_anchors(outputs.size(1));
    at::parallel_for(0, samples, 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto i = begin; i < end; ++i) {
        auto found = boxes_above(raw_of(outputs, i), anchors, groups_[group], settings);
        found = non_maximum_suppression(std::move(found), settings.nms_iou, settings.max_det);
        auto& own = all[static_cast<std::size_t>(i)];
        own.insert(own.end(), found.begin(), found.end());
      }
    });
  }
  return all;
}

Tensor YoloxDetector::losses(const State& state) const {
  const Tensor targets = state.at(kTargets).to(torch::kFloat).contiguous();
  Tensor sum;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    if (!state.has(output_name(group))) continue;
    const auto& outputs = state.at(output_name(group));
    if (torch::GradMode::is_enabled() && !outputs.requires_grad()) continue;
    const Tensor own = group_losses(outputs.to(torch::kFloat), targets, groups_[group]);
    sum = sum.defined() ? sum + own : own;
  }
  if (!sum.defined()) throw std::logic_error("YOLOX: no group trains");
  return sum;
}

}  // namespace strop
