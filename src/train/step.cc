#include "train/step.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "train/mix.h"

namespace strop {

using torch::Tensor;

Tensor row_losses(const Tensor& logits, const Tensor& labels, double label_smoothing) {
  const Tensor log_p = at::log_softmax(logits, 1);
  const Tensor own = -log_p.gather(1, labels.unsqueeze(1)).squeeze(1);
  return label_smoothing > 0 ? own * (1 - label_smoothing) - log_p.mean(1) * label_smoothing : own;
}

namespace {

// The state behind the last block; below `lowest_due` without a graph. What is mixed are pictures where the row begins
// with them, else the last block's inputs.
State forward(const Model& model, State state, std::size_t first, const Pass& pass, std::size_t lowest_due,
              const Mix& mix) {
  const std::size_t mixed = first == 0 && holds_pictures(state) ? 0 : model.size() - 1;
  for (std::size_t block = first; block < model.size(); ++block) {
    torch::AutoGradMode grad(block >= lowest_due);
    if (block == mixed) mix_samples(state, model.live_at(block), mix);
    model.forward(state, pass, block, block + 1);
  }
  return state;
}

// `factors`: of the labels' classes, or undefined; each label of a mixed row counts by its own.
Tensor mixed_losses(const Tensor& logits, const Tensor& labels, const Mix& mix, double smoothing,
                    const Tensor& factors) {
  const Tensor own = row_losses(logits, labels, smoothing);
  if (!mix.partner.defined()) return own;
  const Tensor other = row_losses(logits, labels.index_select(0, mix.partner), smoothing);
  if (!factors.defined()) return own * mix.share + other * (1 - mix.share);
  return own * factors * mix.share + other * factors.index_select(0, mix.partner) * (1 - mix.share);
}

// Losses are worked out on the CPU, wherever the network computes.
Tensor logits_of(const State& state) { return state.at("logits").to(torch::kCPU); }

// What the network as it was says of a batch: its detector's outputs alone, without a graph.
State answers_before(const MicroBatch& batch, const LossSettings& settings) {
  torch::NoGradGuard no_grad;
  const Model& model = *settings.before;
  State state = batch.state;
  Pass rest;
  rest.precision = settings.before_precision;
  model.forward(state, rest, batch.first, model.size());
  State answers;
  for (const auto& name : model.detector->outputs()) {
    if (state.has(name)) answers.set(name, state.at(name));
  }
  return answers;
}

}  // namespace

std::int64_t part_size(std::int64_t samples, std::int64_t tokens, std::int64_t micro_batch,
                       std::int64_t micro_batch_tokens) {
  const auto parts_of = [](std::int64_t whole, std::int64_t most) { return most > 0 ? (whole + most - 1) / most : 1; };
  const auto parts = std::max<std::int64_t>({1, parts_of(samples, micro_batch), parts_of(tokens, micro_batch_tokens)});
  return (samples + parts - 1) / parts;
}

void add_label(MicroBatch& batch, std::int32_t label, float weight) {
  batch.labels.push_back(std::max(label, 0));
  batch.weights.push_back(label < 0 ? 0 : weight);
}

StepResult run_step(const Model& model, MicroBatch batch, const Pass& pass, const LossSettings& settings,
                    std::size_t lowest_due, double normalizer, std::uint64_t mix_key) {
  const auto samples = static_cast<std::int64_t>(batch.labels.size());
  Tensor labels = torch::empty({samples}, torch::kLong);
  Tensor weights = torch::ones({samples}), factors;
  if (!settings.class_weights.empty()) factors = torch::ones({samples});
  for (std::int64_t i = 0; i < samples; ++i) {
    const auto label = batch.labels[static_cast<std::size_t>(i)];
    labels.data_ptr<std::int64_t>()[i] = label;
    weights.data_ptr<float>()[i] = batch.weights.empty() ? 1.0F : batch.weights[static_cast<std::size_t>(i)];
    if (factors.defined())
      factors.data_ptr<float>()[i] = static_cast<float>(settings.class_weights[static_cast<std::size_t>(label)]);
  }
  // Mixed with a row that counts nowhere, others would learn from it.
  const bool all_count = std::find(batch.weights.begin(), batch.weights.end(), 0.0F) == batch.weights.end();
  const Mix mix = all_count && !model.detector
                      ? draw_mix(batch.state, samples, settings.mixup_alpha, settings.cutmix_alpha, mix_key)
                      : Mix{};
  if (factors.defined() && !mix.partner.defined()) weights = weights * factors;
  Tensor losses;
  StepResult result;
  if (settings.rdrop_alpha > 0) {
    Pass other = pass;
    other.dropout_key = mix64(pass.dropout_key + 1);
    const Tensor first = logits_of(forward(model, batch.state, batch.first, pass, lowest_due, mix));
    const Tensor second = logits_of(forward(model, std::move(batch.state), batch.first, other, lowest_due, mix));
    result.passes_agree = at::equal(first, second);
    const Tensor p = at::log_softmax(first, 1), q = at::log_softmax(second, 1);
    const Tensor divergence = ((p.exp() - q.exp()) * (p - q)).sum(1);  // KL(p|q) + KL(q|p)
    losses = 0.5 * (mixed_losses(first, labels, mix, settings.label_smoothing, factors) +
                    mixed_losses(second, labels, mix, settings.label_smoothing, factors)) +
             0.5 * settings.rdrop_alpha * divergence;
  } else {
    const bool holds = settings.distill > 0 && settings.before != nullptr && model.detector;
    const State before =
        holds ? answers_before(batch, settings) : State();  // first: its room is free again for the graph
    const State end = forward(model, std::move(batch.state), batch.first, pass, lowest_due, mix);
    losses = model.detector ? model.detector->losses(end)
                            : mixed_losses(logits_of(end), labels, mix, settings.label_smoothing, factors);
    if (holds) {
      if (const Tensor moved = model.detector->distillations(end, before); moved.defined())
        losses = losses + settings.distill * moved;
    }
  }
  const Tensor total = (losses * weights).sum();
  if (std::isfinite(total.item<double>())) (total / normalizer).backward();
  result.loss = total.item<double>();
  const Tensor plain = losses.detach().contiguous();
  result.losses.assign(plain.const_data_ptr<float>(), plain.const_data_ptr<float>() + samples);
  return result;
}

}  // namespace strop
