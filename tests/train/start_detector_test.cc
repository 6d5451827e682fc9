// Where a detector's head for other classes begins.
#include "train/start_detector.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "models/family.h"
#include "nn/conv.h"

namespace strop {
namespace {

std::filesystem::path tiny(const std::string& family) {
  return std::filesystem::path(STROP_SOURCE_DIR) / "tests" / "data" / family;
}

Opened started(const std::filesystem::path& base, const std::vector<std::string>& labels, const Options& chosen = {}) {
  Opened opened;
  ModelOptions options;
  options.label_names = labels;
  auto model = open_model(base, options);
  opened.model = std::move(model.model);
  opened.made = std::move(model.made);
  opened.base_folder = base;
  start_detector(opened, chosen);
  return opened;
}

// A softmax head has a row behind those of its labels, "nothing is here": it is as true of other classes.
TEST(StartDetector, KnownClassesAndNothingKeepTheirRows) {
  const auto base = tiny("yolos/tiny");
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

// FastestDet's classes are rows of a convolution and of its norm. As many classes as before are no reason to keep them
// by their places.
TEST(StartDetector, RowsOfAConvolutionAndItsNormGoByName) {
  const auto base = tiny("fastestdet/tiny");
  const auto file = open_model(base, {});
  for (const auto& labels : {std::vector<std::string>{"LABEL_2", "LABEL_0", "LABEL_1"}, {"LABEL_1", "fox"}}) {
    const auto opened = started(base, labels);
    for (const auto* name : {"detect_head.cls_layers.conv5x5.3", "detect_head.cls_layers.conv5x5.4"}) {
      const auto own = opened.model->find_layer(name)->stored(), stored = file.model->find_layer(name)->stored();
      for (std::size_t part = 0; part < own.size(); ++part) {
        for (std::size_t i = 0; i < labels.size(); ++i) {
          if (labels[i] == "fox") continue;
          EXPECT_TRUE(at::equal((*own[part].tensor)[static_cast<std::int64_t>(i)],
                                (*stored[part].tensor)[labels[i].back() - '0']))
              << name << own[part].suffix << " " << labels[i];
        }
      }
      EXPECT_NE(std::ranges::find(opened.made, name), opened.made.end());
    }
  }
  const auto opened = started(base, {"ant", "bee", "fox"});
  for (const auto* name : {"detect_head.cls_layers.conv5x5.3", "detect_head.cls_layers.conv5x5.4"}) {
    EXPECT_FALSE(at::equal(opened.model->find_layer(name)->weight, file.model->find_layer(name)->weight))
        << name << ": rows of other classes stay by their places";
  }
  const auto* norm = dynamic_cast<const BatchNorm2d*>(opened.model->find_layer("detect_head.cls_layers.conv5x5.4"));
  EXPECT_EQ(norm->statistics, BatchNorm2d::Statistics::fresh);
}

TEST(StartDetector, WithoutAWordOfPlacesNothingIsTakenOver) {
  Options random;
  random.head_init = "random";
  const auto base = tiny("fastestdet/tiny");
  const auto file = open_model(base, {});
  const std::string name = "detect_head.cls_layers.conv5x5.3";
  EXPECT_FALSE(at::equal(started(base, file.model->label_names, random).model->find_layer(name)->weight,
                         file.model->find_layer(name)->weight));
}

}  // namespace
}  // namespace strop
