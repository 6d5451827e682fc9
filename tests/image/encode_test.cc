#include "image/encode.h"

#include <gtest/gtest.h>

#include "image/draw.h"
#include "reference.h"

namespace strop {
namespace {

TEST(Encode, PngComesBackUnchanged) {
  const Picture source = decoded(image_data() / "source.png");
  EXPECT_EQ(difference(decode_picture(encode_png(source.view()), "x"), source).most, 0);
  const Box box{5, 6, 20, 9};  // a window has another stride
  EXPECT_EQ(difference(decode_picture(encode_png(source.view().crop(box)), "x"), Picture(source.view().crop(box))).most,
            0);
}

TEST(Encode, JpegComesBackNear) {
  const Picture source(64, 48, 200, 120, 40);
  EXPECT_LE(difference(decode_picture(encode_jpeg(source.view(), 95), "x"), source).most, 3);
  const Picture busy = decoded(image_data() / "source.png");
  EXPECT_LT(encode_jpeg(busy.view(), 30).size(), encode_jpeg(busy.view(), 90).size());
  EXPECT_TRUE(looks_complete(encode_jpeg(busy.view(), 1000)));
}

TEST(Draw, ALabelStandsAtTheTopWhateverTheSize) {
  Picture picture(300, 200, 100, 100, 100);
  draw_label(picture, "t-shirt 97%");
  int white = 0, untouched = 0;
  for (int y = 0; y < 200; ++y) {
    for (int x = 0; x < 300; ++x) {
      white += picture.row(y)[3 * x] == 255 ? 1 : 0;
      untouched += picture.row(y)[3 * x] == 100 ? 1 : 0;
    }
  }
  EXPECT_GT(white, 500);
  EXPECT_GE(untouched, 300 * 140);
  for (const auto& [width, height] : {std::pair{1, 1}, {3, 200}, {200, 3}}) {
    Picture tiny(width, height, 9, 9, 9);
    draw_label(tiny, "Stra\u00dfe \xff" + std::string(300, 'x'));
    draw_label(tiny, "");
  }
}

}  // namespace
}  // namespace strop
