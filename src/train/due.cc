#include "train/due.h"

#include <algorithm>

namespace strop {

DueBlocks::DueBlocks(const Model& model, const Stage& stage, const Options& options)
    : period_(stage.update_period),
      at_a_time_(options.block_cycle),
      turn_steps_(std::max<std::int64_t>(1, options.block_cycle_steps)) {
  for (const auto& name : stage.blocks) (model.index_of(name) >= model.head_begin() ? head_ : cycled_).push_back(name);
  std::sort(cycled_.begin(), cycled_.end(),
            [&](const std::string& a, const std::string& b) { return model.index_of(a) > model.index_of(b); });
}

std::set<std::string> DueBlocks::active(std::int64_t step) const {
  std::set<std::string> blocks(head_.begin(), head_.end());
  const auto count = static_cast<std::int64_t>(cycled_.size());
  if (at_a_time_ <= 0 || at_a_time_ >= count) {
    blocks.insert(cycled_.begin(), cycled_.end());
    return blocks;
  }
  const auto turns = (count + at_a_time_ - 1) / at_a_time_;
  const auto turn = (step - 1) / turn_steps_ % turns;
  for (auto i = turn * at_a_time_; i < std::min(count, (turn + 1) * at_a_time_); ++i) {
    blocks.insert(cycled_[static_cast<std::size_t>(i)]);
  }
  return blocks;
}

std::set<std::string> DueBlocks::at(std::int64_t step) const {
  auto blocks = active(step);
  std::erase_if(blocks, [&](const std::string& name) {
    const auto period = period_.find(name);
    return period != period_.end() && step % period->second != 0;
  });
  return blocks;
}

std::set<std::string> DueBlocks::leaving(std::int64_t step) const {
  if (step <= 1) return {};
  auto blocks = active(step - 1);
  for (const auto& name : active(step)) blocks.erase(name);
  return blocks;
}

}  // namespace strop
