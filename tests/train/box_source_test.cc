// Boxes on their way into a detector: how many rows a batch has, pictures that go bad midway, boxes that augmentation
// loses, and all of it through the cache before a cut.
#include "train/tasks/box_source.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <set>

#include "core/error.h"
#include "image/encode.h"
#include "models/detector.h"
#include "temp_folder.h"
#include "train/prefix_source.h"
#include "train/tasks/boxes.h"

namespace strop {
namespace {

// 150 pictures of 40 x 30, the n-th with n % 7 boxes.
class BoxBatches : public testing::Test {
 protected:
  BoxBatches() {
    for (int i = 0; i < 150; ++i) {
      const auto name = folder_.write(fmt::format("{}.png", i),
                                      encode_png(Picture(40, 30, static_cast<std::uint8_t>(i), 90, 10).view()));
      BoxSample sample{name, {name, nullptr}, 40, 30, i + 1, {}};
      for (int k = 0; k < i % 7; ++k)
        sample.boxes.push_back({{3.0 + k, 2.0 + i % 5, 20, 10}, k % 2, false, 200, k + 1});
      split_.samples.push_back(sample);
    }
    work_.form.width = work_.form.height = 64;
    work_.form.fit = Fit::letterbox;
  }
  std::unique_ptr<BoxSource> source(bool strict = false) const {
    return std::make_unique<BoxSource>(split_, work_, 2, 2, strict);
  }
  // Of the boxes of a state's row: label and the left edge, where the input is as wide as 64 of the picture's 40
  // pixels.
  static void expect_boxes(const torch::Tensor& row, std::int64_t sample) {
    for (std::int64_t k = 0; k < row.size(0); ++k) {
      const bool there = k < sample % 7;
      ASSERT_EQ(row[k][0].item<float>(), there ? static_cast<float>(k % 2) : -1.0F) << sample;
      if (!there) continue;
      ASSERT_NEAR((row[k][1] - row[k][3] / 2).item<double>(), (3.0 + static_cast<double>(k)) * 1.6, 1e-4);
    }
  }

  TempFolder folder_;
  BoxSplit split_;
  BoxWork work_;
};

TEST_F(BoxBatches, AreAsLongAsTheirOwnLongestList) {
  const auto made = source();
  EXPECT_EQ(made->make(std::vector<std::int64_t>{0, 7}, 0).at(kTargets).sizes(), (std::vector<std::int64_t>{2, 1, 5}));
  const auto targets = made->make(std::vector<std::int64_t>{2, 6, 0}, 0).at(kTargets);
  EXPECT_EQ(targets.sizes(), (std::vector<std::int64_t>{3, 6, 5}));
  for (const std::int64_t row : {0, 1, 2})
    expect_boxes(targets[row], std::vector<std::int64_t>{2, 6, 0}[static_cast<std::size_t>(row)]);
}

TEST_F(BoxBatches, APictureThatGoesMidwayIsSkippedAndSaid) {
  const auto made = source(), strict = source(true);
  made->make(std::vector<std::int64_t>{5, 6}, 0);
  std::filesystem::remove(folder_ / "6.png");
  const auto state = made->make(std::vector<std::int64_t>{5, 6, 4}, 0);
  EXPECT_EQ(state.at("pixels")[1].abs().max().item<float>(), 0);
  EXPECT_EQ(state.at(kTargets)[1].max().item<float>(), -1);
  expect_boxes(state.at(kTargets)[0], 5);
  expect_boxes(state.at(kTargets)[2], 4);
  EXPECT_EQ(made->labels()[6], -1);
  EXPECT_EQ(made->labels()[4], 0);
  EXPECT_NE(made->fault_of(6).find("6.png"), std::string::npos);
  EXPECT_THROW(strict->make(std::vector<std::int64_t>{5, 6}, 0), Error);
}

TEST_F(BoxBatches, BoxesThatAugmentationLeavesOutAreCounted) {
  const auto plain = source();
  plain->make(std::vector<std::int64_t>{6, 13}, 0);
  EXPECT_TRUE(plain->findings().empty());
  work_.augment.scale_min = work_.augment.scale_max = 4;  // a sixteenth of the picture is seen
  const auto close = source();
  std::int64_t kept = 0;
  for (std::int64_t view = 0; view < 5; ++view) {
    const auto state = close->make(std::vector<std::int64_t>{6, 13}, view);
    kept += (state.at(kTargets).select(2, 0) >= 0).sum().item<std::int64_t>();
  }
  ASSERT_LT(kept, 60);
  ASSERT_EQ(close->findings().size(), 1U);
  EXPECT_NE(close->findings()[0].find(fmt::format("augment: {} of 60 boxes", 60 - kept)), std::string::npos)
      << close->findings()[0];
}

TEST_F(BoxBatches, TheSideFollowsTheStep) {
  work_.sides = InputSides(work_.form, 0.5, 32, 3);
  work_.mixing_ends = 9;
  const auto made = source(), again = source();
  const std::vector<BatchSource::Samples> batches = {{6, 13}, {5, 2}};
  EXPECT_EQ(made->steps_alike(), InputSides::kSteps);
  EXPECT_GT(made->fresh_views(), 1000) << "the last epochs differ";
  EXPECT_EQ(made->make(batches[0], 0).at("pixels").size(2), 64) << "a look at the data before the first step";
  std::set<std::int64_t> seen;
  for (std::int64_t step = 0; step < 200; step += 10) {
    made->begin_steps(step);
    made->prefetch(batches, 0);
    for (const auto& samples : batches) {
      const auto state = made->make(samples, 0);
      const auto side = state.at("pixels").size(3);
      seen.insert(side);
      ASSERT_EQ(side, work_.sides.at(step));
      ASSERT_EQ(state.at("pixels").size(2), side);
      // Of the first row's first box, 20 of the picture's 40 pixels wide.
      ASSERT_NEAR(state.at(kTargets)[0][0][3].item<double>(), static_cast<double>(side) / 2, 1e-4);
      again->begin_steps(step + 7);  // as a resumed run, which begins in the middle
      ASSERT_TRUE(torch::equal(again->make(samples, 0).at("pixels"), state.at("pixels"))) << step;
    }
  }
  EXPECT_EQ(seen, (std::set<std::int64_t>{32, 64, 96}));
  ASSERT_EQ(made->findings().size(), 1U);
  EXPECT_EQ(made->findings()[0], "multi_scale: training inputs had sides of 32, 64, 96 pixels");
  for (std::int64_t step = 0; step < 100; step += 10) {
    made->begin_steps(step);
    EXPECT_EQ(made->make(batches[0], 9).at("pixels").size(2), 64) << "as evaluation has it, at the end";
  }
}

TEST_F(BoxBatches, CopiedBoxesAreCounted) {
  work_.augment.copy = 1;
  const auto made = source();
  std::int64_t boxes = 0;
  for (std::int64_t view = 0; view < 5; ++view) {
    const auto state = made->make(std::vector<std::int64_t>{0, 7, 14}, view);  // without boxes of their own
    boxes += (state.at(kTargets).select(2, 0) >= 0).sum().item<std::int64_t>();
  }
  ASSERT_GT(boxes, 5);
  ASSERT_EQ(made->findings().size(), 1U);
  EXPECT_EQ(made->findings()[0], fmt::format("augment: {} boxes were copied onto other pictures", boxes));
}

// Of a detector only that it is one: then the lists of boxes are live at every cut.
class SomeDetector : public Detector {
 public:
  std::vector<std::vector<std::int32_t>> groups() const override { return {}; }
  void export_to(onnx::Graph&, std::int64_t) const override {}
  std::vector<std::string> class_layers(std::size_t) const override { return {}; }
  std::vector<std::string> outputs() const override { return {}; }
  std::vector<std::vector<FoundBox>> decode(const State&, const DecodeSettings&) const override { return {}; }
  torch::Tensor losses(const State&) const override { return {}; }
  torch::Tensor distillations(const State&, const State&) const override { return {}; }
  std::int64_t stride() const override { return 1; }
};

TEST_F(BoxBatches, PassTheCacheWithTheirBoxes) {
  const auto made = source();
  const auto check = [&](PrefixSource& cached) {
    for (const auto& samples : {std::vector<std::int64_t>{0, 70}, {6, 149, 64}, {2, 1}}) {
      const auto targets = cached.make(samples, 0).at(kTargets);
      for (std::size_t i = 0; i < samples.size(); ++i) expect_boxes(targets[static_cast<std::int64_t>(i)], samples[i]);
    }
  };
  Model model("row", {}, "");
  model.detector = std::make_unique<SomeDetector>();
  for (const auto kind : {CacheKind::none, CacheKind::ram, CacheKind::disk}) {
    PrefixSource cached(*made, model, 0, torch::kFloat, {kind, 1, std::int64_t{64} << 20, folder_.path()}, true);
    EXPECT_EQ(cached.steps_alike(), 0);
    check(cached);
    check(cached);
  }
}

TEST(BoxEpochs, TheLastOfSeveralTakesPicturesAsTheyAre) {
  for (const auto& [epochs, first] :
       {std::pair{0.5, 1}, {1.0, 1}, {1.5, 1}, {2.0, 1}, {3.0, 2}, {6.0, 5}, {7.0, 6}, {20.0, 17}, {60.0, 51}})
    EXPECT_EQ(unmixed_from(epochs), first) << epochs;
}

}  // namespace
}  // namespace strop
