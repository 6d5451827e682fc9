// One optimizer step of the trainer: which blocks are due, micro-batches, clip, update, log.
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"
#include "nn/device.h"
#include "train/schedule.h"
#include "train/stage_run.h"
#include "train/trained_state.h"

namespace strop {

double Trainer::begin_step(const StageRun& run, std::size_t batches) {
  const Stage& stage = run.stage;
  if (replay_) {
    const auto& step = replay_->at(progress_.global_step + 1);
    if (step.stage != stage.name || step.data_rate != run.data_rate) {
      fail(
          ErrorKind::data,
          "replay: step {} was in stage {} with {} of the samples; it is now in stage {} with {}: the data or the plan "
          "are not those of {}",
          progress_.global_step + 1, step.stage, step.data_rate, stage.name, run.data_rate, plan_.options.replay);
    }
    progress_.micro_batch = step.micro_batch;
    return step.learning_rate;
  }
  // Progress at this step's middle: the first rate is above zero, and zero is reached exactly at the planned end.
  double at = std::max(stage_progress(run), 1e-3);
  if (stage.seconds <= 0 && stage.max_steps > 0)
    at = static_cast<double>(progress_.stage_step + 1) / static_cast<double>(stage.max_steps + 1);
  else if (stage.seconds <= 0)  // the step's own batches count as done already
    at -= 0.5 * static_cast<double>(batches) / (run.batches_in_epoch * stage.epochs);
  return stage.learning_rate * schedule_factor(plan_.options.lr_scheduler_type, at, plan_.options.warmup_ratio);
}

void Trainer::train_step(StageRun& run, const std::vector<Batch>& batches) {
  const auto& options = plan_.options;
  const double rate = begin_step(run, batches.size());
  ++progress_.stage_step;
  ++progress_.global_step;
  const auto due = run.due.at(progress_.stage_step);
  for (const auto& block : run.due.leaving(progress_.stage_step)) run.optimizer.drop_state(block);
  std::size_t lowest = model_.size();
  for (const auto& one : run.optimizer.tensors()) {
    torch::Tensor leaf = one.tensor;
    const bool now = due.count(one.block) != 0;
    leaf.requires_grad_(now);
    if (now) lowest = std::min(lowest, model_.index_of(one.block));
  }
  double total = 0, loss = 0, norm = 0;
  for (const auto& batch : batches) total += static_cast<double>(batch.samples.size());
  if (lowest < model_.size()) {
    std::uint64_t part = 0;
    for (const auto& batch : batches) {
      const auto count = static_cast<std::int64_t>(batch.samples.size());
      std::int64_t tokens = 0;
      for (const auto sample : batch.samples) tokens += run.train->lengths()[static_cast<std::size_t>(sample)];
      run.tokens_since_log += tokens;
      const auto most = part_size(count, tokens, progress_.micro_batch, plan_.micro_batch_tokens);
      for (std::int64_t first = 0; first < count; first += most, ++part) {
        const auto size = static_cast<std::size_t>(std::min(most, count - first));
        const auto samples = std::span(batch.samples).subspan(static_cast<std::size_t>(first), size);
        MicroBatch micro{run.train->make(samples, view_of(run)), run.train->first_block(), {}, {}};
        for (std::size_t i = 0; i < size; ++i) {
          add_label(micro, run.train->labels()[static_cast<std::size_t>(samples[i])],
                    batch.weights[static_cast<std::size_t>(first) + i]);
        }
        Pass pass;
        pass.training = true;
        pass.precision = run.precision;
        pass.dropout = options.dropout;
        pass.patch_dropout = options.patch_dropout;
        pass.dropout_key = Rng(static_cast<std::uint64_t>(options.seed), RngUse::dropout,
                               {static_cast<std::uint64_t>(progress_.global_step), part})
                               .next();
        const auto result = run_step(model_, std::move(micro), pass, run.loss, lowest, total, pass.dropout_key);
        loss += result.loss;
        if (result.passes_agree && progress_.stage_step == 1 && part == 0) {
          log_warning(
              "augment=rdrop: both passes of a batch give the same, for nothing above the cut ({}) drops out: it "
              "costs a second pass and changes nothing; set dropout above 0",
              run.stage.cut);
        }
        for (std::size_t i = 0; i < size; ++i) run.sampler.record(samples[i], result.losses[i]);
      }
    }
    loss /= total;
    if (!std::isfinite(loss)) {
      if (progress_.global_step == 1) refuse_bad_weights(model_);
      const auto last = newest_checkpoint(folder_);
      fail(ErrorKind::usage,
           "the loss is {} at step {} (stage {}, learning rate {:.3g}); expected a finite number. Lower learning_rate{}"
           "{}",
           std::abs(loss), progress_.global_step, run.stage.name, rate,
           plan_.precision == "fp32" ? "" : " or set precision=fp32",
           last ? "; the last good state is " + last->string() : "");
    }
    norm = run.optimizer.clip(options.max_grad_norm);
    run.optimizer.step(rate);
    torch::NoGradGuard no_grad;
    for (const auto& one : run.optimizer.tensors()) {
      if (const auto average = run.ema.find(one.name); average != run.ema.end())
        average->second.lerp_(one.tensor.detach(), 1 - options.ema);
    }
  }
  progress_.samples += static_cast<std::int64_t>(total);
  progress_.loss_sum += loss;
  advance_clock(run);
  log_step(run, loss, rate, norm);
  halve_if_near_limit();
}

void Trainer::halve_if_near_limit() {
  const auto& options = plan_.options;
  if (options.memory.empty() || replay_ || progress_.micro_batch <= 1) return;
  const bool may_halve =
      std::find(plan_.fallbacks.begin(), plan_.fallbacks.end(), kHalveBatch) != plan_.fallbacks.end();
  const auto limit = static_cast<double>(parse_bytes(options.memory, "memory"));
  if (may_halve && static_cast<double>(peak_bytes(model_.device())) > 0.92 * limit &&
      static_cast<double>(bytes_in_use(model_.device())) > 0.8 * limit) {
    progress_.micro_batch = (progress_.micro_batch + 1) / 2;
    trim_memory();
    log_warning("memory is at {} of {}: {} samples at a time from now on ({})",
                human_bytes(static_cast<double>(bytes_in_use(model_.device()))), options.memory, progress_.micro_batch,
                model_.detector ? "the same batch; a detector's loss is over the boxes of each part"
                                : "the same batch, the same gradient");
  }
}

void Trainer::log_step(StageRun& run, double loss, double rate, double norm) {
  progress_.loss_since_log += loss;
  ++progress_.steps_since_log;
  const bool due =
      progress_.stage_step == 1 || progress_.global_step % plan_.options.logging_steps == 0 || logs_every_step(plan_);
  if (!due) return;
  const double seconds = run.since_log.seconds();
  LogLine line;
  line.current_steps = progress_.global_step;
  line.total_steps = planned_steps();
  line.stage = run.stage.name;
  line.epoch = static_cast<double>(progress_.first_epoch + progress_.epoch) +
               static_cast<double>(progress_.batch) / run.batches_in_epoch;
  line.loss = progress_.loss_since_log / static_cast<double>(progress_.steps_since_log);
  line.learning_rate = rate;
  line.grad_norm = norm;
  if (seconds > 0) {
    line.samples_per_second = static_cast<double>(progress_.samples - run.samples_at_log) / seconds;
    line.tokens_per_second = static_cast<double>(run.tokens_since_log) / seconds;
  }
  line.resident_bytes = bytes_in_use(model_.device());
  line.elapsed_time = progress_.elapsed;
  line.remaining_time = remaining_seconds(run);
  line.data_rate = run.data_rate;
  line.micro_batch = progress_.micro_batch;
  log_->write(line);
  console_.show(line);
  run.since_log = Stopwatch();
  run.samples_at_log = progress_.samples;
  run.tokens_since_log = progress_.steps_since_log = 0;
  progress_.loss_since_log = 0;
}

}  // namespace strop
