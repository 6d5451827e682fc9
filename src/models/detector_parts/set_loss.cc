#include "models/detector_parts/set_loss.h"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "models/detector_parts/assignment.h"

namespace strop {

using torch::Tensor;

namespace {

constexpr double kLeastArea = 1e-12;  // no division by nothing where a box has none

struct Corners {
  double left, top, right, bottom;
  double area() const { return (right - left) * (bottom - top); }
};
Corners corners_of(double x, double y, double width, double height) {
  return {x - width / 2, y - height / 2, x + width / 2, y + height / 2};
}

double generalized_iou(const Corners& a, const Corners& b) {
  const double width = std::max(0.0, std::min(a.right, b.right) - std::max(a.left, b.left));
  const double height = std::max(0.0, std::min(a.bottom, b.bottom) - std::max(a.top, b.top));
  const double all = std::max(kLeastArea, a.area() + b.area() - width * height);
  const double around = std::max(kLeastArea, (std::max(a.right, b.right) - std::min(a.left, b.left)) *
                                                 (std::max(a.bottom, b.bottom) - std::min(a.top, b.top)));
  return width * height / all - (around - all) / around;
}

// The same of each of the rows of two tensors, in the graph of the first.
Tensor generalized_ious(const Tensor& found, const Tensor& wanted) {
  const Tensor half = found.narrow(1, 2, 2) / 2, true_half = wanted.narrow(1, 2, 2) / 2;
  const Tensor low = found.narrow(1, 0, 2) - half, high = found.narrow(1, 0, 2) + half;
  const Tensor true_low = wanted.narrow(1, 0, 2) - true_half, true_high = wanted.narrow(1, 0, 2) + true_half;
  const Tensor common = (at::minimum(high, true_high) - at::maximum(low, true_low)).clamp_min(0).prod(1);
  const Tensor all = ((high - low).prod(1) + (true_high - true_low).prod(1) - common).clamp_min(kLeastArea);
  const Tensor around = (at::maximum(high, true_high) - at::minimum(low, true_low)).prod(1).clamp_min(kLeastArea);
  return common / all - (around - all) / around;
}

// The queries of one sample with its boxes, wanted[first] .. wanted[last - 1].
std::vector<QueryMatch> match_sample(std::int64_t sample, const Tensor& boxes, const Tensor& log_p,
                                     const std::vector<GroupBox>& wanted, std::size_t first, std::size_t last,
                                     const SetWeights& weights) {
  const auto queries = boxes.size(0), classes = log_p.size(1);
  const float *box = boxes.const_data_ptr<float>(), *log = log_p.const_data_ptr<float>();
  std::vector<double> costs;
  costs.reserve(static_cast<std::size_t>(queries) * (last - first));
  for (std::int64_t query = 0; query < queries; ++query, box += 4, log += classes) {
    const auto own = corners_of(box[0], box[1], box[2], box[3]);
    for (auto i = first; i < last; ++i) {
      const auto& one = wanted[i];
      const double apart =
          std::abs(static_cast<double>(box[0]) - one.x) + std::abs(static_cast<double>(box[1]) - one.y) +
          std::abs(static_cast<double>(box[2]) - one.width) + std::abs(static_cast<double>(box[3]) - one.height);
      costs.push_back(weights.box_cost * apart - weights.class_cost * std::exp(static_cast<double>(log[one.label])) -
                      weights.giou_cost * generalized_iou(own, corners_of(one.x, one.y, one.width, one.height)));
    }
  }
  const auto columns = cheapest_assignment(costs, queries, static_cast<std::int64_t>(last - first));
  std::vector<QueryMatch> matches;
  for (std::int64_t query = 0; query < queries; ++query) {
    const auto column = columns[static_cast<std::size_t>(query)];
    if (column >= 0) matches.push_back({sample, query, first + static_cast<std::size_t>(column)});
  }
  return matches;
}

}  // namespace

std::vector<QueryMatch> match_queries(const Tensor& boxes, const Tensor& logits, const std::vector<GroupBox>& wanted,
                                      const SetWeights& weights) {
  torch::NoGradGuard no_grad;
  const Tensor own = boxes.detach().contiguous(), log_p = at::log_softmax(logits.detach(), -1).contiguous();
  const auto samples = own.size(0);
  std::vector<std::vector<QueryMatch>> by_sample(static_cast<std::size_t>(samples));
  const auto first_of = [&](std::int64_t sample) {
    const auto found =
        std::partition_point(wanted.begin(), wanted.end(), [&](const GroupBox& box) { return box.sample < sample; });
    return static_cast<std::size_t>(found - wanted.begin());
  };
  at::parallel_for(0, samples, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = begin; i < end; ++i) {
      by_sample[static_cast<std::size_t>(i)] =
          match_sample(i, own.select(0, i), log_p.select(0, i), wanted, first_of(i), first_of(i + 1), weights);
    }
  });
  std::vector<QueryMatch> all;
  for (const auto& matches : by_sample) all.insert(all.end(), matches.begin(), matches.end());
  return all;
}

SetLosses set_losses(const Tensor& boxes, const Tensor& logits, const std::vector<GroupBox>& wanted,
                     const std::vector<QueryMatch>& matches, const SetWeights& weights) {
  const auto samples = boxes.size(0), queries = boxes.size(1), classes = logits.size(2) - 1;
  std::vector<std::int64_t> rows, of, labels;
  std::vector<float> places;
  for (const auto& one : matches) {
    const auto& box = wanted[one.box];
    rows.push_back(one.sample * queries + one.query);
    of.push_back(one.sample);
    labels.push_back(box.label);
    places.insert(places.end(), {box.x, box.y, box.width, box.height});
  }
  const Tensor matched = torch::tensor(rows, torch::kLong), sample = torch::tensor(of, torch::kLong);
  const Tensor answers =
      torch::full({samples * queries}, classes, torch::kLong).index_put({matched}, torch::tensor(labels, torch::kLong));
  const Tensor weight = torch::full({samples * queries}, weights.empty_weight).index_fill_(0, matched, 1);
  const auto count = static_cast<double>(samples);
  const Tensor wrong =
      at::nll_loss(at::log_softmax(logits.reshape({-1, classes + 1}), 1), answers, {}, at::Reduction::None);
  SetLosses losses;
  losses.classes = (wrong * weight).view({samples, queries}).sum(1) * (count / weight.sum().item<double>());
  losses.boxes = losses.giou = torch::zeros({samples});
  if (matches.empty()) return losses;
  const double share = count / static_cast<double>(std::max<std::size_t>(1, wanted.size()));
  const Tensor found = boxes.reshape({-1, 4}).index_select(0, matched), truth = torch::tensor(places).view({-1, 4});
  losses.boxes = losses.boxes.index_add(0, sample, (found - truth).abs().sum(1) * share);
  losses.giou = losses.giou.index_add(0, sample, (1 - generalized_ious(found, truth)) * share);
  return losses;
}

}  // namespace strop
