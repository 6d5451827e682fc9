#include "planner/choose.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "config/values.h"
#include "core/error.h"
#include "core/text.h"
#include "data/augment_plan.h"
#include "planner/fit_memory.h"
#include "planner/kept_views.h"
#include "planner/learning_rates.h"
#include "planner/predict.h"
#include "planner/rows_at_once.h"
#include "planner/stage_length.h"
#include "tuning/method.h"

namespace strop {
namespace {

void choose_method(Plan& plan, const PlanFacts& facts) {
  auto& options = plan.options;
  if (options.method != "auto") return;
  if (facts.pictures) {
    options.method = "head";
    plan.reasons["method"] = "head: solved on features that one pass over the pictures gives";
    return;
  }
  options.method = "lora";
  plan.reasons["method"] = "lora: adapts every block at a fraction of the memory of full tuning";
}

void choose_precision(Plan& plan, const PlanFacts& facts) {
  auto& options = plan.options;
  const double gain = facts.rates.bf16_gflops / std::max(1e-9, facts.rates.fp32_gflops);
  if (options.precision == "auto") {
    options.precision = gain >= 1.3 ? "bf16" : "fp32";
    plan.reasons["precision"] = fmt::format("{}: products run at {:.0f} GFLOP/s in bf16, {:.0f} in fp32",
                                            options.precision, facts.rates.bf16_gflops, facts.rates.fp32_gflops);
  }
  plan.precision = plan.prefix_precision = options.precision;
  if (facts.bf16_prefix.empty()) return;
  if (!facts.bf16_prefix_safe) plan.prefix_precision = "fp32";
  plan.reasons["prefix_precision"] = facts.bf16_prefix;
}

// What a cache that strop chose will hold; known once the stages have their lengths.
std::string reason_for_cache(const Plan& plan, const PlanFacts& facts) {
  const auto& options = plan.options;
  const auto keeps = [&](const Stage& stage) {
    double cost = 0;
    for (const auto& block : facts.model.blocks) {
      if (block.name == stage.cut) break;
      cost += block.multiply_adds;
    }
    return stage.solver == "gradient" && cost > 0;
  };
  if (std::none_of(plan.stages.begin(), plan.stages.end(), keeps)) {
    return "ram: empty, for what is frozen below the trained blocks costs next to nothing";
  }
  if (!changes_samples(options)) return options.cache + ": the frozen prefix runs once for each sample";
  std::int64_t kept = 0;
  for (const auto& stage : plan.stages) {
    if (stage.solver != "gradient") continue;
    kept = std::max(kept, kept_views(plan, stage, static_cast<double>(facts.train_rows)));
  }
  if (kept == 0) return options.cache + ": of what is evaluated; each epoch sees the training samples changed anew";
  return fmt::format("{}: {} view{} of each sample, at most {}", options.cache, kept, kept == 1 ? "" : "s",
                     human_bytes(std::stod(options.cache_limit)));
}

// Up to here a cache that strop chose lies in memory.
constexpr std::int64_t kSmallCache = 64 << 20;

void limit_cache(Plan& plan, const PlanFacts& facts) {
  auto& options = plan.options;
  if (options.cache_limit != "auto") return;
  const bool disk = options.cache == "disk";
  auto limit = (disk ? facts.disk_bytes : facts.available_bytes) / 2;
  if (!disk && !options.memory.empty()) limit = std::min(limit, parse_bytes(options.memory, "memory"));
  options.cache_limit = std::to_string(limit);
}

// Once the stages have their lengths. On disk it costs no memory and hardly any time, for the system keeps what it can
// of the file.
void choose_cache(Plan& plan, const PlanFacts& facts) {
  auto& options = plan.options;
  if (options.cache != "auto") return limit_cache(plan, facts);
  options.cache = "ram";
  const auto needed = predict_cost(plan, facts).cache_bytes;
  if (needed > kSmallCache && needed < facts.disk_bytes / 4 && !on_gpu(options)) options.cache = "disk";
  limit_cache(plan, facts);
  plan.reasons["cache"] = reason_for_cache(plan, facts);
  leave_out_large_cache(plan, facts);
}

bool rate_is_free(const Options& options) {
  return options.learning_rate == "table" || options.learning_rate == "auto";
}

double stage_rate(const Options& options, const Stage& stage, const PlanFacts& facts) {
  if (rate_is_free(options)) return default_learning_rate(stage.method, facts.model.family, options.optim);
  return parse_number(options.learning_rate, at_least(0));
}

double gradient_stages(const Plan& plan) {
  return static_cast<double>(std::count_if(plan.stages.begin(), plan.stages.end(),
                                           [](const Stage& stage) { return stage.solver == "gradient"; }));
}

// Those that share num_train_epochs: a method may have said a stage's own number.
double sharing_stages(const Plan& plan) {
  return static_cast<double>(std::count_if(plan.stages.begin(), plan.stages.end(), [](const Stage& stage) {
    return stage.solver == "gradient" && stage.epochs == 0;
  }));
}

// What the time limit leaves for the gradient stages.
double training_seconds(const Plan& plan, const PlanFacts& facts) {
  const auto& options = plan.options;
  const double limit = parse_duration(options.time, "time");
  const auto cost = predict_cost(plan, facts);
  // Held back: the evaluation at the end of each stage, saving and the last evaluation, twice what is predicted,
  // since others may use this machine too. A stage ends with the step that its time runs out in.
  const double gradient = gradient_stages(plan);
  const double after =
      std::max(0.05 * limit + 2, 2 * (cost.finish + gradient * cost.evaluation)) + gradient * cost.step;
  const double seconds = limit - facts.seconds_used - cost.solving - after;
  if (seconds > gradient * cost.step) return seconds;
  fail(ErrorKind::budget,
       "time: {} leaves nothing to train in: reading and planning took {}, {}saving and evaluating need "
       "about {}; allow at least {}",
       options.time, human_duration(facts.seconds_used),
       cost.solving > 0 ? "the closed form " + human_duration(cost.solving) + ", " : "", human_duration(after),
       human_duration(facts.seconds_used + cost.solving + after + std::max(5.0, 2 * gradient * cost.step)));
}

// Steps or epochs of the gradient stages: the run's total shared among them, unless each has its own number.
void plan_length(Plan& plan, const PlanFacts& facts) {
  auto& options = plan.options;
  const double gradient = gradient_stages(plan), sharing = sharing_stages(plan);
  const double an_epoch = steps_an_epoch(options, static_cast<double>(facts.train_rows));
  const double seconds = options.time.empty() ? 0 : training_seconds(plan, facts);
  for (auto& stage : plan.stages) {
    if (stage.solver != "gradient") continue;
    if (seconds > 0 && options.max_steps <= 0) stage.seconds = seconds / gradient;
    else if (options.layerwise_steps > 0 && stage.method == "layerwise" && gradient > 1)
      stage.max_steps = options.layerwise_steps;
    else if (stage.epochs > 0)
      stage.max_steps = std::max<std::int64_t>(1, std::llround(std::exchange(stage.epochs, 0) * an_epoch));
    else if (options.max_steps > 0)
      stage.max_steps = std::max<std::int64_t>(
          1, static_cast<std::int64_t>(std::llround(static_cast<double>(options.max_steps) / sharing)));
    else if (options.infobatch > 0) stage.epochs = options.num_train_epochs / sharing;
    else
      stage.max_steps = std::max<std::int64_t>(
          1, static_cast<std::int64_t>(std::llround(options.num_train_epochs * an_epoch / sharing)));
  }
  if (options.eval_strategy != "steps" || options.eval_steps > 0) return;
  // Ten times a run; by the epochs where the steps are not known ahead.
  double steps = 0;
  for (const auto& stage : plan.stages) steps += static_cast<double>(stage.max_steps);
  if (steps == 0) steps = options.num_train_epochs * an_epoch;
  options.eval_steps = std::max<std::int64_t>(1, std::llround(steps / 10));
}

// Pictures of many tokens go through a few at a time: what is kept for the backward pass, the largest part of the
// memory, grows with them.
void split_pictures(Plan& plan, const PlanFacts& facts) {
  const auto whole = plan.micro_batch;
  plan.micro_batch = pictures_at_once(facts.model.picture_tokens, whole);
  const bool steps =
      std::any_of(plan.stages.begin(), plan.stages.end(), [](const auto& one) { return one.solver == "gradient"; });
  if (plan.micro_batch < whole && steps) {
    plan.reasons["micro_batch"] =
        fmt::format("{} of {} samples at a time: as fast as all at once, in less memory", plan.micro_batch, whole);
  }
}

// The plan by the rules, whatever it costs.
Plan rule_plan(Options options, const PlanFacts& facts) {
  Plan plan;
  plan.options = std::move(options);
  choose_method(plan, facts);
  auto& chosen = plan.options;
  chosen.threads = facts.threads;  // the same on another machine, and after a resume with fewer cores: the same bits
  choose_precision(plan, facts);
  if (chosen.head_solver == "auto" && chosen.method != "head") chosen.head_solver = "logistic";
  const bool closed_form_first = chosen.method != "head" && (chosen.lp_ft || chosen.head_init == "closed_form");
  if (closed_form_first) {
    Stage head = stage_from(facts.model, chosen, "closed-form head", "head", facts.model.blocks.size() - 1);
    head.solver = chosen.head_solver == "sgd" ? "logistic" : chosen.head_solver;
    plan.stages.push_back(head);
  }
  for (auto& stage : find_method(chosen.method).stages(facts.model, chosen)) plan.stages.push_back(stage);
  for (auto& stage : plan.stages) {
    if (stage.solver == "gradient") stage.learning_rate = stage_rate(chosen, stage, facts);
  }
  if (rate_is_free(chosen) && facts.pictures) slow_below_solved_head(plan);
  slow_lower_head(plan, facts.model);
  scale_parts(plan, facts.model);
  plan.micro_batch = chosen.per_device_train_batch_size;
  if (!on_gpu(chosen)) {  // which a whole batch does not fill
    split_pictures(plan, facts);
    if (facts.model.tokens > 1) plan.micro_batch_tokens = kMostTokens;
  }
  if (chosen.freeze_bn) plan.fallbacks = {kHalveBatch};  // else norms learn from the batch as a whole
  return plan;
}

// method -> the least memory that it runs in, for those that fit the model.
std::map<std::string, std::int64_t> least_memory(const Options& options, const PlanFacts& facts) {
  std::map<std::string, std::int64_t> least;
  for (const auto& method : methods()) {
    Options other = options;
    other.method = method.name;
    other.cache = "none";
    other.time.clear();
    try {
      Plan plan = rule_plan(other, facts);
      plan_length(plan, facts);
      plan.micro_batch = least_part(other);
      least[method.name] = predict_cost(plan, facts).peak_bytes;
    } catch (const Error&) {  // it does not fit the model: no advice
    }
  }
  return least;
}

}  // namespace

void check_time(const Plan& plan) {
  const auto& options = plan.options;
  if (options.time.empty() || plan.predicted.seconds <= parse_duration(options.time, "time")) return;
  fail(ErrorKind::budget,
       "time: {} can't be met: {} steps, evaluation and saving are predicted to take {}; lower max_steps, or leave "
       "it out and the run ends in time",
       options.time, options.max_steps, human_duration(plan.predicted.seconds));
}

Plan choose_plan(Options options, const PlanFacts& facts) {
  const auto asked = options;
  Plan plan = rule_plan(std::move(options), facts);
  plan_length(plan, facts);
  choose_cache(plan, facts);
  if (!plan.options.memory.empty() && !fit_memory(plan, facts, asked.cache == "auto")) {
    refuse_memory(plan, facts, least_memory(asked, facts));
  }
  const auto cost = predict_cost(plan, facts);
  plan.predicted.seconds = std::round(10 * cost.seconds()) / 10;
  plan.predicted.peak_bytes = cost.peak_bytes;
  check_time(plan);
  return plan;
}

}  // namespace strop
