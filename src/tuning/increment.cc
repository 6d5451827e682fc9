#include "tuning/increment.h"

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
    fail(ErrorKind::usage, "method incremental: this {} model has no branch for new classes: it adds to a detector the classes of "
         "the data that the model lacks, and there are none", model.family);
  }
  std::vector<Stage> stages = {stage_from(model, options, "new classes", "incremental", last)};
  if (options.join_epochs > 0) {
    Stage join = stage_from(model, options, "join", "full", 0);
    join.epochs = options.join_epochs;
    for (const auto& block : join.blocks) {
      const auto own = join.lr_scale.try_emplace(block, 1).first;
      own->second *= kJoinRate;
    }
    stages.push_back(join);
  }
  return stages;
}

}  // namespace strop
