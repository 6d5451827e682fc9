#include "tuning/increment.h"

#include <algorithm>

#include "core/error.h"
#include "core/text.h"
#include "models/detector.h"
#include "tuning/full.h"

namespace strop {
namespace {

constexpr double kJoinRate = 0.1;

}  // namespace

std::vector<Stage> increment_stages(const ModelFacts& model, const Options& options) {
  const auto last = model.blocks.size() - 1;
  if (!starts_with(model.blocks[last].name, kIncrement)) {
    fail(ErrorKind::usage,
         "method incremental: this {} model has no branch for new classes: it adds to a detector the classes of "
         "the data that the model lacks, and there are none",
         model.family);
  }
  return {stage_from(model, options, "new classes", "incremental", last)};
}

std::vector<Stage> join_stages(const ModelFacts& model, const Options& options) {
  const bool added = std::any_of(model.blocks.begin(), model.blocks.end(),
                                 [](const BlockFacts& block) { return starts_with(block.name, kIncrement); });
  if (!added) {
    fail(ErrorKind::usage,
         "method join: goes on from a detector with added classes (method=incremental), and this {} model has none; "
         "method=full tunes all of a model",
         model.family);
  }
  Stage join = stage_from(model, options, "join", "join", 0);
  for (const auto& block : join.blocks) join.lr_scale.try_emplace(block, 1).first->second *= kJoinRate;
  return {join};
}

}  // namespace strop
