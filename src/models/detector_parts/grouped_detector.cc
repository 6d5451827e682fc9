#include "models/detector_parts/grouped_detector.h"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include <algorithm>
#include <stdexcept>

#include "models/detector_parts/class_groups.h"

namespace strop {

using torch::Tensor;

namespace {

// Assignment, losses and boxes are worked out on the CPU, wherever the network computes.
Tensor on_cpu(const State& state, const std::string& name) { return state.at(name).to(torch::kCPU, torch::kFloat); }

}  // namespace

std::vector<GroupBox> boxes_of_group(const Tensor& targets, const std::vector<std::int32_t>& labels) {
  std::vector<GroupBox> boxes;
  const float* row = targets.const_data_ptr<float>();
  for (std::int64_t sample = 0; sample < targets.size(0); ++sample) {
    for (std::int64_t i = 0; i < targets.size(1); ++i, row += 5) {
      const auto place = std::find(labels.begin(), labels.end(), static_cast<std::int32_t>(row[0]));
      if (row[0] >= 0 && place != labels.end())
        boxes.push_back({sample, place - labels.begin(), row[1], row[2], row[3], row[4]});
    }
  }
  return boxes;
}

std::vector<std::string> GroupedDetector::outputs() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < groups_.size(); ++i) names.push_back(group_output(i));
  return names;
}

std::vector<std::vector<FoundBox>> GroupedDetector::decode(const State& state, const DecodeSettings& settings) const {
  torch::NoGradGuard no_grad;
  const auto samples = state.at(group_output(0)).size(0);
  std::vector<std::vector<FoundBox>> all(static_cast<std::size_t>(samples));
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    const Tensor outputs = on_cpu(state, group_output(group)).detach().contiguous();
    at::parallel_for(0, samples, 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto i = begin; i < end; ++i) {
        for (auto box : found(outputs.select(0, i), state, settings)) {
          box.label = groups_[group][static_cast<std::size_t>(box.label)];
          all[static_cast<std::size_t>(i)].push_back(box);
        }
      }
    });
  }
  return all;
}

void GroupedDetector::export_to(onnx::Graph& graph, std::int64_t side) const {
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    const auto name = group_output(group);
    const auto behind = name.substr(name.find('.') == std::string::npos ? name.size() : name.find('.'));
    graph.enter("decode" + behind);
    const auto classes = static_cast<std::int64_t>(groups_[group].size());
    const auto decoded = exported(graph, graph.at(name), side, classes);
    graph.set("boxes" + behind, decoded.boxes);
    graph.set("scores" + behind, decoded.scores);
    graph.output("boxes" + behind, {onnx::kBatch, decoded.count, 4});
    graph.output("scores" + behind, {onnx::kBatch, decoded.count, classes});
  }
}

Tensor GroupedDetector::losses(const State& state) const {
  const Tensor targets = state.at(kTargets).to(torch::kFloat).contiguous();
  Tensor sum;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    const auto name = group_output(group);
    if (!state.has(name) || (torch::GradMode::is_enabled() && !state.at(name).requires_grad())) continue;
    const Tensor own = group_losses(on_cpu(state, name), state, boxes_of_group(targets, groups_[group]));
    sum = sum.defined() ? sum + own : own;
  }
  if (!sum.defined()) throw std::logic_error("a detector's losses were asked for where no group trains");
  return sum;
}

Tensor GroupedDetector::distillations(const State& state, const State& before) const {
  Tensor sum;
  for (std::size_t group = 0; group + 1 < groups_.size(); ++group) {
    const auto name = group_output(group);
    if (!state.has(name) || !before.has(name) || (torch::GradMode::is_enabled() && !state.at(name).requires_grad()))
      continue;
    const Tensor own = group_distillations(on_cpu(state, name), on_cpu(before, name));
    sum = sum.defined() ? sum + own : own;
  }
  return sum;
}

}  // namespace strop
