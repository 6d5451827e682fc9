// A head solved in closed form before other parts train: the frozen prefix that both read runs once.
#include <gtest/gtest.h>
#include <torch/types.h>

#include "models/reference.h"
#include "nn/compare.h"
#include "random_tokens.h"
#include "temp_folder.h"
#include "train/trainer.h"

namespace strop {
namespace {

constexpr std::int64_t kEpochs = 4;

class CountedTokens : public RandomTokens {
 public:
  State make(std::span<const std::int64_t> samples, std::int64_t view) override {
    made += static_cast<std::int64_t>(samples.size());
    return RandomTokens::make(samples, view);
  }
  std::int64_t made = 0;
};

struct Outcome {
  std::unique_ptr<Model> model = tiny_bert();
  CountedTokens train, validation;
};

// The head, then the last encoder block and what is above it.
void run(Outcome& outcome, const std::string& cache) {
  const TempFolder folder;
  Plan plan;
  plan.precision = plan.prefix_precision = "fp32";
  plan.options.augment = {"swap"};  // RandomTokens has two views of each sample
  plan.options.cache = cache;
  plan.options.cache_limit = "64M";
  plan.options.per_device_train_batch_size = 30;
  plan.options.load_best_model_at_end = false;
  plan.options.metric_for_best_model = "loss";
  const auto& model = *outcome.model;
  const auto last = model.size() - 1;
  auto& head = plan.stages.emplace_back();
  head.solver = "ridge";
  head.method = "head";
  head.blocks = {model.block(last).name()};
  head.cut = model.block(last).name();
  auto& top = plan.stages.emplace_back();
  top.max_steps = 5 * kEpochs;
  top.learning_rate = 1e-3;
  for (std::size_t i = model.index_of("encoder.layer.1"); i <= last; ++i) top.blocks.push_back(model.block(i).name());
  top.cut = "encoder.layer.1";
  TrainData data;
  data.train = &outcome.train;
  data.validation = &outcome.validation;
  data.evaluate = [](BatchSource& source, torch::ScalarType) {
    std::vector<std::int64_t> some = {0, 1, 2};
    source.make(some, 0);
    return Evaluation{{"loss", 1.0}};
  };
  Console console(ConsoleMode::off);
  Trainer(*outcome.model, plan, data, folder.path(), console).run({});
}

TEST(SolvedPrefix, RunsOnceForBothStages) {
  Outcome kept, anew;
  run(kept, "ram");
  run(anew, "none");
  const auto samples = static_cast<std::int64_t>(kept.train.size());
  EXPECT_EQ(kept.train.made, 2 * samples);
  EXPECT_EQ(anew.train.made, (2 + kEpochs) * samples);
  EXPECT_EQ(kept.validation.made, 64) << "the chunk of the rows that were asked for";
  for (std::size_t i = 0; i < kept.model->size(); ++i) {
    const auto &layers = kept.model->block(i).layers(), &others = anew.model->block(i).layers();
    for (std::size_t at = 0; at < layers.size(); ++at) {
      if (!layers[at].second->weight.defined()) continue;  // a bias alone
      EXPECT_TRUE(same_bits(layers[at].second->weight, others[at].second->weight)) << layers[at].first;
    }
  }
}

}  // namespace
}  // namespace strop
