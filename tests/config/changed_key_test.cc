#include "config/changed_key.h"

#include <gtest/gtest.h>

namespace strop {
namespace {

TEST(ChangedKey, IsTheFirstThatAsksForAnotherValue) {
  Options asked, planned;
  planned.learning_rate = "0.003";
  planned.device = "cuda:0";
  EXPECT_FALSE(changed_key(asked, {}, planned)) << "nothing is asked for";
  asked.device = "cuda";
  EXPECT_FALSE(changed_key(asked, {"device"}, planned)) << "the first GPU";
  asked.num_train_epochs = 7;
  const auto found = changed_key(asked, {"device", "num_train_epochs"}, planned);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "num_train_epochs");
  EXPECT_EQ(found->asked, "7");
  asked.num_train_epochs = planned.num_train_epochs;
  asked.device = "cuda:1";
  EXPECT_EQ(changed_key(asked, {"device"}, planned)->planned, "cuda:0");
}

}  // namespace
}  // namespace strop
