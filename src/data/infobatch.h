// InfoBatch (Qin et al., ICLR 2024, arXiv 2303.04947): each epoch a share of the easy samples is left out, and the easy
// ones that stay weigh more, so that the expected gradient is the same.
#pragma once

#include <cstdint>
#include <vector>

#include "data/batches.h"

namespace strop {

// What a checkpoint holds. Scores by sample: the last seen loss, 3.0 before the first.
struct InfoBatchState {
  std::vector<float> start;  // at the current epoch's start: what the epoch's choice was made from
  std::vector<float> now;

  bool operator==(const InfoBatchState&) const = default;
};

class InfoBatch {
 public:
  // `share` (0 to below 1) of the easy samples is left out; off at 0. The last (1 - delta) of the epochs use all
  // samples, rounded down: the authors' code rounds up, which in a run of three epochs, the first of them full for want
  // of scores, would leave one to prune.
  InfoBatch(std::size_t samples, double share, double epochs, std::uint64_t seed, double delta = 0.875);

  bool enabled() const { return share_ > 0; }
  bool is_full_epoch(std::int64_t epoch) const;
  // Of `active` (each sample once) those to use in `epoch`, in the same order, and their weights: samples with a score
  // below the mean of `active` stay with chance-free count floor((1 - share) * n) and weigh 1 / (1 - share).
  // A pure function of seed, epoch and the scores at the epoch's start.
  Indices choose(const Indices& active, std::int64_t epoch, std::vector<float>& weight_of_sample) const;

  void begin_epoch() { state_.start = state_.now; }
  void record(std::int64_t sample, float loss);  // the unweighted loss
  const InfoBatchState& state() const { return state_; }
  void restore(InfoBatchState state);  // std::invalid_argument where it is of another number of samples

 private:
  double share_, epochs_, delta_;
  std::uint64_t seed_;
  InfoBatchState state_;
};

}  // namespace strop
