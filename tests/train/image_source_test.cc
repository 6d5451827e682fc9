#include "train/tasks/image_source.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "core/error.h"
#include "image/encode.h"
#include "temp_folder.h"
#include "train/mix.h"

namespace strop {
namespace {

class Source : public testing::Test {
 protected:
  Source() {
    for (int i = 0; i < 10; ++i) {
      Picture picture(70, 60, static_cast<std::uint8_t>(25 * i), 90, 10);
      for (int x = 0; x < 60; ++x) picture.row(x)[3 * x] = 255;
      const std::string name = std::to_string(i) + ".png";
      split_.samples.push_back({name, {folder_.write(name, encode_png(picture.view())), nullptr}});
      split_.samples.back().label = i % 3;
    }
    work_.form.width = work_.form.height = 64;
    work_.threads = 2;
  }
  torch::Tensor make(ImageSource& source, const BatchSource::Samples& samples, std::int64_t view = 0) const {
    return source.make(samples, view).at("pixels");
  }

  TempFolder folder_;
  ImageSplit split_;
  ImageWork work_;
};

TEST_F(Source, GivesPicturesWithTheirChannelsLast) {
  ImageSource source(split_, work_);
  const auto pixels = make(source, {3, 1});
  EXPECT_EQ(pixels.sizes(), (std::vector<std::int64_t>{2, 3, 64, 64}));
  EXPECT_TRUE(pixels.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_NEAR(pixels[0][1][5][40].item<float>(), (90 / 255.0 - 0.456) / 0.224, 1e-4);
  EXPECT_EQ(source.views(), 1);
  EXPECT_TRUE(torch::equal(make(source, {3, 1}, 5), pixels));
}

TEST_F(Source, WhatWasAskedForAheadIsTheSame) {
  work_.augment = augment_level("medium");
  ImageSource plain(split_, work_), ahead(split_, work_);
  const std::vector<BatchSource::Samples> batches = {{0, 1, 2}, {9, 4}, {3, 8, 7, 6}};
  ahead.prefetch(batches, 2);
  std::vector<torch::Tensor> kept;  // their memory is not used again while they live
  for (const auto& batch : batches) kept.push_back(make(ahead, batch, 2));
  for (std::size_t i = 0; i < batches.size(); ++i) EXPECT_TRUE(torch::equal(kept[i], make(plain, batches[i], 2))) << i;
  ahead.prefetch(batches, 3);
  EXPECT_TRUE(torch::equal(make(ahead, {5}, 3), make(plain, {5}, 3)));  // another batch than was said
  EXPECT_TRUE(torch::equal(make(ahead, {0, 1, 2}, 3), make(plain, {0, 1, 2}, 3)));
  EXPECT_FALSE(torch::equal(make(plain, {5}, 3), make(plain, {5}, 4)));
  EXPECT_EQ(plain.views(), work_.views);
  EXPECT_GT(plain.fresh_views(), 1000);
}

TEST_F(Source, DamagedPicturesLoseTheirLabel) {
  folder_.write("4.png", "no picture");
  ImageSource source(split_, work_);
  const auto pixels = make(source, {2, 4, 5});
  EXPECT_EQ(pixels.size(0), 3);
  EXPECT_EQ(pixels[1].abs().max().item<float>(), 0);
  EXPECT_TRUE(torch::equal(pixels[2], make(source, {5})[0]));
  EXPECT_EQ(source.labels()[4], -1);
  EXPECT_EQ(source.labels()[5], 2);
  EXPECT_NE(source.fault_of(4).find("4.png"), std::string::npos);
  EXPECT_EQ(source.fault_of(5), "");
  work_.strict = true;
  ImageSource strict(split_, work_);
  EXPECT_THROW(make(strict, {2, 4}), Error);
}

TEST_F(Source, OneDamagedFileListedTwiceIsTwoDamagedRows) {
  folder_.write("4.png", "no picture");
  split_.samples.push_back(split_.samples[4]);
  ImageSource source(split_, work_);
  make(source, {4, 1, 10});
  EXPECT_EQ(source.labels()[4], -1);
  EXPECT_EQ(source.labels()[10], -1);
  EXPECT_EQ(source.labels()[1], 1);
}

TEST_F(Source, SizesGrowWithTheView) {
  work_.smallest = 0.5;
  work_.full_size_at = 2;
  ImageSource source(split_, work_);
  EXPECT_GT(source.fresh_views(), 1000) << "each epoch has its own, augmented or not";
  EXPECT_EQ(make(source, {1}, 0).size(2), 32);
  EXPECT_EQ(make(source, {1}, 2).size(2), 64);
  EXPECT_EQ(make(source, {1}, 9).size(3), 64);
}

TEST_F(Source, TheLastEpochHasFullSize) {
  for (const auto& [epochs, first] : {std::pair{0.3, 0}, {1.0, 0}, {1.5, 1}, {2.0, 1}, {3.0, 2}, {4.0, 3}, {12.0, 9}})
    EXPECT_EQ(full_size_from(epochs), first) << epochs;
  work_.smallest = 0.5;
  work_.full_size_at = 0;
  ImageSource source(split_, work_);
  EXPECT_EQ(make(source, {1}, 0).size(2), 64);
}

TEST_F(Source, MixesRectanglesAndWholes) {
  ImageSource source(split_, work_);
  const State state = source.make(BatchSource::Samples{0, 1, 2, 3}, 0);
  const std::vector<Port> ports = {{"pixels", Rows::sample}};
  const auto mix = draw_mix(state, 4, 0, 1.0, 7);
  const auto [left, top, width, height] = mix.rectangle;
  EXPECT_NEAR(mix.share, 1 - static_cast<double>(width * height) / (64 * 64), 1e-9);
  State cut = state;
  mix_samples(cut, ports, mix);
  const auto partner = mix.partner[0].item<std::int64_t>();
  const auto inside = [&](const torch::Tensor& t) { return t.narrow(1, top, height).narrow(2, left, width); };
  EXPECT_TRUE(torch::equal(inside(cut.at("pixels")[0]), inside(state.at("pixels")[partner])));
  const auto changed = cut.at("pixels")[0].ne(state.at("pixels")[0]).any(0).sum().item<std::int64_t>();
  EXPECT_LE(changed, width * height);
  EXPECT_TRUE(cut.at("pixels").is_contiguous(at::MemoryFormat::ChannelsLast));

  const auto blend = draw_mix(state, 4, 0.4, 0, 7);
  EXPECT_EQ(blend.rectangle[2], 0);
  EXPECT_FALSE(draw_mix(state, 1, 0.4, 1, 7).partner.defined());
  State features;
  features.set("pooled", torch::randn({4, 8}));
  EXPECT_EQ(draw_mix(features, 4, 0, 1.0, 7).rectangle[2], 0);  // features have no rectangle
}

}  // namespace
}  // namespace strop
