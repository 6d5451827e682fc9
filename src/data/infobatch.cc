#include "data/infobatch.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/error.h"

namespace strop {

static constexpr float kUnseenScore = 3.0F;

InfoBatch::InfoBatch(std::size_t samples, double share, double epochs, std::uint64_t seed, double delta)
    : share_(share), epochs_(epochs), delta_(delta), seed_(seed) {
  if (!(share >= 0 && share < 1)) {
    fail(ErrorKind::usage, "infobatch: found {}, expected the share of easy samples to leave out, 0 to below 1", share);
  }
  if (enabled()) state_.start.assign(samples, kUnseenScore);
  state_.now = state_.start;
}

bool InfoBatch::is_full_epoch(std::int64_t epoch) const {
  return !enabled() ||
         epoch >= static_cast<std::int64_t>(std::ceil(epochs_) - std::floor((1 - delta_) * epochs_ + 1e-9));
}

Indices InfoBatch::choose(const Indices& active, std::int64_t epoch, std::vector<float>& weight_of_sample) const {
  if (is_full_epoch(epoch)) return active;
  const auto score = [&](std::int64_t sample) { return state_.start[static_cast<std::size_t>(sample)]; };
  double sum = 0;
  for (const auto sample : active) sum += score(sample);
  const double mean = sum / static_cast<double>(active.size());
  Indices easy;
  for (const auto sample : active) {
    if (score(sample) < mean) easy.push_back(sample);
  }
  Rng(seed_, RngUse::infobatch, {static_cast<std::uint64_t>(epoch)}).shuffle(easy);
  const auto stay = static_cast<std::size_t>((1 - share_) * static_cast<double>(easy.size()));
  std::vector<char> out(state_.start.size(), 0);
  for (std::size_t i = 0; i < easy.size(); ++i) {
    const auto sample = static_cast<std::size_t>(easy[i]);
    out[sample] = i >= stay;
    if (i < stay) weight_of_sample[sample] = static_cast<float>(1 / (1 - share_));
  }
  Indices chosen;
  std::copy_if(active.begin(), active.end(), std::back_inserter(chosen),
               [&](std::int64_t sample) { return out[static_cast<std::size_t>(sample)] == 0; });
  return chosen;
}

void InfoBatch::record(std::int64_t sample, float loss) {
  // A score that is not a number would make the mean one, and nothing would be easy any more.
  if (enabled() && std::isfinite(loss)) state_.now.at(static_cast<std::size_t>(sample)) = loss;
}

void InfoBatch::restore(InfoBatchState state) {
  if (state.start.size() != state_.start.size() || state.now.size() != state_.now.size()) {
    throw std::invalid_argument("InfoBatch state of another number of samples");
  }
  state_ = std::move(state);
}

}  // namespace strop
