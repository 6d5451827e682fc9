#include "config/unread_keys.h"

#include <gtest/gtest.h>

#include "config/schema.h"

namespace strop {
namespace {

using Lines = std::vector<std::string>;

Options with(const std::map<std::string, std::string>& keys) {
  Options options;
  for (const auto& [name, value] : keys) set_option(options, name, value, "test");
  return options;
}

TEST(UnreadKeys, NothingIsSaidOfDefaultsAndOfWhatIsRead) {
  EXPECT_EQ(unread_keys({}), Lines());
  EXPECT_EQ(unread_keys(with({{"method", "lora"}, {"lora_r", "4"}, {"target_modules", "query"}})), Lines());
  EXPECT_EQ(unread_keys(with({{"lora_r", "4"}})), Lines()) << "method=auto may choose it";
  EXPECT_EQ(
      unread_keys(with({{"method", "full"}, {"pretrain_data", "d"}, {"pretrain_method", "layerwise"}, {"top_k", "2"}})),
      Lines())
      << "the first of two runs reads it";
  EXPECT_EQ(unread_keys(with({{"cache_dir", "d"}})), Lines()) << "cache=auto may choose the disk";
}

TEST(UnreadKeys, AreNamedWithWhatReadsThem) {
  EXPECT_EQ(unread_keys(with({{"method", "full"}, {"lora_r", "4"}, {"target_modules", "query"}})),
            (Lines{"lora_r: has no effect: it is for method=lora, this run has method=full",
                   "target_modules: has no effect: it is for method=lora|ia3, this run has method=full"}));
  EXPECT_EQ(
      unread_keys(with({{"mixup_alpha", "0.3"}, {"resample", "epoch"}, {"pretrain_epochs", "9"}})),
      (Lines{"pretrain_epochs: has no effect without pretrain_data", "mixup_alpha: has no effect without augment=mixup",
             "resample: has no effect without data_fraction below 1"}));
}

TEST(UnreadKeys, OfOtherTasks) {
  const auto options = with({{"mixup_alpha", "0.3"}, {"conf", "0.2"}, {"max_length", "9"}, {"seed", "3"}});
  EXPECT_EQ(keys_of_other_tasks(options, "image-classification"),
            (Lines{"max_length: has no effect: it is for text-classification, this run is image-classification",
                   "conf: has no effect: it is for object-detection, this run is image-classification"}));
  EXPECT_EQ(keys_of_other_tasks(options, "object-detection").size(), 2U);
  EXPECT_EQ(keys_of_other_tasks({}, "object-detection"), Lines());
}

TEST(UnreadKeys, OfStepsWhereNoneAreTaken) {
  Plan plan;
  plan.options = with({{"ema", "0.9"}, {"augment", "mixup"}});
  plan.stages.resize(1);
  plan.stages[0].solver = "ridge";
  EXPECT_EQ(keys_of_steps(plan).size(), 2U);
  EXPECT_EQ(keys_of_steps(plan).at(0).substr(0, 20), "ema: has no effect: ");
  plan.stages[0].solver = "gradient";
  EXPECT_EQ(keys_of_steps(plan), Lines());
}

}  // namespace
}  // namespace strop
