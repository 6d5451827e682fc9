#include "train/sweep.h"

#include <torch/types.h>

#include <array>
#include <cmath>
#include <limits>
#include <span>

#include "core/interrupt.h"
#include "core/log.h"
#include "train/prefix_source.h"
#include "train/trained_state.h"

namespace strop {
namespace {

constexpr std::array kFactors = {0.25, 0.5, 1.0, 2.0, 4.0};
constexpr std::size_t kSteps = 20;  // of each rate: 100 in all

}  // namespace

double sweep_rate_factor(Model& model, const Plan& plan, const TrainData& data) {
  const auto stage =
      std::find_if(plan.stages.begin(), plan.stages.end(), [](const Stage& one) { return one.solver == "gradient"; });
  if (stage == plan.stages.end()) return 1;
  const auto& options = plan.options;
  const auto trained = apply_stage(model, *stage, options);
  const auto start = copy_tensors(model, open_tensors(model));
  const auto precision = number_type(plan.precision);
  const auto cut = model.index_of(stage->cut);
  PrefixSource source(*data.train, model, cut, number_type(plan.prefix_precision));
  const auto batches = Sampler(sampler_config(options), data.train->labels(), data.train->lengths()).epoch_batches(0);
  std::size_t lowest = model.size();
  for (const auto& one : trained) lowest = std::min(lowest, model.index_of(one.block));

  double best_factor = 1, best_loss = std::numeric_limits<double>::infinity();
  for (const double factor : kFactors) {
    write_tensors(model, start);
    Optimizer optimizer(options, trained);
    double loss = 0, counted = 0;
    for (std::size_t step = 0; step < kSteps; ++step) {
      throw_if_interrupted();
      const auto& batch = batches[step % batches.size()];
      Pass pass;
      pass.training = true;
      pass.precision = precision;
      pass.dropout = options.dropout;
      pass.dropout_key = Rng(static_cast<std::uint64_t>(options.seed), RngUse::probe, {step}).next();
      const auto samples = static_cast<double>(batch.samples.size());
      double own = 0;
      std::int64_t tokens = 0;
      for (const auto sample : batch.samples) tokens += data.train->lengths()[static_cast<std::size_t>(sample)];
      const auto most = static_cast<std::size_t>(part_size(static_cast<std::int64_t>(batch.samples.size()), tokens,
                                                           plan.micro_batch, plan.micro_batch_tokens));
      for (std::size_t first = 0; first < batch.samples.size(); first += most) {
        const auto part = std::span(batch.samples).subspan(first, std::min(most, batch.samples.size() - first));
        MicroBatch micro{source.make(part, 0), source.first_block(), {}, {}};
        for (const auto sample : part) add_label(micro, source.labels()[static_cast<std::size_t>(sample)]);
        own += run_step(model, std::move(micro), pass, {}, lowest, samples, 0).loss;
      }
      if (step >= kSteps / 2) {
        loss += std::isfinite(own) ? own : 1e9;
        counted += samples;
      }
      optimizer.clip(options.max_grad_norm);
      const double warm = std::min(1.0, static_cast<double>(step + 1) / 4);
      optimizer.step(factor * stage->learning_rate * warm);
    }
    log_info("learning rate {:.3g}: loss {:.4f} after {} steps", factor * stage->learning_rate, loss / counted, kSteps);
    if (loss / counted < best_loss) {
      best_loss = loss / counted;
      best_factor = factor;
    }
  }
  write_tensors(model, start);
  freeze(model);
  return best_factor;
}

}  // namespace strop
