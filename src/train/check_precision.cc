#include "train/check_precision.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "core/text.h"

namespace strop {
namespace {

using torch::Tensor;

constexpr std::size_t kRows = 256;

State behind_prefix(const Model& model, State state, std::size_t first, std::size_t cut, torch::ScalarType precision) {
  Pass pass;
  pass.precision = precision;
  model.forward(state, pass, first, cut);
  return state;
}

Tensor best_classes(const Model& model, State state, std::size_t cut) {
  model.forward(state, Pass{}, cut, model.size());
  return state.at("logits").argmax(1);
}

double squares(const Tensor& x) { return x.to(torch::kDouble).square().sum().item<double>(); }

}  // namespace

std::string PrecisionCheck::text() const {
  auto line = fmt::format("{}: on {} rows the frozen features in bf16 are {:.2g} % off (at most 1 %)",
                          safe() ? "bf16" : "fp32", samples, 100 * feature_error);
  if (agreement < 1) line += fmt::format(", {:.1f} % of the answers are the same (at least 99.5 %)", 100 * agreement);
  return line;
}

PrecisionCheck check_precision(const Model& model, BatchSource& source, std::size_t cut, bool asks_classes) {
  torch::NoGradGuard no_grad;
  // Spread over data that may be sorted.
  BatchSource::Samples rows(std::min(kRows, source.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i * source.size() / rows.size());
  const auto step = static_cast<std::size_t>(source.rows_at_once());
  const auto live = model.live_at(cut, /*losses=*/true);
  double error = 0, size = 0;
  std::int64_t same = 0;
  for (std::size_t at = 0; at < rows.size(); at += step) {
    const auto part = std::span(rows).subspan(at, std::min(step, rows.size() - at));
    const State inputs = source.make(part, 0);
    const auto first = source.first_block();
    const State exact = behind_prefix(model, inputs, first, cut, torch::kFloat);
    const State near = behind_prefix(model, inputs, first, cut, torch::kBFloat16);
    for (const auto& port : live) {
      const Tensor& expected = exact.at(port.name);
      if (!expected.is_floating_point()) continue;
      error += squares(near.at(port.name).to(torch::kFloat) - expected);
      size += squares(expected);
    }
    if (asks_classes)
      same += best_classes(model, exact, cut).eq(best_classes(model, near, cut)).sum().item<std::int64_t>();
  }
  PrecisionCheck check;
  check.samples = static_cast<std::int64_t>(rows.size());
  check.feature_error = size > 0 ? std::sqrt(error / size) : 0;
  if (asks_classes && !rows.empty()) check.agreement = static_cast<double>(same) / static_cast<double>(rows.size());
  return check;
}

}  // namespace strop
