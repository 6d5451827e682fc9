#include "train/trainer.h"

#include <torch/types.h>

#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"
#include "data/augment_plan.h"
#include "nn/device.h"
#include "planner/kept_views.h"
#include "train/estimate_norms.h"
#include "train/evaluate.h"
#include "train/prefix_source.h"
#include "train/stage_run.h"
#include "train/trained_state.h"
#include "tuning/apply.h"
#include "tuning/closed_form.h"
#include "tuning/method.h"

namespace strop {

using torch::Tensor;

LossSettings loss_settings(const Plan& plan, const TrainData& data) {
  const auto& options = plan.options;
  const AugmentPlan augment = parse_augment(options.augment);
  return {options.label_smoothing_factor,
          data.class_weights,
          augment.mixup ? options.mixup_alpha : 0,
          augment.rdrop ? options.rdrop_alpha : 0,
          augment.cutmix ? options.cutmix_alpha : 0,
          options.distill,
          data.before,
          number_type(plan.prefix_precision)};
}

Trainer::Trainer(Model& model, const Plan& plan, TrainData data, std::filesystem::path folder, Console& console)
    : model_(model), plan_(plan), data_(std::move(data)), folder_(std::move(folder)), console_(console) {
  progress_.micro_batch = plan.micro_batch > 0 ? plan.micro_batch : plan.options.per_device_train_batch_size;
  if (!plan.options.replay.empty()) replay_.emplace(plan.options.replay);
}

void Trainer::run(std::optional<Checkpoint> resume) {
  const auto rows = static_cast<std::int64_t>(data_.train->size());
  if (resume) {
    if (resume->progress.rows != rows) {
      fail(ErrorKind::usage,
           "resume: the run was begun on {} rows to train on, and now there are {}: which of them a step takes follows "
           "from their number; put back what went (skipped.txt may tell), or begin anew with another --out",
           resume->progress.rows, rows);
    }
    progress_ = resume->progress;
    for (std::int64_t i = 0; i < progress_.stage; ++i) open(plan_.stages.at(static_cast<std::size_t>(i)));
    for (const auto& [key, tensor] : resume->tensors) {
      if (key.starts_with("best/")) best_[key.substr(5)] = tensor;
    }
    std::erase_if(resume->tensors, [](const auto& one) { return one.first.starts_with("best/"); });
  }
  progress_.rows = rows;
  log_ = std::make_unique<RunLog>(folder_, progress_.global_step);
  const auto stages = static_cast<std::int64_t>(plan_.stages.size());
  for (; progress_.stage < stages; ++progress_.stage) {
    const auto& stage = plan_.stages[static_cast<std::size_t>(progress_.stage)];
    auto checkpoint = std::exchange(resume, std::nullopt);  // of the first stage alone
    if (stage.solver == "gradient") run_gradient(stage, std::move(checkpoint));
    else run_closed_form(stage);
    trim_memory();
  }
  freeze(model_);
  const bool better_before = progress_.best_step >= 0 && progress_.best_step != progress_.global_step;
  if (plan_.options.load_best_model_at_end && better_before) {
    write_tensors(model_, best_);
    log_info("kept the weights of step {}, the best by {}", progress_.best_step, plan_.options.metric_for_best_model);
  }
  console_.finish();
}

void Trainer::open(const Stage& stage) {
  apply_stage(model_, stage, plan_.options);
  changed_.merge(open_tensors(model_));
  // What opens now was at its stored value when the best so far was kept.
  if (!best_.empty()) best_.merge(copy_tensors(model_, changed_));
}

bool Trainer::caches(const Stage& stage) const {
  return plan_.options.cache != "none" && prefix_costs(model_, model_.index_of(stage.cut));
}

Trainer::Sources Trainer::sources_of(const Stage& stage) const {
  const auto& options = plan_.options;
  const auto behind_prefix = [&](BatchSource& source, std::int64_t views, bool losses) {
    const PrefixCache kept{views == 0 || !caches(stage) ? CacheKind::none
                           : options.cache == "disk"    ? CacheKind::disk
                                                        : CacheKind::ram,
                           views, parse_bytes(options.cache_limit, "cache_limit"),
                           options.cache_dir.empty() ? folder_ : std::filesystem::path(options.cache_dir)};
    return std::make_unique<PrefixSource>(source, model_, model_.index_of(stage.cut),
                                          number_type(plan_.prefix_precision), kept, losses);
  };
  const auto views = kept_views(plan_, stage, static_cast<double>(data_.train->size()));
  Sources sources{behind_prefix(*data_.train, views, true), nullptr};
  if (data_.validation != nullptr) sources.validation = behind_prefix(*data_.validation, 1, false);
  return sources;
}

namespace {

// On-disk names and values. Where the answer is the mean of several classifiers, each reads a part of the features, the
// last layer the first part.
std::map<std::string, Tensor> head_tensors(const Block& block, const LinearHead& head) {
  std::map<std::string, Tensor> tensors;
  const auto& layers = block.layers();
  const auto count = static_cast<std::int64_t>(layers.size());
  std::int64_t column = 0;
  for (auto at = layers.rbegin(); at != layers.rend(); ++at) {
    const auto width = at->second->shape()[1];
    tensors[at->first + ".weight"] = head.weight.narrow(1, column, width) * count;
    tensors[at->first + ".bias"] = head.bias;
    column += width;
  }
  return tensors;
}

}  // namespace

void Trainer::run_closed_form(const Stage& stage) {
  const Stopwatch watch;
  freeze(model_);
  const auto last = model_.size() - 1;
  const Stage* const next = stage_filled_by(plan_, stage);
  if (next != nullptr && caches(*next)) filled_ = sources_of(*next);
  BatchSource& inputs = filled_.train ? *filled_.train : *data_.train;
  const auto precision = number_type(plan_.prefix_precision);
  PrefixSource source(inputs, model_, last, precision);
  const auto live = model_.live_at(last);
  if (live.size() != 1 || live[0].rows != Rows::sample) {
    fail(ErrorKind::usage, "head_solver {}: this {} model's head reads more than one row a sample; use head_solver=sgd",
         stage.solver, model_.family());
  }
  const auto samples = static_cast<std::int64_t>(source.size());
  const auto views = inputs.views();
  const auto batches = batches_in_order(source.size(), source.rows_at_once());
  std::vector<Tensor> features;
  std::vector<std::int64_t> order(source.size()), labels, groups;
  for (std::int64_t i = 0; i < samples; ++i) order[static_cast<std::size_t>(i)] = i;
  for (std::int64_t view = 0; view < views; ++view) {
    source.prefetch(batches, view);
    for (const auto& batch : batches) {
      throw_if_interrupted();  // nothing to save yet: the stage begins anew on resume
      features.push_back(source.make(batch, view).at(live[0].name).to(torch::kCPU, torch::kFloat));
    }
    labels.insert(labels.end(), source.labels().begin(), source.labels().end());
    if (data_.groups.empty()) groups.insert(groups.end(), order.begin(), order.end());
    else groups.insert(groups.end(), data_.groups.begin(), data_.groups.end());
  }
  const Tensor all = at::cat(features, 0);
  features.clear();
  HeadData data{all,
                torch::tensor(labels, torch::kLong),
                static_cast<std::int64_t>(model_.label_names.size()),
                {},
                torch::tensor(groups, torch::kLong)};
  if (const Tensor good = data.labels.ge(0).nonzero().squeeze(1); good.numel() < data.labels.numel()) {
    for (auto* rows : {&data.features, &data.labels, &data.groups}) *rows = rows->index_select(0, good);
  }
  if (!data.features.isfinite().all().item<bool>()) refuse_bad_weights(model_);
  if (!data_.class_weights.empty()) {
    data.weights = torch::tensor(data_.class_weights, torch::kDouble).index_select(0, data.labels);
  }
  const LinearHead head = solve_head(stage.solver, data);
  open(stage);
  write_tensors(model_, head_tensors(model_.block(last), head));
  freeze(model_);
  log_info("{}: {} on {} rows, left-out accuracy {:.2f} %, penalty {:.3g}, {:.1f} s", stage.name, head.solver,
           data.labels.numel(), 100 * head.loo_accuracy, head.penalty, watch.seconds());
  progress_.samples += data.labels.numel();
  if (data_.validation != nullptr) {
    PrefixSource validation(filled_.validation ? *filled_.validation : *data_.validation, model_, last, precision);
    measure(validation, torch::kFloat, stage, 0);
  }
  progress_.elapsed += watch.seconds();
}

void Trainer::run_gradient(const Stage& stage, std::optional<Checkpoint> resume) {
  const auto& options = plan_.options;
  open(stage);
  // The best so far was measured without what now stands in.
  if (!resume && !find_method(stage.method).starts_neutral) {
    progress_.best_step = -1;
    best_.clear();
  }
  if (resume) {
    std::map<std::string, Tensor> tensors;
    for (const auto& [key, tensor] : resume->tensors) {
      if (key.starts_with("model/")) tensors[key.substr(6)] = tensor;
    }
    write_tensors(model_, tensors);
  }
  Sources sources = filled_.train ? std::exchange(filled_, {}) : sources_of(stage);
  StageRun run{.stage = stage,
               .train = std::move(sources.train),
               .validation = std::move(sources.validation),
               .sampler = Sampler(sampler_config(options), data_.train->labels(), data_.train->lengths()),
               .optimizer = Optimizer(options, trained_tensors(model_, stage)),
               .due = DueBlocks(model_, stage, options),
               .loss = loss_settings(plan_, data_),
               .precision = number_type(plan_.precision),
               .ema = {}};
  if (const auto count = estimate_norms(model_, *run.train); count > 0) {
    log_info("model: {} folded batch norms took their statistics from some training pictures", count);
  }
  if (options.ema > 0) {
    for (const auto& one : run.optimizer.tensors()) run.ema[one.name] = one.tensor.detach().clone();
  }
  if (resume) {
    std::map<std::string, Tensor> slots;
    for (const auto& [key, tensor] : resume->tensors) {
      if (key.starts_with("optimizer/")) slots[key.substr(10)] = tensor;
      if (key.starts_with("ema/")) run.ema[key.substr(4)] = copied_to(tensor, model_.device());
    }
    run.optimizer.restore(slots);
    if (!resume->infobatch.now.empty()) run.sampler.restore(resume->infobatch);
    resume.reset();  // copied from: all of it would stand in memory beside what trains
  }
  run.samples_at_log = progress_.samples;
  run.elapsed_before = progress_.stage_elapsed;
  bool done = false;  // no checkpoint is written of a stage that is
  const auto per_step = static_cast<std::size_t>(options.gradient_accumulation_steps);
  while (!done) {
    const auto epoch = progress_.first_epoch + progress_.epoch;
    if (progress_.batch == 0) run.sampler.begin_epoch(epoch);
    const auto batches = run.sampler.epoch_batches(epoch);
    run.batches_in_epoch = static_cast<double>(std::max<std::size_t>(1, batches.size()));
    double samples = 0;
    for (const auto& batch : batches) samples += static_cast<double>(batch.samples.size());
    run.data_rate = samples / static_cast<double>(run.train->size());
    std::int64_t announced = 0;
    while (!done && progress_.batch < static_cast<std::int64_t>(batches.size())) {
      if (interrupted()) {
        save(run);
        console_.finish();
        fail(ErrorKind::interrupted, "interrupted at step {}", progress_.global_step);
      }
      if (progress_.batch >= announced) announced = announce(run, batches);
      const auto first = static_cast<std::size_t>(progress_.batch), last = std::min(batches.size(), first + per_step);
      progress_.batch = static_cast<std::int64_t>(last);
      train_step(run, {batches.begin() + static_cast<std::ptrdiff_t>(first),
                       batches.begin() + static_cast<std::ptrdiff_t>(last)});
      const bool epoch_ends = progress_.batch == static_cast<std::int64_t>(batches.size());
      if (epoch_ends) {
        ++progress_.epoch;
        progress_.batch = 0;
      }
      done = replay_ ? replay_->ends_stage(progress_.global_step) : stage_progress(run) >= 1;
      const bool due = evaluation_due(run, epoch_ends);
      if (done || due) done = evaluate(run) || done;
      if (stage.seconds > 0 && !replay_) done = done || stage_progress(run) >= 1;  // the evaluation takes time, too
      if (!done && (due || (options.save_steps > 0 && progress_.global_step % options.save_steps == 0))) save(run);
      if (epoch_ends || due) trim_memory();  // else what lives for long ends up between what does not, and pages stay
      if (epoch_ends) break;
    }
  }
  if (!run.ema.empty()) write_tensors(model_, run.ema);
  for (const auto& one : run.optimizer.tensors()) {
    Tensor leaf = one.tensor;
    leaf.requires_grad_(false);
  }
  progress_.first_epoch += progress_.epoch + (progress_.batch > 0 ? 1 : 0);
  progress_.epochs +=
      static_cast<double>(progress_.epoch) + static_cast<double>(progress_.batch) / run.batches_in_epoch;
  progress_.epoch = progress_.batch = progress_.stage_step = progress_.steps_since_log = 0;
  progress_.evaluations_without_gain = 0;  // what the next stage trains has its own patience
  progress_.stage_elapsed = progress_.loss_since_log = 0;
}

// What train_step will ask for in the rest of the epoch, or as long as inputs keep their size.
std::int64_t Trainer::announce(StageRun& run, const std::vector<Batch>& batches) const {
  auto end = static_cast<std::int64_t>(batches.size());
  if (const auto alike = run.train->steps_alike(); alike > 0) {
    const auto steps = alike - progress_.global_step % alike;
    end = std::min(end, progress_.batch + steps * plan_.options.gradient_accumulation_steps);
    run.train->begin_steps(progress_.global_step);
  }
  std::vector<BatchSource::Samples> parts;
  for (auto at = static_cast<std::size_t>(progress_.batch); at < static_cast<std::size_t>(end); ++at) {
    const auto& samples = batches[at].samples;
    std::int64_t tokens = 0;
    for (const auto sample : samples) tokens += run.train->lengths()[static_cast<std::size_t>(sample)];
    const auto step = static_cast<std::size_t>(
        part_size(static_cast<std::int64_t>(samples.size()), tokens, progress_.micro_batch, plan_.micro_batch_tokens));
    for (std::size_t first = 0; first < samples.size(); first += step) {
      const auto begin = samples.begin() + static_cast<std::ptrdiff_t>(first);
      parts.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(std::min(step, samples.size() - first)));
    }
  }
  run.train->prefetch(std::move(parts), view_of(run));
  return end;
}

std::int64_t Trainer::view_of(const StageRun& run) const {
  return (progress_.first_epoch + progress_.epoch) % run.train->views();
}

bool Trainer::evaluation_due(const StageRun& run, bool epoch_ends) const {
  if (replay_) return replay_->evaluated(progress_.global_step);
  // One that would outlast the stage's time is left to the one at its end.
  const double limit = run.stage.seconds;
  if (limit > 0 && progress_.stage_elapsed + run.evaluation_seconds > limit) return false;
  const auto& options = plan_.options;
  if (options.eval_strategy == "steps") return options.eval_steps > 0 && progress_.stage_step % options.eval_steps == 0;
  return options.eval_strategy == "epoch" && epoch_ends;
}

void Trainer::advance_clock(const StageRun& run) {
  const double now = run.elapsed_before + run.since_begin.seconds();
  progress_.elapsed += now - progress_.stage_elapsed;
  progress_.stage_elapsed = now;
}

double Trainer::stage_progress(const StageRun& run) const {
  const Stage& stage = run.stage;
  if (stage.seconds > 0) return progress_.stage_elapsed / stage.seconds;
  if (stage.max_steps > 0) return static_cast<double>(progress_.stage_step) / static_cast<double>(stage.max_steps);
  return (static_cast<double>(progress_.epoch) + static_cast<double>(progress_.batch) / run.batches_in_epoch) /
         stage.epochs;
}

std::int64_t Trainer::planned_steps() const {
  std::int64_t steps = 0;
  for (const auto& stage : plan_.stages) {
    if (stage.solver != "gradient") continue;
    if (stage.max_steps == 0) return 0;
    steps += stage.max_steps;
  }
  return steps;
}

double Trainer::remaining_seconds(const StageRun& run) const {
  const double done = stage_progress(run);
  if (done <= 0 || progress_.stage_step == 0) return std::nan("");
  double seconds = std::max(0.0, progress_.stage_elapsed * (1 - done) / done);
  const double a_step = progress_.stage_elapsed / static_cast<double>(progress_.stage_step);
  for (auto at = static_cast<std::size_t>(progress_.stage) + 1; at < plan_.stages.size(); ++at) {
    const auto& later = plan_.stages[at];
    const double steps = later.epochs > 0 ? later.epochs * run.batches_in_epoch : static_cast<double>(later.max_steps);
    seconds += later.seconds > 0 ? later.seconds : a_step * steps;
  }
  return seconds;
}

bool Trainer::evaluate(StageRun& run) {
  if (run.validation == nullptr) return false;
  const Stopwatch watch;
  std::map<std::string, Tensor> own;
  if (!run.ema.empty()) {
    // Open, a tensor is written in place; one not due on the last step would be replaced under the optimizer's hands.
    for (const auto& one : run.optimizer.tensors()) Tensor(one.tensor).requires_grad_(true);
    own = copy_tensors(model_, changed_);
    write_tensors(model_, run.ema);
  }
  measure(*run.validation, run.precision, run.stage,
          static_cast<double>(progress_.epoch) + static_cast<double>(progress_.batch) / run.batches_in_epoch);
  if (!own.empty()) write_tensors(model_, own);
  run.evaluation_seconds = watch.seconds();
  advance_clock(run);
  run.since_log = Stopwatch();
  run.samples_at_log = progress_.samples;
  run.tokens_since_log = 0;
  const auto patience = plan_.options.early_stopping_patience;
  return patience > 0 && progress_.evaluations_without_gain >= patience;
}

bool Trainer::measure(BatchSource& validation, torch::ScalarType precision, const Stage& stage, double epoch) {
  const auto figures = data_.evaluate(validation, precision);
  const double metric = quality_of(figures, plan_.options.metric_for_best_model);
  const bool gain = progress_.best_step < 0 || metric > progress_.best_metric;
  if (gain) {
    progress_.best_metric = metric;
    progress_.best_step = progress_.global_step;
    progress_.evaluations_without_gain = 0;
    if (plan_.options.load_best_model_at_end) best_ = copy_tensors(model_, changed_);
  } else {
    ++progress_.evaluations_without_gain;
  }

  LogLine line;
  line.current_steps = progress_.global_step;
  line.total_steps = planned_steps();
  line.stage = stage.name;
  line.epoch = static_cast<double>(progress_.first_epoch) + epoch;
  for (const auto& [name, member] : {std::pair{"loss", &LogLine::eval_loss},
                                     {"accuracy", &LogLine::eval_accuracy},
                                     {"f1", &LogLine::eval_f1},
                                     {"map", &LogLine::eval_map},
                                     {"map_50", &LogLine::eval_map_50}}) {
    if (const auto figure = figures.find(name); figure != figures.end()) line.*member = figure->second;
  }
  line.elapsed_time = progress_.elapsed;
  log_->write(line);
  console_.show(line);
  return gain;
}

void Trainer::save(StageRun& run) {
  Checkpoint checkpoint;
  checkpoint.progress = progress_;
  checkpoint.infobatch = run.sampler.state();
  for (const auto& [name, tensor] : copy_tensors(model_, changed_)) checkpoint.tensors["model/" + name] = tensor;
  for (const auto& [name, tensor] : best_) checkpoint.tensors["best/" + name] = tensor;
  for (const auto& [name, tensor] : run.ema) checkpoint.tensors["ema/" + name] = tensor;
  for (const auto& [name, tensor] : run.optimizer.state()) checkpoint.tensors["optimizer/" + name] = tensor;
  save_checkpoint(folder_, checkpoint, plan_.options.save_total_limit);
  advance_clock(run);
}

}  // namespace strop
