#include "image/resize.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "reference.h"

namespace strop {
namespace {

TEST(Resize, EqualsPillow) {
  const Picture source = decoded(image_data() / "source.png");
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(image_data() / "resize")) {
    const std::string stem = entry.path().stem().string();
    const auto filter = parse_filter(stem.substr(0, stem.find('_')));
    int width = 0, height = 0;
    ASSERT_EQ(std::sscanf(stem.c_str() + stem.find('_'), "_%dx%d", &width, &height), 2);
    EXPECT_EQ(difference(resize(source.view(), width, height, filter), read_ppm(entry.path())).most, 0) << stem;
    ++seen;
  }
  EXPECT_EQ(seen, 35);
}

TEST(Resize, APartIsThatPartOfTheWhole) {
  const Picture source = decoded(image_data() / "source.png");
  for (const auto filter : {Filter::nearest, Filter::box, Filter::bilinear, Filter::bicubic, Filter::lanczos}) {
    for (const Box& part : {Box{3, 5, 9, 7}, Box{0, 0, 1, 30}, Box{29, 20, 1, 10}}) {
      for (const auto& [width, height] : {std::pair{30, 30}, std::pair{53, 30}, std::pair{30, 41}, std::pair{53, 41}}) {
        const Picture whole = resize(source.view(), width, height, filter);
        const Picture got = resize_part(source.view(), width, height, filter, part);
        EXPECT_EQ(difference(got, Picture(whole.view().crop(part))).most, 0)
            << filter_name(filter) << " " << width << "x" << height << " at " << part.x << "," << part.y;
      }
    }
  }
}

TEST(Resize, ACropSeesNothingOutside) {
  const Picture source = decoded(image_data() / "source.png");
  const Box box{7, 3, 31, 22};
  const Picture crop(source.view().crop(box));
  EXPECT_EQ(
      difference(resize(source.view().crop(box), 12, 60, Filter::lanczos), resize(crop.view(), 12, 60, Filter::lanczos))
          .most,
      0);
}

TEST(Resize, OnePixelGrowsToOneColour) {
  const Picture dot(1, 1, 10, 20, 30);
  for (const auto filter : {Filter::nearest, Filter::box, Filter::bilinear, Filter::bicubic, Filter::lanczos}) {
    EXPECT_EQ(difference(resize(dot.view(), 9, 4, filter), Picture(9, 4, 10, 20, 30)).most, 0) << filter_name(filter);
  }
}

TEST(Resize, FilterNames) {
  EXPECT_EQ(parse_filter("Bicubic"), Filter::bicubic);
  EXPECT_EQ(filter_name(Filter::lanczos), "lanczos");
  try {
    parse_filter("cubic", "interpolation");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_NE(std::string(error.what()).find("interpolation: found 'cubic'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace strop
