// Where a detector's head for other classes begins.
#include "train/start_detector.h"

#include <gtest/gtest.h>

#include "models/family.h"

namespace strop {
namespace {

// A softmax head has a row behind those of its labels, "nothing is here": it is as true of other classes.
TEST(StartDetector, KnownClassesAndNothingKeepTheirRows) {
  const std::filesystem::path base = std::filesystem::path(STROP_SOURCE_DIR) / "tests" / "data" / "yolos" / "tiny";
  const std::string name = "class_labels_classifier.layers.2";
  const auto stored = open_model(base, {}).model->find_layer(name)->weight;  // cat, dog, owl, nothing
  for (const auto& labels :
       {std::vector<std::string>{"owl", "fox"}, {"owl", "fox", "cat"}, {"fox", "owl", "ant", "dog"}}) {
    Opened opened;
    ModelOptions options;
    options.label_names = labels;
    opened.model = open_model(base, options).model;
    opened.base_folder = base;
    EXPECT_EQ(start_detector(opened, {}).size(), 2U);
    const auto& weight = opened.model->find_layer(name)->weight;
    ASSERT_EQ(weight.size(0), static_cast<std::int64_t>(labels.size()) + 1);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const std::int64_t from = labels[i] == "cat" ? 0 : labels[i] == "dog" ? 1 : labels[i] == "owl" ? 2 : -1;
      const auto row = weight[static_cast<std::int64_t>(i)];
      if (from >= 0) {
        EXPECT_TRUE(at::equal(row, stored[from])) << labels[i];
      } else {
        EXPECT_LT(row.abs().max().item<double>(), 0.06) << labels[i] << " begins near nothing";
      }
    }
    EXPECT_TRUE(at::equal(weight[weight.size(0) - 1], stored[3])) << "nothing";
  }
}

}  // namespace
}  // namespace strop
