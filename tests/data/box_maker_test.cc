// What makes a detector's inputs but for the pictures: which boxes are copied, and which sides the inputs have.
#include "data/boxes/box_maker.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "errors.h"
#include "image/encode.h"
#include "temp_folder.h"

namespace strop {
namespace {

BoxSample picture_with(std::vector<std::int32_t> labels, const std::string& name = "") {
  BoxSample sample{name, {name, nullptr}, 40, 30, 1, {}};
  for (const auto label : labels) sample.boxes.push_back({{5, 5, 10, 10}, label, label == 9});
  return sample;
}

TEST(CopySources, RareClassesAreDrawnMoreOftenThanTheyOccur) {
  BoxSplit split;
  for (int i = 0; i < 33; ++i) split.samples.push_back(picture_with({0, 0, 0}));
  split.samples.push_back(picture_with({2}));
  split.samples.push_back(picture_with({9}));  // a crowd
  split.samples.push_back(picture_with({}));
  const CopySources sources(split);
  std::map<std::int32_t, int> drawn;
  Rng rng(4, RngUse::augment), again(4, RngUse::augment);
  for (int i = 0; i < 5000; ++i) {
    const auto choice = sources.draw(rng), same = sources.draw(again);
    EXPECT_TRUE(choice.row == same.row && choice.label == same.label);
    ++drawn[choice.label];
    if (choice.label == 2) EXPECT_EQ(choice.row, 33);
    else EXPECT_LT(choice.row, 33);
  }
  EXPECT_EQ(drawn.size(), 2U);
  EXPECT_NEAR(drawn[2] / 5000.0, 1 / (1 + std::sqrt(99.0)), 0.015) << "one box of a hundred";
  Rng other(5, RngUse::augment);
  EXPECT_EQ(CopySources(BoxSplit{"", {picture_with({9}), picture_with({})}}).draw(other).row, -1);
}

// A dark picture gets the bright box of another one, and none when mixing has ended.
TEST(BoxMaker, CopiesBoxesOfOtherPicturesUntilMixingEnds) {
  const TempFolder folder;
  BoxSplit split;
  for (const auto& [name, level] : {std::pair{"dark.png", 10}, {"bright.png", 250}}) {
    const auto grey = static_cast<std::uint8_t>(level);
    const auto file = folder.write(name, encode_png(Picture(40, 30, grey, grey, grey).view()));
    split.samples.push_back(
        picture_with(level > 100 ? std::vector<std::int32_t>{1} : std::vector<std::int32_t>{}, file));
  }
  BoxWork work;
  work.form.width = work.form.height = 64;
  work.form.fit = Fit::letterbox;
  work.augment.copy = 1;
  work.mixing_ends = 5;
  const BoxMaker maker(split, work);
  int copied = 0;
  for (std::int64_t epoch = 0; epoch < 5; ++epoch) {
    const auto made = maker.input(0, epoch);
    copied += static_cast<int>(made.copied);
    ASSERT_EQ(made.boxes.size(), static_cast<std::size_t>(made.copied));
    for (const auto& box : made.boxes) {
      EXPECT_EQ(box.label, 1);
      const auto at = [&](double x, double y) {
        return int{made.picture.row(static_cast<int>(y))[3 * static_cast<int>(x)]};
      };
      EXPECT_EQ(at(box.rect.x + box.rect.width / 2, box.rect.y + box.rect.height / 2), 250);
      EXPECT_EQ(at(box.rect.x + 1, box.rect.bottom() - 1), 250);
    }
  }
  EXPECT_EQ(copied, 5);
  EXPECT_TRUE(maker.input(0, 5).boxes.empty());
}

InputForm square_form(int side) {
  InputForm form;
  form.width = form.height = side;
  return form;
}

TEST(InputSides, AreMultiplesAroundTheFormsOwn) {
  EXPECT_EQ(InputSides(square_form(416), 0.25, 32, 1).all(), (std::vector<int>{320, 352, 384, 416, 448, 480, 512}));
  EXPECT_EQ(InputSides(square_form(64), 0.5, 32, 1).all(), (std::vector<int>{32, 64, 96}));
  EXPECT_EQ(InputSides(square_form(640), 0.25, 64, 1).all(), (std::vector<int>{512, 576, 640, 704, 768}));
  const InputSides sides(square_form(64), 0.5, 32, 1);
  EXPECT_DOUBLE_EQ(sides.largest_area(), 2.25);
  EXPECT_NEAR(sides.mean_area(), (0.25 + 1 + 2.25) / 3, 1e-12);
  EXPECT_FALSE(InputSides().vary());
  EXPECT_EQ(InputSides().mean_area(), 1);
}

TEST(InputSides, StayForTenStepsAndFollowTheSeed) {
  const InputSides sides(square_form(416), 0.25, 32, 1), again(square_form(416), 0.25, 32, 1),
      other(square_form(416), 0.25, 32, 2);
  std::set<int> seen;
  int differ = 0;
  for (std::int64_t step = 0; step < 2000; ++step) {
    EXPECT_EQ(sides.at(step), sides.at(step / 10 * 10));
    EXPECT_EQ(sides.at(step), again.at(step));
    differ += sides.at(step) != other.at(step) ? 1 : 0;
    seen.insert(sides.at(step));
  }
  EXPECT_EQ(seen.size(), 7U);
  EXPECT_GT(differ, 1000);
}

TEST(InputSides, WhatLeavesNoneIsRefused) {
  expect_parts(message_of(ErrorKind::usage, [] { InputSides(square_form(64), 0.25, 32, 1); }),
               {"multi_scale: 0.25 of 64 pixels", "multiples of 32"});
  auto oblong = square_form(64);
  oblong.height = 96;
  expect_parts(message_of(ErrorKind::usage, [&] { InputSides(oblong, 0.5, 32, 1); }), {"64 x 96", "expected squares"});
}

}  // namespace
}  // namespace strop
