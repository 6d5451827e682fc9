#include "models/yolos/detector.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "eval/nms.h"
#include "models/detector_parts/class_groups.h"
#include "models/detector_parts/distillation.h"

namespace strop {

using torch::Tensor;

namespace {

// Of the pictures of a batch, which are of one size.
struct Sides {
  float width, height;
  explicit Sides(const State& state) {
    const Tensor first = state.at(vit::kSides).select(0, 0).to(torch::kCPU, torch::kFloat).contiguous();
    width = first.const_data_ptr<float>()[0];
    height = first.const_data_ptr<float>()[1];
  }
};

}  // namespace

// Every class above the least score, or only the best one of a query; "nothing" is none of them.
std::vector<FoundBox> YolosDetector::found(const Tensor& raw, const State& state,
                                           const DecodeSettings& settings) const {
  const Sides sides(state);
  const auto queries = raw.size(0), classes = raw.size(1) - 5;
  const float* row = raw.const_data_ptr<float>();
  std::vector<FoundBox> boxes;
  std::vector<double> shares(static_cast<std::size_t>(classes) + 1);
  for (std::int64_t query = 0; query < queries; ++query, row += 5 + classes) {
    const float *logits = row + 4, *behind = row + 5 + classes;
    const double most = *std::max_element(logits, behind);
    double sum = 0;
    for (const float* one = logits; one < behind; ++one)
      sum += shares[static_cast<std::size_t>(one - logits)] = std::exp(*one - most);
    const double width = static_cast<double>(row[2]) * sides.width, height = static_cast<double>(row[3]) * sides.height;
    const Rect box = {static_cast<double>(row[0]) * sides.width - width / 2,
                      static_cast<double>(row[1]) * sides.height - height / 2, width, height};
    const auto best = std::max_element(shares.begin(), shares.end() - 1);
    for (auto one = shares.begin(); one + 1 < shares.end(); ++one) {
      const double score = *one / sum;
      if (!(score >= settings.least_score) || (settings.best_class_only && one != best)) continue;
      boxes.push_back({box, static_cast<std::int32_t>(one - shares.begin()), score});
    }
  }
  return non_maximum_suppression(std::move(boxes), settings.nms_iou, settings.max_det);
}

Tensor YolosDetector::group_losses(const Tensor& outputs, const State& state,
                                   const std::vector<GroupBox>& boxes) const {
  const Sides sides(state);
  auto wanted = boxes;
  for (auto& box : wanted) {
    box.x /= sides.width;
    box.y /= sides.height;
    box.width /= sides.width;
    box.height /= sides.height;
  }
  const Tensor found = outputs.narrow(2, 0, 4), logits = outputs.narrow(2, 4, outputs.size(2) - 4);
  const auto losses = set_losses(found, logits, wanted, match_queries(found, logits, wanted, weights_), weights_);
  return losses.classes + weights_.box_loss * losses.boxes + weights_.giou_loss * losses.giou;
}

Tensor YolosDetector::group_distillations(const Tensor& outputs, const Tensor& before) const {
  const auto numbers = outputs.size(2), logits = numbers - 4;
  const auto sure = sure_answers(before.narrow(2, 4, logits).softmax(2).narrow(2, 0, logits - 1).amax(2));
  const auto held = [&](const Tensor& all) { return all.reshape({-1, numbers}).index_select(0, sure.rows); };
  const Tensor now = held(outputs), then = held(before);
  const Tensor boxes = box_distances(now.narrow(1, 0, 4), then.narrow(1, 0, 4));
  const Tensor moved =
      choice_divergence(now.narrow(1, 4, logits), then.narrow(1, 4, logits)) + weights_.box_loss * sure.scores * boxes;
  return held_losses(sure, moved, outputs.size(0));
}

std::vector<std::string> YolosDetector::class_layers(std::size_t group) const {
  return {(group == 0 ? "" : group_block(group, yolos::kHead) + ".") + yolos::kClassLayer};
}

}  // namespace strop
