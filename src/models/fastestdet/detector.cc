#include "models/fastestdet/detector.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "eval/nms.h"
#include "models/detector_parts/class_groups.h"
#include "models/detector_parts/distillation.h"

namespace strop {

using torch::Tensor;

namespace fastestdet {
namespace {

constexpr double kBoxWeight = 8, kObjectWeight = 16;
constexpr double kEmptyWeight = 0.75, kFullWeight = 0.25;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// The places that are asked for a box, in upstream's order: a place that two boxes ask for learns the later one's.
struct Asked {
  std::vector<std::int64_t> rows;  // among the places of all samples
  std::vector<std::int64_t> samples, labels;
  std::vector<float> corners, boxes;  // 2 and 4 numbers a place, in places
};

Asked places_of(const std::vector<GroupBox>& boxes, std::int64_t height, std::int64_t width) {
  Asked asked;
  const auto cell = static_cast<float>(kCell);
  for (const auto& [right, down] : {std::pair{0, 0}, {1, 0}, {0, 1}, {1, 1}}) {
    for (const auto& box : boxes) {
      const auto x = static_cast<std::int64_t>(box.x / cell) + right,
                 y = static_cast<std::int64_t>(box.y / cell) + down;
      if (x < 1 || y < 1 || x >= width || y >= height) continue;
      asked.rows.push_back((box.sample * height + y) * width + x);
      asked.samples.push_back(box.sample);
      asked.labels.push_back(box.label);
      asked.corners.insert(asked.corners.end(), {static_cast<float>(x), static_cast<float>(y)});
      asked.boxes.insert(asked.boxes.end(), {box.x / cell, box.y / cell, box.width / cell, box.height / cell});
    }
  }
  return asked;
}

// Those that learn: what they say and should.
struct Learning {
  Tensor rows, samples, labels;  // int64
  Tensor raw;                    // F x (5 + classes)
  Tensor ious;                   // F, in the graph
};

Learning choose(const Tensor& raw, const Asked& asked, std::int64_t height, std::int64_t width) {
  const auto longs = [](const std::vector<std::int64_t>& values) { return torch::tensor(values, torch::kLong); };
  const Tensor rows = longs(asked.rows), own = raw.index_select(0, rows);
  const Tensor corners = torch::tensor(asked.corners, torch::kFloat).view({-1, 2});
  const Tensor places = torch::tensor({static_cast<float>(width), static_cast<float>(height)});
  const Tensor found = at::cat({own.narrow(1, 1, 2).tanh() + corners, own.narrow(1, 3, 2).sigmoid() * places}, 1);
  const Tensor ious = scylla_iou(found, torch::tensor(asked.boxes, torch::kFloat).view({-1, 4}));
  const Tensor better = (ious.detach() > ious.detach().mean()).nonzero().flatten();
  return {rows.index_select(0, better), longs(asked.samples).index_select(0, better),
          longs(asked.labels).index_select(0, better), own.index_select(0, better), ious.index_select(0, better)};
}

}  // namespace
}  // namespace fastestdet

Tensor scylla_iou(const Tensor& found, const Tensor& wanted) {
  constexpr double kLeast = 1e-7;
  const Tensor sides = found.narrow(1, 2, 2), true_sides = wanted.narrow(1, 2, 2);
  const Tensor low = found.narrow(1, 0, 2) - sides / 2, high = low + sides;
  const Tensor true_low = wanted.narrow(1, 0, 2) - true_sides / 2, true_high = true_low + true_sides;
  const Tensor common = (at::minimum(high, true_high) - at::maximum(low, true_low)).clamp_min(0).prod(1);
  const Tensor iou = common / (sides.prod(1) + true_sides.prod(1) - common + kLeast);
  // The angle: sin(2 a), a between the line of the middles and the nearer axis.
  const Tensor apart = wanted.narrow(1, 0, 2) - found.narrow(1, 0, 2);
  const Tensor distance = apart.square().sum(1).clamp_min(kLeast * kLeast).sqrt();
  const Tensor sine = apart.abs().amin(1) / distance;
  const Tensor angle = 2 * sine * (1 - sine.square()).clamp_min(0).sqrt();
  const Tensor around = at::maximum(high, true_high) - at::minimum(low, true_low);
  const Tensor far = ((angle - 2).unsqueeze(1) * (apart / around).square()).exp();
  const Tensor unlike = (sides - true_sides).abs() / at::maximum(sides, true_sides);
  const Tensor costs = 2 - far.sum(1) + (1 - (-unlike).exp()).pow(4).sum(1);
  return iou - 0.5 * costs;
}

std::vector<FoundBox> FastestDetector::found(const Tensor& raw, const State&, const DecodeSettings& settings) const {
  using namespace fastestdet;
  const auto classes = raw.size(0) - 5, height = raw.size(1), width = raw.size(2), places = height * width;
  const float* const values = raw.const_data_ptr<float>();
  const auto cell = static_cast<double>(kCell);
  std::vector<FoundBox> boxes;
  std::vector<double> shares(static_cast<std::size_t>(classes));
  for (std::int64_t place = 0; place < places; ++place) {
    const auto at = [&](std::int64_t channel) { return static_cast<double>(values[channel * places + place]); };
    const double object = std::pow(sigmoid(at(0)), kObjectPower);
    if (object < settings.least_score) continue;
    double most = at(5), sum = 0;
    for (std::int64_t c = 1; c < classes; ++c) most = std::max(most, at(5 + c));
    for (std::int64_t c = 0; c < classes; ++c) sum += shares[static_cast<std::size_t>(c)] = std::exp(at(5 + c) - most);
    const double x = (std::tanh(at(1)) + static_cast<double>(place % width)) * cell;
    const double y = (std::tanh(at(2)) + static_cast<double>(place / width)) * cell;
    const double box_width = sigmoid(at(3)) * static_cast<double>(width) * cell,
                 box_height = sigmoid(at(4)) * static_cast<double>(height) * cell;
    const double least_share = std::pow(settings.least_score / object, 1 / kClassPower) * sum;
    const auto best = std::max_element(shares.begin(), shares.end());
    for (auto one = shares.begin(); one != shares.end(); ++one) {
      if (*one < least_share || (settings.best_class_only && one != best)) continue;
      boxes.push_back({{x - box_width / 2, y - box_height / 2, box_width, box_height},
                       static_cast<std::int32_t>(one - shares.begin()),
                       object * std::pow(*one / sum, kClassPower)});
    }
  }
  return non_maximum_suppression(std::move(boxes), settings.nms_iou, settings.max_det);
}

Tensor FastestDetector::group_losses(const Tensor& outputs, const State&, const std::vector<GroupBox>& boxes) const {
  using namespace fastestdet;
  const auto samples = outputs.size(0), channels = outputs.size(1), height = outputs.size(2), width = outputs.size(3);
  const Tensor raw = outputs.permute({0, 2, 3, 1}).reshape({-1, channels});
  Tensor object = torch::zeros({raw.size(0)}), weights = torch::full({raw.size(0)}, kEmptyWeight);
  Tensor sums = torch::zeros({samples});
  if (const auto asked = places_of(boxes, height, width); !asked.rows.empty()) {
    const auto learning = choose(raw, asked, height, width);
    const auto count = learning.rows.numel();
    if (count > 0) {
      const Tensor wrong = at::nll_loss(at::log_softmax(learning.raw.narrow(1, 5, channels - 5), 1), learning.labels,
                                        {}, at::Reduction::None);
      const double share = static_cast<double>(samples) / static_cast<double>(count);
      sums = sums.index_add(0, learning.samples, (kBoxWeight * (1 - learning.ious) + wrong) * share);
      // As upstream, objectness learns the overlap and the overlap, through its box, learns from objectness.
      object = object.index_put({learning.rows}, learning.ious);
      const Tensor in_sample =
          at::bincount(learning.samples, {}, samples).to(torch::kFloat).index_select(0, learning.samples);
      weights.index_put_({learning.rows}, kFullWeight * static_cast<double>(height * width) / in_sample);
    }
  }
  const Tensor apart = at::smooth_l1_loss(raw.select(1, 0).sigmoid(), object, at::Reduction::None) * weights;
  return sums + kObjectWeight * apart.view({samples, -1}).mean(1);
}

Tensor FastestDetector::group_distillations(const Tensor& outputs, const Tensor& before) const {
  using namespace fastestdet;
  const auto channels = outputs.size(1), classes = channels - 5;
  const Tensor objects = before.select(1, 0).sigmoid().pow(kObjectPower);
  const Tensor best = before.narrow(1, 5, classes).softmax(1).amax(1).pow(kClassPower);
  const auto sure = sure_answers((objects * best).flatten(1));
  const auto held = [&](const Tensor& all) {
    return all.permute({0, 2, 3, 1}).reshape({-1, channels}).index_select(0, sure.rows);
  };
  const Tensor now = held(outputs), then = held(before);
  const Tensor apart = box_distances(now.narrow(1, 1, 4), then.narrow(1, 1, 4));
  const Tensor moved = yes_no_divergence(now.narrow(1, 0, 1), then.narrow(1, 0, 1)) +
                       choice_divergence(now.narrow(1, 5, classes), then.narrow(1, 5, classes)) +
                       kBoxWeight * sure.scores * apart;
  return held_losses(sure, moved, outputs.size(0));
}

// A convolution and its norm.
std::vector<std::string> FastestDetector::class_layers(std::size_t group) const {
  const auto sequence = group_block(group, fastestdet::kHead) + ".cls_layers.conv5x5.";
  return {sequence + "3", sequence + "4"};
}

}  // namespace strop
