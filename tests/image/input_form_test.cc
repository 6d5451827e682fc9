#include "image/input_form.h"

#include <gtest/gtest.h>

#include <vector>

#include "reference.h"

namespace strop {
namespace {

InputForm form_of(int size, Fit fit) {
  InputForm form;
  form.width = form.height = size;
  form.fit = fit;
  return form;
}

// fit/NAME_WxH.ppm: what timm and torchvision do, done with Pillow (make_references.py).
TEST(FitPicture, EqualsTheUsualTransforms) {
  const Picture source = decoded(image_data() / "source.png");
  InputForm form = form_of(24, Fit::crop);
  form.interpolation = Filter::bicubic;
  EXPECT_EQ(difference(fit_picture(source.view(), form), read_ppm(image_data() / "fit/crop_0.875_24.ppm")).most, 0);
  form.crop_pct = 0.9;
  EXPECT_EQ(difference(fit_picture(source.view(), form), read_ppm(image_data() / "fit/crop_0.9_24.ppm")).most, 0);
  form.crop_pct = 1;
  EXPECT_EQ(difference(fit_picture(source.view(), form), read_ppm(image_data() / "fit/crop_1.0_24.ppm")).most, 0);
  form.fit = Fit::squash;
  EXPECT_EQ(difference(fit_picture(source.view(), form), resize(source.view(), 24, 24, Filter::bicubic)).most, 0);
  form.crop_pct = 0.75;  // both sides to 32, then the middle
  const Picture cut = resize_part(source.view(), 32, 32, Filter::bicubic, {4, 4, 24, 24});
  EXPECT_EQ(difference(fit_picture(source.view(), form), cut).most, 0);
}

// Of 43 pixels 11 are cut: 5.5 in front is 6 to torchvision, 5 to Transformers.
TEST(FitPicture, AnOddCutIsTheLibrarys) {
  const Picture source = decoded(image_data() / "source.png");
  for (const bool floors : {false, true}) {
    InputForm form = form_of(32, Fit::squash);
    form.crop_pct = 32.0 / 43.5;
    form.floors = floors;
    const int first = floors ? 5 : 6;
    EXPECT_EQ(difference(fit_picture(source.view(), form),
                         resize_part(source.view(), 43, 43, form.interpolation, {first, first, 32, 32}))
                  .most,
              0);
  }
}

TEST(FitPicture, AnyPictureToAnySize) {
  for (const auto& [width, height] : {std::pair{1, 1}, std::pair{1, 500}, std::pair{700, 2}, std::pair{31, 33}}) {
    for (const auto fit : {Fit::crop, Fit::squash, Fit::letterbox}) {
      InputForm form = form_of(32, fit);
      form.height = 48;
      const Picture got = fit_picture(Picture(width, height, 1, 2, 3).view(), form);
      EXPECT_EQ(got.width(), 32);
      EXPECT_EQ(got.height(), 48);
      if (fit != Fit::letterbox) {
        EXPECT_EQ(difference(got, Picture(32, 48, 1, 2, 3)).most, 0);
      }
    }
  }
}

TEST(Letterbox, KeepsProportionsAndSaysWhere) {
  const Picture source(40, 20, 200, 100, 50);
  const auto centered = letterbox(source.view(), form_of(60, Fit::letterbox));
  EXPECT_DOUBLE_EQ(centered.scale, 1.5);
  EXPECT_EQ(centered.x, 0);
  EXPECT_EQ(centered.y, 15);
  for (int y = 0; y < 60; ++y) EXPECT_EQ(centered.picture.row(y)[0], y >= 15 && y < 45 ? 200 : 114) << y;
  EXPECT_EQ(letterbox(source.view(), form_of(60, Fit::letterbox), false).y, 0);
}

TEST(ToFloats, BothLayoutsAndOrders) {
  const Picture source = decoded(image_data() / "source.png");
  const std::size_t pixels = source.size() / 3;
  for (const bool bgr : {false, true}) {
    InputForm form;
    form.bgr = bgr;
    std::vector<float> chw(source.size()), hwc(source.size());
    to_floats(source.view(), form, PixelLayout::chw, chw.data());
    to_floats(source.view(), form, PixelLayout::hwc, hwc.data());
    for (std::size_t i = 0; i < pixels; ++i) {
      for (std::size_t c = 0; c < 3; ++c) {
        const std::size_t from = bgr ? 2 - c : c;
        const double expected = (source.data()[3 * i + from] / 255.0 - form.mean[from]) / form.std[from];
        ASSERT_NEAR(chw[c * pixels + i], expected, 1e-6);
        ASSERT_EQ(chw[c * pixels + i], hwc[3 * i + c]);
      }
    }
  }
}

TEST(Fit, Names) {
  EXPECT_EQ(parse_fit("squash"), Fit::squash);
  EXPECT_EQ(fit_name(Fit::letterbox), "letterbox");
  EXPECT_THROW(parse_fit("stretch"), Error);
}

}  // namespace
}  // namespace strop
