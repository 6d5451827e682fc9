#include "image/augment/color.h"

#include <gtest/gtest.h>

#include "image/augment/geometry.h"
#include "reference.h"

namespace strop {
namespace {

constexpr Rgb kFill = {9, 80, 120};

Picture source() { return decoded(image_data() / "source.png"); }

Difference from_reference(const Picture& got, const std::string& name) {
  return difference(got, read_ppm(image_data() / "operations" / (name + ".ppm")));
}

template <typename Change>
Difference changed(Picture picture, const std::string& reference, const Change& change) {
  change(picture);
  return from_reference(picture, reference);
}

TEST(Color, EqualsPillow) {
  for (const char* factor : {"0.3", "1.7"}) {
    const double f = std::stod(factor);
    const std::string end = std::string("_") + factor;
    EXPECT_EQ(changed(source(), "brightness" + end, [&](Picture& p) { adjust_brightness(p, f); }).most, 0);
    EXPECT_EQ(changed(source(), "contrast" + end, [&](Picture& p) { adjust_contrast(p, f); }).most, 0);
    EXPECT_EQ(changed(source(), "saturation" + end, [&](Picture& p) { adjust_saturation(p, f); }).most, 0);
    EXPECT_EQ(changed(source(), "sharpness" + end, [&](Picture& p) { adjust_sharpness(p, f); }).most, 0);
  }
  EXPECT_EQ(changed(source(), "hue_0.2", [](Picture& p) { adjust_hue(p, 0.2); }).most, 0);
  EXPECT_EQ(changed(source(), "posterize_3", [](Picture& p) { posterize(p, 3); }).most, 0);
  EXPECT_EQ(changed(source(), "solarize_100", [](Picture& p) { solarize(p, 100); }).most, 0);
  EXPECT_EQ(changed(source(), "grey", [](Picture& p) { adjust_saturation(p, 0); }).most, 0);
  const Picture dull = read_ppm(image_data() / "operations/dull.ppm");
  EXPECT_EQ(changed(dull, "dull_autocontrast", [](Picture& p) { autocontrast(p); }).most, 0);
  EXPECT_EQ(changed(dull, "dull_equalize", [](Picture& p) { equalize(p); }).most, 0);
}

TEST(Color, FactorOneChangesNothing) {
  for (const auto change : {adjust_brightness, adjust_contrast, adjust_saturation, adjust_sharpness}) {
    Picture picture = source();
    change(picture, 1.0);
    EXPECT_EQ(difference(picture, source()).most, 0);
  }
}

TEST(Color, FlatPicturesStay) {
  for (const auto change : {autocontrast, equalize}) {
    Picture picture(5, 4, 10, 200, 30);
    change(picture);
    EXPECT_EQ(difference(picture, Picture(5, 4, 10, 200, 30)).most, 0);
  }
}

TEST(Geometry, NearPillow) {
  const Picture picture = source();
  const Affine matrix = {1.03, 0.31, 2.13, -0.117, 0.913, 3.57};
  EXPECT_LE(from_reference(transform(picture.view(), matrix, Filter::bilinear, kFill), "affine_bilinear").most, 1);
  EXPECT_LE(from_reference(rotate(picture.view(), 25, Filter::bilinear, kFill), "rotate_25_bilinear").most, 1);
  // Pillow counts in 1/65536 pixel here: a pixel on the edge between two may take the other one.
  const std::size_t few = picture.size() / 200;
  EXPECT_LE(from_reference(transform(picture.view(), matrix, Filter::nearest, kFill), "affine_nearest").count, few);
  EXPECT_LE(from_reference(rotate(picture.view(), 25, Filter::nearest, kFill), "rotate_25_nearest").count, few);
}

TEST(Geometry, FlipsAreTheirOwnInverse) {
  for (const auto flip : {flip_horizontal, flip_vertical}) {
    Picture picture = source();
    flip(picture);
    EXPECT_GT(difference(picture, source()).most, 100);
    flip(picture);
    EXPECT_EQ(difference(picture, source()).most, 0);
  }
}

}  // namespace
}  // namespace strop
