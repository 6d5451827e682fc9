#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "image/augment/color.h"
#include "image/augment/levels.h"
#include "image/augment/operations.h"
#include "image/encode.h"
#include "image/prepare.h"
#include "reference.h"

namespace strop {
namespace {

constexpr Rgb kGrey = {100, 100, 100};

Picture source() { return decoded(image_data() / "source.png"); }
Rng rng_of(std::uint64_t sample) { return {7, RngUse::augment, {0, sample}}; }

TEST(RandomCrop, LiesInsideAndKeepsItsRanges) {
  RandomCrop crop;
  double area = 0;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    Rng rng = rng_of(i);
    const Box box = crop.choose(300, 200, rng);
    ASSERT_GE(box.x, 0);
    ASSERT_GE(box.y, 0);
    ASSERT_LE(box.x + box.width, 300);
    ASSERT_LE(box.y + box.height, 200);
    const double share = box.width * box.height / 60000.0, ratio = static_cast<double>(box.width) / box.height;
    ASSERT_GE(share, 0.075);
    ASSERT_GE(ratio, 0.72);
    ASSERT_LE(ratio, 1.38);
    area += share / 2000;
  }
  EXPECT_NEAR(area, 0.394, 0.02);  // of torchvision's algorithm: large tries that do not fit are drawn again
  Rng rng = rng_of(0);
  EXPECT_EQ(crop.choose(1, 1, rng), (Box{0, 0, 1, 1}));
  EXPECT_EQ((RandomCrop{0.9, 1.0}.choose(1000, 10, rng)), (Box{493, 0, 13, 10}));  // the fallback: the middle
}

TEST(Levels, GrowAndAreDescribed) {
  const InputForm form;
  EXPECT_EQ(describe(augment_level("none"), form), "none");
  EXPECT_EQ(describe(augment_level("light"), form), "crop 0.5..1, flip 0.5");
  EXPECT_EQ(describe(augment_level("strong"), form), "crop 0.08..1, flip 0.5, rand-m9-mstd0.5, erase 0.25");
  EXPECT_LT(augment_level("medium").crop.least_area, augment_level("light").crop.least_area);
  try {
    augment_level("heavy");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "augment: found 'heavy', expected one of none, light, medium, strong");
  }
}

TEST(Policy, NamesAreCheckedWhole) {
  for (const char* good :
       {"randaugment", "trivialaugment", "rand-m9", "rand-m9-mstd0.5", "rand-m9-mstd0.5-inc1", "rand-m7-n3-p1"}) {
    EXPECT_EQ(policy(good, kGrey)->describe(), good);
  }
  for (const char* bad :
       {"", "rand", "augmix", "rand-m11", "rand-x2", "rand-m9-", "rand-m9x", "rand-n0", "rand-m9-inc0"}) {
    EXPECT_THROW(policy(bad, kGrey), Error) << bad;
  }
}

TEST(Operations, EachKeepsTheSizeAndDoesNothingAtStrengthZero) {
  const std::set<std::string_view> always = {"autocontrast", "equalize"};
  std::set<std::string_view> names;
  for (const auto& operation : operations()) {
    names.insert(operation.name);
    for (const auto range : {OperationRange::rand_augment, OperationRange::trivial_augment}) {
      Picture still = source(), moved = source();
      adjust_contrast(moved, 0.5);  // so that autocontrast has something to do
      const Picture before = moved;
      apply_operation(operation, range, 0, 1, still, kGrey);
      apply_operation(operation, range, 1, -1, moved, kGrey);
      if (!always.contains(operation.name)) {
        EXPECT_EQ(difference(still, source()).most, 0) << operation.name;
      }
      const auto change = difference(moved, before);
      EXPECT_EQ(change.count > 0, operation.name != "identity") << operation.name;
    }
  }
  EXPECT_EQ(names.size(), 14U);
}

TEST(Operations, ShiftsByTheShareOrByPixels) {
  for (const auto& operation : operations()) {
    if (operation.name != "translate_x") continue;
    Picture picture(331, 4, 255, 0, 0);
    apply_operation(operation, OperationRange::rand_augment, 1, 1, picture, kGrey);
    EXPECT_EQ(picture.row(0)[3 * 149], 100);
    EXPECT_EQ(picture.row(0)[3 * 150], 255);
    Picture other(331, 4, 255, 0, 0);
    apply_operation(operation, OperationRange::trivial_augment, 1, -1, other, kGrey);
    EXPECT_EQ(other.row(0)[3 * 298], 255);
    EXPECT_EQ(other.row(0)[3 * 299], 100);
  }
}

TEST(RandomErasing, FillsARectangleOfItsShare) {
  const auto erasing = random_erasing({.probability = 1}, {1, 2, 3});
  for (std::uint64_t i = 0; i < 100; ++i) {
    Picture picture(100, 80, 200, 200, 200);
    Rng rng = rng_of(i);
    erasing->apply(picture, rng);
    std::size_t erased = 0;
    for (std::size_t p = 0; p < picture.size(); p += 3) erased += picture.data()[p] == 1 ? 1 : 0;
    EXPECT_GE(erased, 140U);
    EXPECT_LE(erased, 2720U);
  }
}

TEST(RandomAffine, WithoutRangesChangesNothing) {
  Picture picture = source();
  Rng rng = rng_of(1);
  random_affine({}, kGrey)->apply(picture, rng);
  EXPECT_EQ(difference(picture, source()).most, 0);
  random_affine({.degrees = 30, .translate = 0.2, .scale_min = 0.8, .scale_max = 1.2, .shear = 10}, kGrey)
      ->apply(picture, rng);
  EXPECT_GT(difference(picture, source()).count, source().size() / 3);
}

TEST(RandomFlip, HappensAsOftenAsAsked) {
  const auto flip = random_flip(0.3, 0);
  int flipped = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    Picture picture(2, 1, 0, 0, 0);
    picture.data()[0] = 9;
    Rng rng = rng_of(i);
    flip->apply(picture, rng);
    flipped += picture.data()[3] == 9 ? 1 : 0;
  }
  EXPECT_NEAR(flipped, 300, 60);
}

TEST(PictureMaker, TheSameKeyGivesTheSamePicture) {
  const std::string bytes = bytes_of(image_data() / "decode/baseline_420.jpg");
  InputForm form;
  form.width = form.height = 20;
  for (const char* level : {"light", "medium", "strong"}) {
    const PictureMaker maker(form, augment_level(level));
    const Picture first = maker.training({bytes, "x"}, rng_of(1));
    EXPECT_EQ(difference(first, maker.training({bytes, "x"}, rng_of(1))).most, 0);
    EXPECT_GT(difference(first, maker.training({bytes, "x"}, rng_of(2))).count, 100U) << level;
  }
  const PictureMaker plain(form, augment_level("none"));
  EXPECT_EQ(difference(plain.training({bytes, "x"}, rng_of(1)), plain.evaluation({bytes, "x"})).most, 0);
}

TEST(PictureMaker, TrainingCropsOfALargeJpegAreNearThoseOfFullDecoding) {
  // Smooth, so that a reduced scale may differ by a few levels only.
  Picture large(640, 480);
  for (int y = 0; y < 480; ++y) {
    for (int x = 0; x < 640; ++x) {
      large.row(y)[3 * x] = static_cast<std::uint8_t>(x * 255 / 639);
      large.row(y)[3 * x + 1] = static_cast<std::uint8_t>(y * 255 / 479);
      large.row(y)[3 * x + 2] = static_cast<std::uint8_t>(128 + 100 * std::sin(x / 90.0));
    }
  }
  const std::string jpeg = encode_jpeg(large.view(), 95), png = encode_png(large.view());
  InputForm form;
  form.width = form.height = 48;
  AugmentForm augment;
  augment.random_crop = true;
  const PictureMaker maker(form, augment);
  for (std::uint64_t i = 0; i < 30; ++i) {
    const Picture reduced = maker.training({jpeg, "x"}, rng_of(i)), full = maker.training({png, "x"}, rng_of(i));
    EXPECT_LE(difference(reduced, full).most, 8) << i;
  }
}

TEST(PictureMaker, RawGreyPictures) {
  const std::string bytes("\x00\x40\x80\xFF\x10\x20", 6);
  const Picture whole = decode_source({bytes, "x", 3, 2});
  EXPECT_EQ(whole.row(0)[3], 0x40);
  EXPECT_EQ(whole.row(1)[2], 0xFF);
  EXPECT_THROW(decode_source({bytes, "x", 4, 2}), Error);
  InputForm form;
  form.width = form.height = 8;
  EXPECT_EQ(PictureMaker(form, augment_level("strong")).training({bytes, "x", 3, 2}, rng_of(3)).width(), 8);
}

}  // namespace
}  // namespace strop
