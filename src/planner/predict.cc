#include "planner/predict.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <optional>
#include <string_view>

#include "data/augment_plan.h"
#include "planner/kept_views.h"
#include "planner/rows_at_once.h"
#include "planner/stage_length.h"
#include "tuning/method.h"

namespace strop {
namespace {

// Measured on MiniLM-L6 over SST-2, 2 cores with AVX512-BF16 (docs/planner.md).
double forward_share(std::string_view precision) { return precision == "bf16" ? 0.65 : 0.75; }
double training_share(std::string_view precision) { return precision == "bf16" ? 0.55 : 0.75; }
constexpr double kStepSeconds = 6e-4;  // of a step on cached features: sampling, loss, log
constexpr double kOptimizerBytesPerSecond = 12e9;
constexpr double kOptimizerTraffic = 28;  // bytes a parameter: reads gradient, two moments, weight; writes three
constexpr double kFileRate = 0.4e9;       // bytes/s of hashing and writing what the run folder holds
constexpr double kFinishSeconds = 0.5;    // opening the saved model, the report
constexpr double kLightShare = 1.0 / 32;  // adapters or parts that train, over the parameters of their block
constexpr double kKernelBytes = 128 << 20;
// Of a block forward, of its inputs' gradient or of its weights', on a GPU: launches alone, whatever the batch. Six
// blocks of MiniLM with LoRA took 14.2 ms forward and backward on an H200.
constexpr double kLaunchSeconds = 6e-4;
constexpr double kTrainedKeeps = 1.2;  // inputs of products kept for the weights' gradients, over kept
constexpr double kTransients = 4;      // tensors as wide as the widest that live for a moment

double bytes_of(std::string_view precision) { return precision == "bf16" ? 2 : 4; }

// Of one sample through a block at rest.
double block_seconds(const BlockFacts& block, const PlanFacts& facts, std::string_view precision) {
  const auto rate = [&](std::string_view one) {
    return 1e9 * forward_share(one) * (one == "bf16" ? facts.rates.bf16_gflops : facts.rates.fp32_gflops);
  };
  if (block.seconds > 0) return block.seconds * rate("fp32") / rate(precision);
  return 2 * block.multiply_adds / rate(precision);
}

// Of one sample's gradient with respect to the inputs, and as much again to the weights.
double backward_seconds(const BlockFacts& block, const PlanFacts& facts, std::string_view precision) {
  const double forward = block_seconds(block, facts, precision);
  if (block.training_seconds <= 0) return forward;
  return std::max(0.0, block.training_seconds / block.seconds - 1) / 2 * forward;
}

// A closed form of the last layer: n rows of d features, c classes. Products in fp64 at half of fp32's rate at most,
// and the eigendecomposition far below it. The steps of L-BFGS (tuning/logistic.h; five folds under some penalties and
// the whole) are an estimate, not measured; each sends the rows forward and back.
double solver_seconds(const std::string& solver, double n, double d, double c, const PlanFacts& facts) {
  constexpr double kRatePart = 0.3, kEigen = 60, kPenalties = 19, kPasses = 250, kLogitWork = 30;
  const double k = std::min(n, d), rate = 1e9 * kRatePart * facts.rates.fp32_gflops;
  const double basis = 4 * n * d * k + kEigen * k * k * k, pass = 4 * n * k * c + kLogitWork * n * c;
  const double ridge = kPenalties * pass / 2, likelihood = kPasses * pass;
  const double own = solver == "auto" ? ridge + likelihood : solver == "logistic" ? likelihood : ridge;
  return (basis + own) / rate;
}

// What happens to block i in a step of a stage, as shares of the steps.
struct BlockShare {
  double due = 0;      // its weights or adapters are updated
  double reached = 0;  // the gradient passes through it
};

class StageCost {
 public:
  StageCost(const Plan& plan, const Stage& stage, const PlanFacts& facts)
      : plan_(plan),
        options_(plan.options),
        stage_(stage),
        facts_(facts),
        blocks_(facts.model.blocks),
        cut_(place(stage.cut)),
        weights_(find_method(stage.method).trains == Trains::weights),
        shares_(block_shares()) {}

  bool gradient() const { return stage_.solver == "gradient"; }
  double evaluation() const {
    const double prefix = cached() ? 0 : evaluation_prefix();
    return static_cast<double>(facts_.validation_rows) * (prefix + forward(cut_, blocks_.size(), suffix_precision()));
  }
  // The first evaluation fills the cache, too.
  double first_evaluation() const {
    const double prefix = evaluation_prefix();
    return evaluation() + (cached() ? static_cast<double>(facts_.validation_rows) * prefix : 0);
  }
  double seconds() const {
    if (stage_.seconds > 0) return stage_.seconds;
    const double prefix = prefix_seconds(), rows = static_cast<double>(facts_.train_rows);
    if (!gradient()) {
      const double made = rows * closed_form_views();
      const double solving = solver_seconds(stage_.solver, made, blocks_.back().live, classes(), facts_);
      return made * prefix + solving + first_evaluation();
    }
    const double later = steps() * step() + (evaluations() - 1) * evaluation();
    if (filled()) return later + evaluation();
    const double used = options_.resample == "fixed" ? rows * share_of_chunks(options_.data_fraction) : rows;
    const double prefix_rows = views_kept() > 0 ? used * views_kept() : samples();
    return prefix_rows * prefix_seconds(facts_.mean_input) + later + first_evaluation();
  }

  // Seconds of one optimizer step.
  double step() const {
    // Seconds of a sample; parameters that an optimizer step touches; passes through a block, for their launches
    double passes = 0, updated = 0, launches = 0;
    for (auto i = cut_; i < blocks_.size(); ++i) {
      const bool own_weights = weights_ || i >= facts_.model.head_begin;
      passes += block_seconds(blocks_[i], facts_, plan_.precision) +
                backward_seconds(blocks_[i], facts_, plan_.precision) *
                    (shares_[i].reached + (own_weights ? shares_[i].due : 0));
      updated += shares_[i].due * trained_of(i);
      const bool measured = blocks_[i].seconds > 0;  // launches included
      if (on_gpu(options_) && !measured) launches += 1 + shares_[i].reached + (own_weights ? shares_[i].due : 0);
    }
    const auto augment = parse_augment(options_.augment);
    const double batch = rows_an_epoch() / steps_an_epoch(), parts = std::ceil(batch / micro_batch());
    // Token rows are rounded up to 64 in every micro-batch (nn/state.h): half of that on average.
    const double tokens = facts_.model.tokens;
    const double rounding = tokens > 1 ? 1 + 32 * parts / (batch * tokens) : 1;
    const double before = asks_before() ? batch * forward(cut_, blocks_.size(), plan_.prefix_precision) : 0;
    return batch * rounding * facts_.mean_input * (augment.rdrop ? 2 : 1) * passes * forward_share(plan_.precision) /
               training_share(plan_.precision) +
           before + (kStepSeconds + launches * kLaunchSeconds) * parts +
           updated * kOptimizerTraffic / kOptimizerBytesPerSecond;
  }

  double trained_parameters() const {
    double sum = 0;
    for (std::size_t i = 0; i < blocks_.size(); ++i) sum += trained_in(i);
    return sum;
  }
  double trained_in(std::size_t i) const { return shares_[i].due > 0 ? trained_of(i) : 0; }
  double cache_bytes() const {
    if (const auto next = behind()) return next->cache_bytes();
    if (!gradient() || !cached()) return 0;
    const double one = blocks_[cut_].live * bytes_of(plan_.prefix_precision);
    const double rows = static_cast<double>(facts_.train_rows);
    // Packing a view makes a second copy of it in memory.
    const double copies = options_.cache == "disk" ? 0 : 1;
    const double train = views_kept() > 0 ? rows * (views_kept() + copies) : 0;
    return one * (train + static_cast<double>(facts_.validation_rows));
  }
  // `earlier`: parameters that only the stages before have trained.
  double peak_bytes(double earlier) const {
    const double optimizer = options_.optim == "adamw" ? 8 : 4;
    const double copies = (weights_ ? 4 : 0) + 4 + optimizer + (keeps_best() ? 4 : 0) + (options_.ema > 0 ? 4 : 0);
    const double trained = gradient() ? trained_parameters() * copies : 0;
    const double before = asks_before() ? 4 * static_cast<double>(facts_.model.parameters()) : 0;
    const double cache = options_.cache == "disk" ? 0 : cache_bytes();
    const double left = earlier * (facts_.validation_rows > 0 && options_.load_best_model_at_end ? 8 : 4);
    return trained + left + before + cache + solver_bytes() + std::max(micro_batch_bytes(), inference_bytes());
  }

 private:
  // The copy of the best weights stands beside the gradients where training goes on behind an evaluation.
  bool keeps_best() const {
    return options_.load_best_model_at_end && facts_.validation_rows > 0 && (stage_.seconds > 0 || evaluations() > 1);
  }
  std::size_t place(const std::string& name) const {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      if (blocks_[i].name == name) return i;
    }
    return 0;  // a hand-written plan's mistake: the run says so
  }
  bool asks_before() const {
    return gradient() && facts_.holds_before && find_method(stage_.method).labels == Labels::model;
  }
  const std::string& suffix_precision() const { return plan_.precision; }
  bool cached() const { return gradient() && options_.cache != "none" && forward(0, cut_, plan_.prefix_precision) > 0; }
  double views_kept() const {
    return cached() ? static_cast<double>(kept_views(plan_, stage_, static_cast<double>(facts_.train_rows))) : 0;
  }
  // The stage whose cache this closed form fills.
  std::optional<StageCost> behind() const {
    const Stage* const next = stage_filled_by(plan_, stage_);
    std::optional<StageCost> cost;
    if (next != nullptr) cost.emplace(plan_, *next, facts_);
    return cost && cost->cached() ? cost : std::nullopt;
  }
  bool filled() const { return cached() && closed_form_before(plan_, stage_); }
  double closed_form_views() const {
    if (const auto next = behind()) return next->views_kept();
    return changes_samples(options_) ? static_cast<double>(options_.views) : 1;
  }
  double classes() const { return static_cast<double>(facts_.model.labels); }
  // A closed form holds the features of all rows and views in fp32, and their reduced form in fp64; of the logits the
  // folds' and what a step of L-BFGS works on, or what one penalty's left-out answers take.
  double solver_bytes() const {
    if (gradient()) return 0;
    const bool likelihood = stage_.solver == "auto" || stage_.solver == "logistic";
    return static_cast<double>(facts_.train_rows) * closed_form_views() *
           (12 * blocks_.back().live + (likelihood ? 90 : 40) * classes());
  }
  double trained_of(std::size_t i) const {
    const bool own_weights = weights_ || i >= facts_.model.head_begin;
    return static_cast<double>(blocks_[i].parameters) * (own_weights ? 1 : kLightShare);
  }

  std::vector<BlockShare> block_shares() const {
    std::vector<BlockShare> shares(blocks_.size());
    std::vector<std::size_t> cycled;  // encoder blocks, from the top: turns of block_cycle each
    for (std::size_t i = blocks_.size(); i-- > 0;) {
      if (std::find(stage_.blocks.begin(), stage_.blocks.end(), blocks_[i].name) == stage_.blocks.end()) continue;
      const auto period = stage_.update_period.find(blocks_[i].name);
      shares[i].due = 1 / static_cast<double>(period == stage_.update_period.end() ? 1 : period->second);
      if (i < facts_.model.head_begin) cycled.push_back(i);
    }
    const auto count = static_cast<std::int64_t>(cycled.size()), at_a_time = options_.block_cycle;
    const bool cycles = at_a_time > 0 && at_a_time < count;
    const double turns = cycles ? std::ceil(static_cast<double>(count) / static_cast<double>(at_a_time)) : 1;
    for (const auto i : cycled) shares[i].due /= turns;
    // Periods are multiples of one another as a rule: the most frequent block below decides. Turns exclude each other.
    double often = 0, last_turn = -1, turns_below = 0;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      const auto found = std::find(cycled.begin(), cycled.end(), i);
      if (found != cycled.end() && cycles) {
        const double turn = static_cast<double>((found - cycled.begin()) / at_a_time);
        if (turn != last_turn) ++turns_below;
        last_turn = turn;
      }
      const bool head = i >= facts_.model.head_begin;
      if (shares[i].due > 0) often = std::max(often, shares[i].due * (head ? 1 : turns));
      shares[i].reached = often * (cycles && !head ? turns_below / turns : 1);
    }
    return shares;
  }

  // Seconds of one sample through blocks first .. last-1.
  double forward(std::size_t first, std::size_t last, std::string_view precision) const {
    double sum = 0;
    for (auto i = first; i < last; ++i) sum += block_seconds(blocks_[i], facts_, precision);
    return sum;
  }
  // What is cached is computed by chunks of neighbours (train/prefix_source.h), whichever of them are used.
  double share_of_chunks(double fraction) const {
    const auto chunk = facts_.pictures ? pictures_at_once(facts_.model.picture_tokens) : kTextsAtOnce;
    return views_kept() > 0 ? 1 - std::pow(1 - fraction, static_cast<double>(chunk)) : fraction;
  }
  double evaluation_prefix() const {
    return facts_.evaluation_input_seconds + forward(0, cut_, plan_.prefix_precision);
  }
  // Of one sample: making it and bringing it to the cut; `size` as PlanFacts::mean_input has it.
  double prefix_seconds(double size = 1) const {
    return facts_.input_seconds + size * forward(0, cut_, plan_.prefix_precision);
  }

  double micro_batch() const {
    const auto batch = options_.per_device_train_batch_size;
    return static_cast<double>(plan_.micro_batch > 0 ? std::min(plan_.micro_batch, batch) : batch);
  }
  // Training rows. The easy half of them, about, loses the share `infobatch` before the last epochs.
  double rows() const { return static_cast<double>(facts_.train_rows) * (1 - 0.5 * 0.875 * options_.infobatch); }
  double rows_an_epoch() const { return rows() * options_.data_fraction; }
  double steps_an_epoch() const { return strop::steps_an_epoch(options_, rows()); }
  double epochs() const { return epochs_of(stage_, options_, rows()); }
  double steps() const { return epochs() * steps_an_epoch(); }
  double samples() const { return epochs() * rows_an_epoch(); }
  double evaluations() const {
    if (options_.eval_strategy == "steps" && options_.eval_steps > 0) {
      return std::ceil(steps() / static_cast<double>(options_.eval_steps));
    }
    return options_.eval_strategy == "epoch" ? std::max(1.0, std::ceil(epochs())) : 1;
  }

  // Samples of mean length that weigh as much as `count` that come together. Batches of like length are sorted within
  // stretches of 50 (data/batches.h): the longest 50th part of the rows, or as many as `count`, may meet.
  double worst(double count) const {
    auto lengths = facts_.lengths;
    if (lengths.empty()) return count;
    const auto top = std::min(lengths.size(), std::max(static_cast<std::size_t>(count), lengths.size() / 50));
    const auto end = lengths.begin() + static_cast<std::ptrdiff_t>(top);
    std::partial_sort(lengths.begin(), end, lengths.end(), std::greater<>());
    const auto sum = static_cast<double>(std::accumulate(lengths.begin(), end, std::int64_t{0}));
    return count * sum / static_cast<double>(top) / facts_.model.tokens;
  }
  // The same for what goes through at a time in training.
  double worst_part() const {
    const double whole = worst(micro_batch());
    if (plan_.micro_batch_tokens == 0 || facts_.lengths.empty()) return whole;
    const double longest = static_cast<double>(*std::max_element(facts_.lengths.begin(), facts_.lengths.end()));
    return std::min(whole, std::max(longest, static_cast<double>(plan_.micro_batch_tokens)) / facts_.model.tokens);
  }
  double micro_batch_bytes() const {
    if (!gradient()) return 0;
    double kept = 0, highest = 0;  // backward frees what is kept block by block, from the top
    for (auto i = cut_; i < blocks_.size(); ++i) {
      if (shares_[i].reached > 0) kept += kept_of(blocks_[i]);
      highest = std::max(highest, kept + (shares_[i].reached > 0 ? passing(blocks_[i]) : at_rest(blocks_[i])));
    }
    const double passes = parse_augment(options_.augment).rdrop ? 2 : 1;
    // What is not read from the cache comes from the inputs, through the frozen blocks, a micro-batch at a time.
    double prefix = 0, inputs = 0;
    if (views_kept() == 0) {
      inputs = facts_.input_bytes;
      for (std::size_t i = 0; i < cut_; ++i)
        prefix = std::max(prefix, at_rest(blocks_[i]) * bytes_of(plan_.prefix_precision));
    }
    const double step = (highest + (passes - 1) * kept) * bytes_of(plan_.precision);
    return worst_part() * (facts_.largest_input * std::max(step, prefix) + inputs);
  }
  // Numbers in the tensors of one sample: those that stay from forward to backward, those that live for a moment, and
  // those of a block at rest.
  double kept_of(const BlockFacts& block) const {
    return weights_ ? (block.held > 0 ? block.held : kTrainedKeeps * block.kept) : block.kept;
  }
  static double passing(const BlockFacts& block) { return block.held > 0 ? block.passing : kTransients * block.widest; }
  static double at_rest(const BlockFacts& block) {
    return block.resting > 0 ? block.resting : kTransients * block.widest;
  }
  double inference_bytes() const {
    double widest = 0;
    for (const auto& block : blocks_) widest = std::max(widest, at_rest(block));
    const auto rows =
        static_cast<double>(facts_.pictures ? pictures_at_once(facts_.model.picture_tokens) : kTextsAtOnce);
    return std::min(worst(rows), 2 * rows) * widest * bytes_of(plan_.prefix_precision) + rows * facts_.input_bytes;
  }

  const Plan& plan_;
  const Options& options_;
  const Stage& stage_;
  const PlanFacts& facts_;
  const std::vector<BlockFacts>& blocks_;
  std::size_t cut_;
  bool weights_;  // the method trains the blocks' own weights
  std::vector<BlockShare> shares_;
};

}  // namespace

Cost predict_cost(const Plan& plan, const PlanFacts& facts) {
  Cost cost;
  cost.start = facts.seconds_used;
  const auto parameters = static_cast<double>(facts.model.parameters());
  double stages = 0, cache = 0;
  std::vector<double> trained(facts.model.blocks.size(), 0.0);  // parameters of each block, by the stages so far
  for (const auto& stage : plan.stages) {
    const StageCost own(plan, stage, facts);
    double earlier = 0;
    for (std::size_t i = 0; i < trained.size(); ++i) {
      earlier += std::max(0.0, trained[i] - own.trained_in(i));
      trained[i] = std::max(trained[i], own.trained_in(i));
    }
    (own.gradient() ? cost.training : cost.solving) += own.seconds();
    if (own.gradient()) {
      cost.evaluation = std::max(cost.evaluation, own.first_evaluation());
      cost.step = std::max(cost.step, own.step());
    }
    stages = std::max(stages, own.peak_bytes(earlier));
    cache = std::max(cache, own.cache_bytes());
  }
  double forward = 0, products = 0;  // parameters of blocks with products: those that have a bf16 form
  for (const auto& block : facts.model.blocks) {
    forward += block_seconds(block, facts, "fp32");
    if (block.multiply_adds > 0) products += static_cast<double>(block.parameters);
  }
  const double rows = static_cast<double>(facts.validation_rows + facts.test_rows);
  const double changed = std::accumulate(trained.begin(), trained.end(), 0.0);
  cost.finish = kFinishSeconds + rows * (facts.evaluation_input_seconds + forward) +
                (3 * 4 * parameters + 4 * changed) / kFileRate;
  const double fixed = static_cast<double>(facts.resident_bytes) + kKernelBytes + 4 * parameters +
                       (plan.precision == "bf16" || plan.prefix_precision == "bf16" ? 2 * products : 0);
  cost.cache_bytes = static_cast<std::int64_t>(cache);
  cost.peak_bytes = static_cast<std::int64_t>(fixed + std::max(stages, 4 * parameters + 8 * changed));
  return cost;
}

}  // namespace strop
