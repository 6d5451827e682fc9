#include "tuning/head_init.h"

#include <torch/types.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/rng.h"

namespace strop {
namespace {

using torch::Tensor;

constexpr double kDeviation = 0.02;

struct Row {
  Tensor weight;  // d
  Tensor bias;    // scalar
  std::string origin;
};

std::optional<std::int64_t> place_of(const std::string& name, const std::vector<std::string>& names) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return found - names.begin();
}

bool shares_a_name(const PretrainedHead& head, const std::vector<std::string>& labels) {
  return std::any_of(labels.begin(), labels.end(), [&](const auto& name) { return place_of(name, head.labels); });
}

void check(const PretrainedHead& head, std::int64_t width) {
  if (head.weight.dim() != 2 || head.weight.size(1) != width) {
    fail(ErrorKind::model,
         "the pretrained head has shape {}, the model gives {} features; use head_init=closed_form or random, or the "
         "pooling that the head was trained on",
         c10::str(head.weight.sizes()), width);
  }
  const auto rows = head.weight.size(0);
  if (static_cast<std::int64_t>(head.labels.size()) != rows || (head.bias.defined() && head.bias.numel() != rows)) {
    fail(ErrorKind::model, "the pretrained head has {} rows, {} label names and {} biases; expected one of each a row",
         rows, head.labels.size(), head.bias.defined() ? head.bias.numel() : rows);
  }
}

// "0.71 positive + 0.29 neutral": the largest shares, at most three.
std::string mixture_text(const Tensor& shares, const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 3;
  const Tensor order = shares.argsort(0, /*descending=*/true);
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i) {
    const auto at = order[static_cast<std::int64_t>(i)].item<std::int64_t>();
    text += fmt::format("{}{:.2f} {}", i > 0 ? " + " : "", shares[at].item<double>(), names[at]);
  }
  return names.size() > kShown ? text + " + ..." : text;
}

class RowSource {
 public:
  RowSource(std::int64_t width, const std::optional<PretrainedHead>& pretrained,
            const std::optional<HeadData>& samples, std::uint64_t seed)
      : width_(width), pretrained_(pretrained), samples_(samples), seed_(seed) {
    if (!pretrained_) return;
    weight_ = pretrained_->weight.detach().cpu().to(torch::kFloat32);
    bias_ = pretrained_->bias.defined() ? pretrained_->bias.detach().cpu().to(torch::kFloat32)
                                        : torch::zeros(weight_.size(0));
  }

  Row random(std::int64_t row) const {
    Rng rng(seed_, RngUse::init, {static_cast<std::uint64_t>(row)});
    Tensor weight = torch::empty(width_);
    auto* values = weight.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < width_; ++i) values[i] = static_cast<float>(kDeviation * rng.normal());
    return {weight, torch::zeros({}), fmt::format("random, normal with deviation {}", kDeviation)};
  }

  Row pretrained(std::int64_t row, const std::string& name) const {
    if (const auto place = place_of(name, pretrained_->labels)) {
      return {weight_[*place], bias_[*place], "kept from the pretrained head"};
    }
    const Tensor own = samples_ ? samples_->labels.cpu().eq(row).nonzero().squeeze(1) : Tensor();
    if (own.defined() && own.numel() > 0) return mixture(samples_->features.cpu().index_select(0, own));
    Row row_made = random(row);
    row_made.origin += "; new to the pretrained head, and no samples to place it by";
    return row_made;
  }

 private:
  // The old rows by what the old head sees in these samples.
  Row mixture(const Tensor& features) const {
    const Tensor shares = torch::softmax(torch::addmm(bias_, features.to(torch::kFloat32), weight_.t()), 1).mean(0);
    return {torch::mv(weight_.t(), shares), bias_.dot(shares),
            fmt::format("new; {} of the pretrained head, by its predictions on {} samples",
                        mixture_text(shares, pretrained_->labels), features.size(0))};
  }

  std::int64_t width_;
  const std::optional<PretrainedHead>& pretrained_;
  const std::optional<HeadData>& samples_;
  std::uint64_t seed_;
  Tensor weight_, bias_;
};

}  // namespace

HeadInit init_head(const std::string& mode, const std::vector<std::string>& labels, std::int64_t width,
                   const std::optional<PretrainedHead>& pretrained, const std::optional<HeadData>& samples,
                   std::uint64_t seed) {
  torch::NoGradGuard no_grad;
  std::string chosen = mode;
  if (mode == "auto") chosen = pretrained && shares_a_name(*pretrained, labels) ? "pretrained" : "random";
  if (chosen != "pretrained" && chosen != "random") {
    fail(ErrorKind::usage, "head_init={}; expected auto, pretrained or random", mode);
  }
  if (chosen == "pretrained" && !pretrained) {
    fail(ErrorKind::usage, "head_init=pretrained, but the model comes without a head; use closed_form or random");
  }
  if (chosen == "pretrained") check(*pretrained, width);

  const RowSource source(width, pretrained, samples, seed);
  HeadInit result;
  result.weight = torch::empty({static_cast<std::int64_t>(labels.size()), width});
  result.bias = torch::empty(static_cast<std::int64_t>(labels.size()));
  for (std::int64_t row = 0; row < result.weight.size(0); ++row) {
    const std::string& name = labels[static_cast<std::size_t>(row)];
    const Row made = chosen == "pretrained" ? source.pretrained(row, name) : source.random(row);
    result.weight[row].copy_(made.weight);
    result.bias[row].copy_(made.bias);
    result.origin.push_back(fmt::format("{}: {}", name, made.origin));
  }
  return result;
}

}  // namespace strop
