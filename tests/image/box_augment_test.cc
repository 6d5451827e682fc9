#include "image/augment/boxes/box_augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "image/augment/boxes/copy_boxes.h"
#include "image/augment/boxes/keeping_crop.h"
#include "image/augment/boxes/turn_boxes.h"

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
  return augment_boxes(square(0), augment, kForm, {draw, draw}, Rng(3, RngUse::augment, {key}));
}

void expect_around(const Picture& picture, const TrueBox& box) {
  const auto seen = around(picture, box.label);
  EXPECT_NEAR(box.rect.x, seen.x, 1.5);
  EXPECT_NEAR(box.rect.y, seen.y, 1.5);
  EXPECT_NEAR(box.rect.right(), seen.right(), 1.5);
  EXPECT_NEAR(box.rect.bottom(), seen.bottom(), 1.5);
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
      expect_around(made.picture, box);
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
  EXPECT_EQ(boxes_that_fit({.affine = {10, 0, 1, 1, 2}, .jitter = {}}), 100);
  EXPECT_GT(boxes_that_fit({.crop = 1, .jitter = {}}), 95);
  EXPECT_GT(boxes_that_fit({.crop = 1, .flip = 0.5, .scale_min = 0.6, .scale_max = 1.2, .jitter = {}}), 80);
}

TEST(BoxAugment, TurnsMoveBoxesAndLoseThoseThatLeave) {
  const BoxAugmentForm turned = {.affine = {10, 0, 1, 1, 2}, .jitter = {}};
  double widest = 0, narrowest = 1e9;
  for (std::uint64_t key = 0; key < 100; ++key) {
    const auto box = augmented(turned, key).boxes.at(0).rect;
    widest = std::max(widest, box.width), narrowest = std::min(narrowest, box.width);
  }
  const double side = augmented({}, 0).boxes.at(0).rect.width, degree = std::acos(-1.0) / 180;
  EXPECT_GE(narrowest, side);
  EXPECT_GT(widest, side * 1.12);
  // Turned by ten degrees, a square stands in one that is cos + sin as wide; the shear adds its tangent at most.
  EXPECT_LE(widest, side * (std::cos(10 * degree) + std::sin(10 * degree) + 2 * std::tan(2 * degree)));
  EXPECT_EQ(without_mixing(turned), (BoxAugmentForm{.jitter = {}}));
  Rng rng(1, RngUse::augment);
  BoxedPicture corner{Picture(100, 100, 9, 9, 9), {{{0, 0, 9, 9}, 0, false, 81, 1}, {{45, 45, 9, 9}, 0, false, 81, 2}}};
  turn_boxes(corner, {.degrees = 0, .translate = 1, .scale_min = 3, .scale_max = 3, .shear = 0}, {9, 9, 9}, rng);
  EXPECT_EQ(corner.lost + static_cast<std::int64_t>(corner.boxes.size()), 2);
  EXPECT_GE(corner.lost, 1) << "enlarged by three, one of them is outside";
}

// Some boxes anywhere on 200 x 150 pixels.
std::vector<TrueBox> scattered(std::uint64_t key) {
  Rng rng(key, RngUse::probe);
  std::vector<TrueBox> boxes;
  for (std::uint64_t i = 0; i < 1 + key % 6; ++i) {
    const double width = 4 + 80 * rng.uniform(), height = 4 + 60 * rng.uniform();
    boxes.push_back({{(200 - width) * rng.uniform(), (150 - height) * rng.uniform(), width, height}, 0});
  }
  return boxes;
}

TEST(KeepingCrop, KeepsTheShareOfBoxesThatItPromises) {
  int parts = 0, cut = 0;
  for (const double least : {0.1, 0.5, 0.9}) {
    for (std::uint64_t key = 0; key < 200; ++key) {
      SCOPED_TRACE(key);
      const auto boxes = scattered(key);
      Rng rng(key, RngUse::augment);
      const Box part = keeping_crop(boxes, 200, 150, least, rng);
      EXPECT_TRUE(part.x >= 0 && part.y >= 0 && part.x + part.width <= 200 && part.y + part.height <= 150);
      if (part == Box{0, 0, 200, 150}) continue;
      ++parts;
      EXPECT_TRUE(part.width >= 60 && part.height >= 45);
      EXPECT_TRUE(part.width <= 2 * part.height && part.height <= 2 * part.width);
      const Rect seen{static_cast<double>(part.x), static_cast<double>(part.y), static_cast<double>(part.width),
                      static_cast<double>(part.height)};
      int kept = 0;
      for (const auto& box : boxes) {
        const double x = box.rect.x + box.rect.width / 2 - seen.x, y = box.rect.y + box.rect.height / 2 - seen.y;
        if (x < 0 || y < 0 || x >= seen.width || y >= seen.height) continue;
        ++kept;
        const double share = intersection(seen, box.rect) / box.rect.area();
        EXPECT_GE(share, least - 1e-9);
        cut += share < 0.999 ? 1 : 0;
      }
      EXPECT_GT(kept, 0);
    }
  }
  EXPECT_GT(parts, 500);
  EXPECT_GT(cut, 100);
}

TEST(KeepingCrop, BoxesWhoseMiddleIsOutsideAreLostAndCounted) {
  std::size_t lost = 0;
  for (std::uint64_t key = 0; key < 100; ++key) {
    const BoxedPicture whole{Picture(200, 150, 9, 9, 9), scattered(key)};
    Rng rng(key, RngUse::augment), again(key, RngUse::augment);
    const auto made = crop_keeping_boxes(whole, rng), same = crop_keeping_boxes(whole, again);
    EXPECT_EQ(made.boxes.size() + static_cast<std::size_t>(made.lost), whole.boxes.size());
    EXPECT_EQ(made.picture.width(), same.picture.width());
    for (const auto& box : made.boxes) {
      EXPECT_TRUE(box.rect.x >= 0 && box.rect.right() <= made.picture.width() + 1e-9);
      EXPECT_TRUE(box.rect.y >= 0 && box.rect.bottom() <= made.picture.height() + 1e-9);
    }
    lost += static_cast<std::size_t>(made.lost);
  }
  EXPECT_GT(lost, 50U);
  Rng rng(1, RngUse::augment);
  EXPECT_LT(keeping_crop({}, 200, 150, 0.5, rng).width, 200) << "a picture of nothing is cropped, too";
}

TEST(CopyBoxes, TheirPixelsComeWithThem) {
  int copies = 0;
  for (std::uint64_t key = 0; key < 100; ++key) {
    SCOPED_TRACE(key);
    const auto label = static_cast<std::int32_t>(1 + key % 3);
    BoxedPicture canvas = augmented({}, key);
    const auto own = canvas.boxes.at(0);
    Rng rng(key, RngUse::augment);
    copy_boxes(square(label), kForm, canvas, rng);
    ASSERT_EQ(canvas.boxes.size(), 1U + static_cast<std::size_t>(canvas.copied));
    if (canvas.copied == 0) continue;
    ++copies;
    const auto& copy = canvas.boxes[1];
    EXPECT_EQ(copy.label, label);
    expect_around(canvas.picture, copy);
    EXPECT_GE(copy.rect.width, 0.8 * 36 * 0.8 - 1) << "its own size is 36 pixels, of which the input has 0.8";
    EXPECT_LE(copy.rect.width, 0.8 * 36 * 1.25 + 1);
    const double common = intersection(own.rect, copy.rect);
    EXPECT_LE(common, 0.2 * std::min(own.rect.area(), copy.rect.area()) + 1e-6);
    if (common == 0) expect_around(canvas.picture, own);
  }
  EXPECT_GT(copies, 60);
}

TEST(CopyBoxes, FindNoPlaceOnAFullPictureAndAreAtMostThree) {
  BoxedPicture full{Picture(96, 80, 0, 0, 0), {{{0, 0, 96, 80}, 0}}}, empty{Picture(96, 80, 0, 0, 0), {}},
      crowded = square(1);
  for (int i = 0; i < 5000; ++i)
    crowded.boxes.push_back({{static_cast<double>(i % 100), static_cast<double>(i / 100), 12, 12}, 1});
  Rng rng(5, RngUse::augment);
  copy_boxes(crowded, kForm, full, rng);
  EXPECT_EQ(full.boxes.size(), 1U);
  copy_boxes(crowded, kForm, empty, rng);
  EXPECT_TRUE(empty.copied >= 1 && empty.copied <= 3) << empty.copied;
  BoxedPicture none{Picture(96, 80, 0, 0, 0), {}},
      large{Picture(50, 50, 1, 1, 1), {{{0, 0, 50, 50}, 0}, {{0, 0, 1, 1}, 0}}};
  copy_boxes(large, kForm, none, rng);
  EXPECT_EQ(none.copied, 0) << "a whole picture and one pixel are not copied";
}

TEST(BoxAugment, TheLastEpochsNeitherJoinNorCrop) {
  for (const auto* level : {"medium", "strong"}) {
    const auto form = box_augment_level(level), end = without_mixing(form);
    EXPECT_TRUE(form.mosaic > 0 && form.crop > 0 && form.copy > 0) << level;
    EXPECT_TRUE(end.mosaic == 0 && end.mixup == 0 && end.crop == 0 && end.copy == 0) << level;
    EXPECT_TRUE(end.flip == form.flip && end.scale_min == form.scale_min) << level;
  }
  EXPECT_EQ(describe(BoxAugmentForm{.crop = 0.5, .copy = 0.25, .jitter = {}}), "crop 0.5, copies of boxes 0.25");
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
