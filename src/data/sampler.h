// Which training samples an epoch sees, in which batches and with which weights.
//
//   Sampler sampler(sampler_config(options), labels, lengths);
//   for (epoch = ...) {
//     sampler.begin_epoch(epoch);
//     for (const Batch& batch : sampler.epoch_batches(epoch)) { ...; sampler.record(sample, loss); }
//   }
//
// The levers in turn: data_fraction chooses a subset, InfoBatch leaves out a share of its easy samples, the strategy
// orders what is left. Everything follows from (seed, epoch) and the InfoBatch scores at the epoch's start, so a
// resumed run restores the state, calls epoch_batches for the epoch it was in (without begin_epoch) and skips the steps
// done. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/batches.h"
#include "data/infobatch.h"
#include "strop/options.h"

namespace strop {

struct SamplerConfig {
  std::string strategy = "random";  // random | group_by_length | balanced
  double data_fraction = 1;
  std::string resample = "fixed";  // fixed: one subset by class; epoch: a fresh one each epoch (RS2)
  double infobatch = 0;            // share of the easy samples left out
  double infobatch_delta = 0.875;  // InfoBatch uses all samples after this share of the epochs
  double epochs = 3;               // planned, for infobatch_delta
  std::int64_t batch_size = 32;
  std::uint64_t seed = 42;
};

// From the keys of the same names; batch_size is per_device_train_batch_size, epochs num_train_epochs.
SamplerConfig sampler_config(const Options& options);

struct Batch {
  Indices samples;             // indices of training rows
  std::vector<float> weights;  // one a sample: factor on its loss (InfoBatch); 1 where nothing weighs
};

class Sampler {
 public:
  // `labels`: all >= 0, one a training sample. `lengths` (tokens) is needed by group_by_length.
  // Error(usage) names the key whose value does not fit.
  Sampler(SamplerConfig config, std::vector<std::int32_t> labels, std::vector<std::int64_t> lengths = {});

  // The scores recorded so far become the ones that epoch_batches of this epoch works from.
  void begin_epoch(std::int64_t epoch);
  // O(n log n); some 0.2 s for a million samples.
  std::vector<Batch> epoch_batches(std::int64_t epoch) const;
  // The unweighted loss of a sample, for InfoBatch; cheap and without effect where it is off.
  void record(std::int64_t sample, float loss) { infobatch_.record(sample, loss); }
  // Samples in an epoch before InfoBatch: what a schedule plans with.
  std::int64_t samples_per_epoch() const;

  const InfoBatchState& state() const { return infobatch_.state(); }
  void restore(InfoBatchState state) { infobatch_.restore(std::move(state)); }

 private:
  Indices active_samples(std::int64_t epoch) const;
  std::vector<Indices> arrange(Indices chosen, std::int64_t epoch) const;

  SamplerConfig config_;
  std::vector<std::int32_t> labels_;
  std::vector<std::int64_t> lengths_;
  InfoBatch infobatch_;
  Indices fixed_;  // resample=fixed: the subset
};

// As many draws as `samples`, the classes among them in equal shares (a remainder goes to classes by chance): each
// class goes round its own shuffled samples, so a rare class repeats and none twice before all of its class were drawn.
Indices balanced_draw(const Indices& samples, const std::vector<std::int32_t>& labels, Rng rng);

// Weights for the loss, by class: n / (classes * n_c), scikit-learn's "balanced"; 0 for a class without rows.
std::vector<double> balanced_class_weights(const std::vector<std::int32_t>& labels, std::size_t classes);

}  // namespace strop
