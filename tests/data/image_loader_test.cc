#include "data/image_loader.h"

#include <gtest/gtest.h>

#include "image/encode.h"
#include "temp_folder.h"

namespace strop {
namespace {

using Batches = std::vector<std::vector<std::int64_t>>;

class Loader : public testing::Test {
 protected:
  Loader() {
    for (int i = 0; i < 12; ++i) {
      Picture picture(40, 30, static_cast<std::uint8_t>(20 * i), 90, 10);
      picture.row(i)[0] = 255;
      const std::string name = std::to_string(i) + ".jpg";
      split_.samples.push_back({name, {folder_.write(name, encode_jpeg(picture.view())), nullptr}});
      split_.samples.back().label = i % 3;
    }
    form_.width = form_.height = 16;
  }
  std::vector<PictureBatch> load(const Batches& batches, LoaderConfig config, std::int64_t epoch = 0) const {
    const PictureMaker maker(form_, augment_level("medium"));
    ImageLoader loader(split_, maker, config);
    loader.start(batches, epoch);
    std::vector<PictureBatch> result;
    for (PictureBatch batch; loader.next(batch);) result.push_back(batch);
    return result;
  }

  TempFolder folder_;
  ImageSplit split_;
  InputForm form_;
};

constexpr std::size_t kFloats = 3 * 16 * 16;

TEST_F(Loader, OrderAndPixelsDoNotDependOnThreads) {
  const Batches batches = {{3, 1, 4}, {}, {1, 5, 9, 2, 6}, {0}, {11, 10}, {8, 7}};
  const auto one = load(batches, {.threads = 1, .ahead = 1});
  ASSERT_EQ(one.size(), batches.size());
  for (const auto& config : {LoaderConfig{.threads = 4, .ahead = 2}, LoaderConfig{.threads = 3, .ahead = 9}}) {
    const auto many = load(batches, config);
    ASSERT_EQ(many.size(), batches.size());
    for (std::size_t b = 0; b < batches.size(); ++b) {
      EXPECT_EQ(many[b].samples, batches[b]);
      EXPECT_EQ(many[b].pixels.size(), batches[b].size() * kFloats);
      EXPECT_EQ(many[b].pixels, one[b].pixels);
      for (std::size_t i = 0; i < many[b].size(); ++i) EXPECT_EQ(many[b].samples[i], batches[b][i]);
    }
  }
}

TEST_F(Loader, EpochsDifferAndEvaluationDoesNot) {
  EXPECT_EQ(load({{0, 1}}, {}, 1)[0].pixels, load({{0, 1}}, {}, 1)[0].pixels);
  EXPECT_NE(load({{0, 1}}, {}, 1)[0].pixels, load({{0, 1}}, {}, 2)[0].pixels);
  EXPECT_NE(load({{0, 1}}, {.seed = 1}, 1)[0].pixels, load({{0, 1}}, {.seed = 2}, 1)[0].pixels);
  EXPECT_EQ(load({{0, 1}}, {.training = false}, 1)[0].pixels, load({{0, 1}}, {.training = false}, 2)[0].pixels);
}

TEST_F(Loader, LayoutsHoldTheSameValues) {
  const auto hwc = load({{5}}, {.layout = PixelLayout::hwc}), chw = load({{5}}, {.layout = PixelLayout::chw});
  for (std::size_t i = 0; i < kFloats; ++i) ASSERT_EQ(hwc[0].pixels[i], chw[0].pixels[i % 3 * 256 + i / 3]);
}

TEST_F(Loader, DamagedFilesAreLeftOutAndNamed) {
  folder_.write("1.jpg", "no picture");
  std::filesystem::remove(split_.samples[2].bytes.file);
  const auto all = load({{0, 1, 2, 3}, {1, 2}}, {.threads = 2});
  EXPECT_EQ(all[0].samples, (std::vector<std::int64_t>{0, 3}));
  ASSERT_EQ(all[0].failed.size(), 2U);
  EXPECT_EQ(all[0].failed[0].name, "1.jpg");
  EXPECT_NE(all[0].failed[1].reason.find("cannot be read"), std::string::npos);
  EXPECT_EQ(all[1].size(), 0U);
  const auto alone = load({{3}}, {});
  EXPECT_TRUE(std::equal(alone[0].pixels.begin(), alone[0].pixels.end(), all[0].pixels.begin() + kFloats));
}

TEST_F(Loader, CanBeStartedAgainAndLeftInTheMiddle) {
  const PictureMaker maker(form_, augment_level("light"));
  ImageLoader loader(split_, maker, {.threads = 3, .ahead = 3});
  PictureBatch batch;
  EXPECT_FALSE(loader.next(batch));
  for (std::int64_t epoch = 0; epoch < 20; ++epoch) {
    loader.start({{0, 1, 2}, {3, 4, 5}, {6, 7, 8}, {9, 10, 11}}, epoch);
    ASSERT_TRUE(loader.next(batch));
    EXPECT_EQ(batch.samples, (std::vector<std::int64_t>{0, 1, 2}));
    ASSERT_TRUE(loader.next(batch));
    EXPECT_EQ(batch.samples, (std::vector<std::int64_t>{3, 4, 5}));
  }
}

}  // namespace
}  // namespace strop
