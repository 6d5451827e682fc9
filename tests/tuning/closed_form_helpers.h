// Data for the tests of the head solvers, and the same fits done the long way.
#pragma once

#include <torch/types.h>

#include "core/rng.h"
#include "tuning/closed_form.h"

namespace strop {

using torch::Tensor;

inline Tensor normal_rows(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  Rng rng(seed, RngUse::init);
  Tensor result = torch::empty({rows, columns});
  for (std::int64_t i = 0; i < result.numel(); ++i) {
    result.view(-1).mutable_data_ptr<float>()[i] = static_cast<float>(rng.normal());
  }
  return result;
}

// Classes with means one deviation apart on the first features; features of different scale, off centre.
inline HeadData blobs(std::int64_t samples, std::int64_t features, std::int64_t classes, std::uint64_t seed) {
  HeadData data;
  data.classes = classes;
  data.labels = torch::arange(samples) * 7 % classes;
  data.features = normal_rows(samples, features, seed);
  for (std::int64_t i = 0; i < samples; ++i) data.features[i][data.labels[i].item<std::int64_t>() % features] += 1;
  data.features = data.features * torch::linspace(0.1, 3, features) + 5;
  return data;
}

// The data that tests/tuning/make_reference.py gives scikit-learn.
inline HeadData reference_data(std::int64_t samples, std::int64_t features, std::int64_t classes) {
  HeadData data{torch::empty({samples, features}), torch::empty(samples, torch::kInt64), classes, {}, {}};
  std::int64_t state = 12345;
  for (std::int64_t i = 0; i < samples; ++i) {
    const std::int64_t label = (i * i + i / 7) % classes;
    data.labels[i] = label;
    for (std::int64_t j = 0; j < features; ++j) {
      state = (1103515245 * state + 12345) % (std::int64_t{1} << 31);
      const std::int64_t whole = (state >> 8) % 2001 + (j % classes == label ? 600 : 0);
      data.features[i][j] = static_cast<double>(whole * (j + 1)) / 1000 + 3;
    }
  }
  return data;
}

inline Tensor weights_of(const HeadData& data) {
  return data.weights.defined() ? data.weights.to(torch::kFloat64)
                                : torch::ones(data.features.size(0), torch::kFloat64);
}

// Standardised features: weighted mean 0, weighted deviation 1; constant ones 0.
inline Tensor standardised(const HeadData& data) {
  const Tensor shares = (weights_of(data) / weights_of(data).sum()).unsqueeze(1);
  const Tensor centred = data.features.to(torch::kFloat64) - (data.features.to(torch::kFloat64) * shares).sum(0);
  const Tensor deviation = (centred.square() * shares).sum(0).sqrt();
  return torch::where(deviation.gt(1e-6), centred / deviation, torch::zeros_like(centred));
}

inline Tensor targets(const HeadData& data) { return torch::one_hot(data.labels, data.classes).to(torch::kFloat64); }

// Weighted ridge with a free intercept, as a bordered system of normal equations; its predictions for all rows.
inline Tensor plain_ridge(const Tensor& rows, const Tensor& y, const Tensor& weights, double penalty) {
  const Tensor bordered = torch::cat({rows, torch::ones({rows.size(0), 1}, torch::kFloat64)}, 1);
  Tensor ridge = torch::full(bordered.size(1), penalty, torch::kFloat64);
  ridge[-1] = 0;
  const Tensor weighted = bordered * weights.unsqueeze(1);
  return bordered.mm(torch::linalg_solve(weighted.t().mm(bordered) + torch::diag(ridge), weighted.t().mm(y)));
}

// One fit for each group that is left out.
inline Tensor plain_leave_out(const HeadData& data, double penalty) {
  const Tensor groups = data.groups.defined() ? data.groups : torch::arange(data.features.size(0));
  const Tensor rows = standardised(data), y = targets(data);
  Tensor result = torch::empty_like(y);
  for (std::int64_t i = 0; i < groups.size(0); ++i) {
    const Tensor weights = weights_of(data).masked_fill(groups.eq(groups[i]), 0);
    result[i] = plain_ridge(rows, y, weights, penalty)[i];
  }
  return result;
}

inline double largest_gap(const Tensor& a, const Tensor& b) {
  return (a.to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max().item<double>();
}

inline double cross_entropy(const Tensor& logits, const Tensor& labels) {
  return at::cross_entropy_loss(logits.to(torch::kFloat64), labels).item<double>();
}

inline double share_right(const Tensor& logits, const Tensor& labels) {
  return logits.argmax(1).eq(labels).to(torch::kFloat64).mean().item<double>();
}

}  // namespace strop
