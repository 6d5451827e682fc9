#include "image/encode.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace strop
