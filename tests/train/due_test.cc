#include "train/due.h"

#include <gtest/gtest.h>

#include "models/reference.h"

namespace strop {
namespace {

using Names = std::set<std::string>;
const Names kHead = {"pooler", "classifier"};

Names with_head(Names names) {
  names.insert(kHead.begin(), kHead.end());
  return names;
}

Stage whole_row(const Model& model) {
  Stage stage;
  stage.blocks = model.block_names();
  return stage;
}

TEST(Due, EverythingOnEveryStepWithoutLevers) {
  const auto model = tiny_bert();
  const DueBlocks due(*model, whole_row(*model), {});
  const auto names = model->block_names();
  for (const int step : {1, 2, 3}) {
    EXPECT_EQ(due.at(step), Names(names.begin(), names.end()));
    EXPECT_EQ(due.leaving(step), Names());
  }
}

TEST(Due, Periods) {
  const auto model = tiny_bert();
  Stage stage = whole_row(*model);
  stage.update_period = {{"encoder.layer.2", 2}, {"encoder.layer.1", 4}, {"encoder.layer.0", 4}, {"embeddings", 4}};
  const DueBlocks due(*model, stage, {});
  EXPECT_EQ(due.at(1), kHead);
  EXPECT_EQ(due.at(2), with_head({"encoder.layer.2"}));
  EXPECT_EQ(due.at(3), kHead);
  EXPECT_EQ(due.at(4), with_head({"encoder.layer.2", "encoder.layer.1", "encoder.layer.0", "embeddings"}));
  EXPECT_EQ(due.at(6), due.at(2));
}

TEST(Due, CyclesFromTheTop) {
  const auto model = tiny_bert();
  Options options;
  options.block_cycle = 2;
  options.block_cycle_steps = 3;
  const DueBlocks due(*model, whole_row(*model), options);
  const auto top = with_head({"encoder.layer.2", "encoder.layer.1"}),
             bottom = with_head({"encoder.layer.0", "embeddings"});
  for (const int step : {1, 2, 3, 7, 8, 9}) EXPECT_EQ(due.at(step), top) << step;
  for (const int step : {4, 5, 6, 10}) EXPECT_EQ(due.at(step), bottom) << step;
  EXPECT_EQ(due.leaving(4), Names({"encoder.layer.2", "encoder.layer.1"}));
  EXPECT_EQ(due.leaving(7), Names({"encoder.layer.0", "embeddings"}));
  for (const int step : {1, 2, 5}) EXPECT_EQ(due.leaving(step), Names()) << step;
}

TEST(Due, UnevenCycleAndPeriodsTogether) {
  const auto model = tiny_bert();
  Options options;
  options.block_cycle = 3;
  options.block_cycle_steps = 2;
  Stage stage = whole_row(*model);
  stage.update_period = {{"embeddings", 2}};
  const DueBlocks due(*model, stage, options);
  EXPECT_EQ(due.at(1), with_head({"encoder.layer.2", "encoder.layer.1", "encoder.layer.0"}));
  EXPECT_EQ(due.at(3), kHead);  // the turn of the embeddings, but not their step
  EXPECT_EQ(due.at(4), with_head({"embeddings"}));
  EXPECT_EQ(due.at(5), due.at(1));
}

}  // namespace
}  // namespace strop
