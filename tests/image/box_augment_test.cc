#include "image/augment/boxes/box_augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace strop {
namespace {

using Color = std::array<std::uint8_t, 3>;
constexpr std::array<Color, 4> kColors = {{{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}}};
const InputForm kForm = {.width = 96, .height = 80, .fit = Fit::letterbox};

// A grey picture with a square of the label's colour, at another place for each label.
BoxedPicture square(std::int32_t label) {
  BoxedPicture made{Picture(120, 90, 60, 60, 60), {}};
  const int left = 20 + 15 * label, top = 30 - 5 * label, side = 36;
  for (int y = top; y < top + side; ++y) {
    for (int x = left; x < left + side; ++x) {
      std::copy_n(kColors[static_cast<std::size_t>(label)].data(), 3, made.picture.row(y) + 3 * std::ptrdiff_t{x});
    }
  }
  const Rect rect{static_cast<double>(left), static_cast<double>(top), side, side};
  made.boxes.push_back({rect, label, false, rect.area(), label + 1});
  return made;
}

// What is around the pixels of the label's colour; those on an edge count from half of it on.
Rect around(const Picture& picture, std::int32_t label) {
  const auto& color = kColors[static_cast<std::size_t>(label)];
  int left = picture.width(), top = picture.height(), right = 0, bottom = 0;
  for (int y = 0; y < picture.height(); ++y) {
    for (int x = 0; x < picture.width(); ++x) {
      int far = 0;
      for (std::size_t c = 0; c < 3; ++c) {
        far = std::max(far, std::abs(picture.row(y)[3 * x + static_cast<int>(c)] - color[c]));
      }
      if (far > 97) continue;  // half the way to grey
      left = std::min(left, x), right = std::max(right, x + 1);
      top = std::min(top, y), bottom = std::max(bottom, y + 1);
    }
  }
  return {static_cast<double>(left), static_cast<double>(top), static_cast<double>(right - left),
          static_cast<double>(bottom - top)};
}

BoxedPicture augmented(const BoxAugmentForm& augment, std::uint64_t key) {
  std::int32_t next = 0;
  const auto draw = [&next](Rng&) { return square(++next % 4); };
  return augment_boxes(square(0), augment, kForm, draw, Rng(3, RngUse::augment, {key}));
}

// How many boxes there were over many draws; each must lie around its square, to a pixel and a half.
int boxes_that_fit(const BoxAugmentForm& augment) {
  int count = 0;
  for (std::uint64_t key = 0; key < 100; ++key) {
    SCOPED_TRACE(key);
    const auto made = augmented(augment, key);
    EXPECT_EQ(made.picture.width(), kForm.width);
    EXPECT_EQ(made.picture.height(), kForm.height);
    for (const auto& box : made.boxes) {
      const auto seen = around(made.picture, box.label);
      EXPECT_NEAR(box.rect.x, seen.x, 1.5);
      EXPECT_NEAR(box.rect.y, seen.y, 1.5);
      EXPECT_NEAR(box.rect.right(), seen.right(), 1.5);
      EXPECT_NEAR(box.rect.bottom(), seen.bottom(), 1.5);
      ++count;
    }
  }
  return count;
}

TEST(BoxAugment, LostBoxesAreCounted) {
  int lost = 0;
  for (std::uint64_t key = 0; key < 100; ++key) {
    const auto joined = augmented({.mosaic = 1, .mixup = 1, .scale_min = 0.4, .scale_max = 1.6, .jitter = {}}, key);
    EXPECT_EQ(static_cast<std::int64_t>(joined.boxes.size()) + joined.lost, 5) << "of four pictures and one more";
    lost += static_cast<int>(joined.lost);
    EXPECT_EQ(augmented({}, key).lost, 0);
  }
  EXPECT_GT(lost, 20);
}

TEST(BoxAugment, BoxesStayAroundWhatTheyHold) {
  EXPECT_EQ(boxes_that_fit({}), 100);
  EXPECT_EQ(boxes_that_fit({.flip = 1, .jitter = {}}), 100);
  EXPECT_GT(boxes_that_fit({.flip = 0.5, .scale_min = 0.4, .scale_max = 1.6, .jitter = {}}), 90);
  EXPECT_GT(boxes_that_fit({.mosaic = 1, .flip = 0.5, .scale_min = 0.4, .scale_max = 1.6, .jitter = {}}), 200);
}

TEST(BoxAugment, MixupKeepsTheBoxesOfBoth) {
  const auto made = augmented({.mixup = 1, .jitter = {}}, 0);
  ASSERT_EQ(made.boxes.size(), 2U);
  EXPECT_EQ(made.boxes[0].label, 0);
  EXPECT_EQ(made.boxes[1].label, 1);
}

bool same(const Picture& a, const Picture& b) { return std::equal(a.data(), a.data() + a.size(), b.data()); }

TEST(BoxAugment, TheKeyDecidesEveryByte) {
  const auto strong = box_augment_level("strong");
  std::size_t others = 0;
  for (std::uint64_t key = 0; key < 20; ++key) {
    const auto first = augmented(strong, key), again = augmented(strong, key), other = augmented(strong, key + 100);
    EXPECT_TRUE(same(first.picture, again.picture));
    ASSERT_EQ(first.boxes.size(), again.boxes.size());
    for (std::size_t i = 0; i < first.boxes.size(); ++i) EXPECT_EQ(first.boxes[i].rect, again.boxes[i].rect);
    others += same(first.picture, other.picture) ? 0 : 1;
  }
  EXPECT_EQ(others, 20U);
}

}  // namespace
}  // namespace strop
