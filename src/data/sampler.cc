#include "data/sampler.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "core/error.h"
#include "core/text.h"
#include "data/stratify.h"
#include "data/subset.h"

namespace strop {
namespace {

void check(const SamplerConfig& config, std::size_t labels, std::size_t lengths) {
  const auto choose = [](const char* key, const std::string& value, const std::vector<std::string>& choices) {
    if (std::find(choices.begin(), choices.end(), value) != choices.end()) return;
    const std::string near = nearest(value, choices);
    fail(ErrorKind::usage, "{}: found '{}', expected one of {}{}", key, value, join(choices, ", "),
         near.empty() ? "" : "; did you mean " + near + "?");
  };
  choose("train_sampling_strategy", config.strategy, {"random", "group_by_length", "balanced"});
  choose("resample", config.resample, {"fixed", "epoch"});
  if (!(config.data_fraction > 0 && config.data_fraction <= 1)) {
    fail(ErrorKind::usage, "data_fraction: found {}, expected a share above 0, at most 1", config.data_fraction);
  }
  if (config.batch_size < 1) {
    fail(ErrorKind::usage, "per_device_train_batch_size: found {}, expected at least 1", config.batch_size);
  }
  const bool needs_lengths = config.strategy == "group_by_length";
  if (labels == 0 || (needs_lengths && lengths != labels)) throw std::logic_error("Sampler: labels or lengths missing");
}

}  // namespace

SamplerConfig sampler_config(const Options& options) {
  SamplerConfig config;
  config.strategy = options.train_sampling_strategy;
  config.data_fraction = options.data_fraction;
  config.resample = options.resample;
  config.infobatch = options.infobatch;
  config.epochs = options.num_train_epochs;
  config.batch_size = options.per_device_train_batch_size;
  config.seed = static_cast<std::uint64_t>(options.seed);
  return config;
}

Sampler::Sampler(SamplerConfig config, std::vector<std::int32_t> labels, std::vector<std::int64_t> lengths)
    : config_(std::move(config)),
      labels_(std::move(labels)),
      lengths_(std::move(lengths)),
      infobatch_(labels_.size(), config_.infobatch, config_.epochs, config_.seed, config_.infobatch_delta) {
  check(config_, labels_.size(), lengths_.size());
  if (config_.data_fraction < 1 && config_.resample == "fixed") {
    fixed_ = fixed_subset(labels_, config_.data_fraction, config_.seed);
  }
}

std::int64_t Sampler::samples_per_epoch() const { return subset_size(labels_.size(), config_.data_fraction); }

void Sampler::begin_epoch(std::int64_t) { infobatch_.begin_epoch(); }

Indices Sampler::active_samples(std::int64_t epoch) const {
  if (!fixed_.empty()) return fixed_;
  if (config_.data_fraction < 1) return fresh_subset(labels_.size(), samples_per_epoch(), epoch, config_.seed);
  Indices all(labels_.size());
  std::iota(all.begin(), all.end(), std::int64_t{0});
  return all;
}

std::vector<Indices> Sampler::arrange(Indices chosen, std::int64_t epoch) const {
  const auto key = static_cast<std::uint64_t>(epoch);
  if (config_.strategy == "balanced") {
    chosen = balanced_draw(chosen, labels_, Rng(config_.seed, RngUse::balance, {key}));
  } else {
    Rng(config_.seed, RngUse::order, {key}).shuffle(chosen);
  }
  if (config_.strategy != "group_by_length") return make_batches(chosen, config_.batch_size);
  return make_length_batches(chosen, lengths_, config_.batch_size, Rng(config_.seed, RngUse::order, {key, 1}));
}

std::vector<Batch> Sampler::epoch_batches(std::int64_t epoch) const {
  std::vector<float> weight(labels_.size(), 1.0F);
  const Indices chosen = infobatch_.choose(active_samples(epoch), epoch, weight);
  std::vector<Batch> batches;
  for (auto& samples : arrange(chosen, epoch)) {
    Batch batch{std::move(samples), {}};
    for (const auto sample : batch.samples) batch.weights.push_back(weight[static_cast<std::size_t>(sample)]);
    batches.push_back(std::move(batch));
  }
  return batches;
}

Indices balanced_draw(const Indices& samples, const std::vector<std::int32_t>& labels, Rng rng) {
  std::vector<Indices> classes;
  std::size_t all = 0;  // those with a label: a picture that could not be read has none
  for (const auto sample : samples) {
    if (labels[static_cast<std::size_t>(sample)] < 0) continue;
    ++all;
    const auto label = static_cast<std::size_t>(labels[static_cast<std::size_t>(sample)]);
    if (label >= classes.size()) classes.resize(label + 1);
    classes[label].push_back(sample);
  }
  std::erase_if(classes, [](const Indices& members) { return members.empty(); });
  rng.shuffle(classes);  // chance decides which classes get one more
  Indices drawn;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    Indices& members = classes[c];
    const std::size_t share = all / classes.size() + (c < all % classes.size() ? 1 : 0);
    for (std::size_t i = 0; i < share; ++i) {
      if (i % members.size() == 0) rng.shuffle(members);
      drawn.push_back(members[i % members.size()]);
    }
  }
  rng.shuffle(drawn);
  return drawn;
}

std::vector<double> balanced_class_weights(const std::vector<std::int32_t>& labels, std::size_t classes) {
  std::vector<double> weights;
  for (const auto count : count_classes(labels, classes)) {
    weights.push_back(count == 0 ? 0
                                 : static_cast<double>(labels.size()) / static_cast<double>(classes) /
                                       static_cast<double>(count));
  }
  return weights;
}

}  // namespace strop
