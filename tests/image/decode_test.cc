#include "image/decode.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "core/text.h"
#include "errors.h"
#include "image/resize.h"
#include "reference.h"

namespace strop {
namespace {

std::vector<std::filesystem::path> picture_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(image_data() / "decode")) {
    if (entry.path().extension() != ".ppm") files.push_back(entry.path());
  }
  return files;
}

std::string message(const std::function<void()>& act) { return message_of(ErrorKind::data, act); }

TEST(Decode, EqualsPillow) {
  std::set<std::string> kinds;
  for (const auto& file : picture_files()) {
    const Picture got = decoded(file);
    // 16-bit colours of a BMP are widened by another rounding there; everything else is the same to the bit.
    const int most = file.stem() == "bit_fields" ? 1 : 0;
    EXPECT_LE(difference(got, read_ppm(file.string() + ".ppm")).most, most) << file;
    const PictureInfo info = probe_picture(bytes_of(file), file.string());
    EXPECT_EQ(info.width, got.width()) << file;
    EXPECT_EQ(info.height, got.height()) << file;
    EXPECT_TRUE(looks_complete(bytes_of(file))) << file;
    kinds.insert(file.extension().string());
  }
  EXPECT_EQ(kinds, (std::set<std::string>{".bmp", ".jpg", ".png", ".webp"}));
}

TEST(Decode, AnyTruncationIsAnErrorOrThePicture) {
  for (const auto& file : picture_files()) {
    const std::string bytes = bytes_of(file);
    int errors = 0;
    for (std::size_t size = 0; size + 1 < bytes.size(); size += 1 + bytes.size() / 97) {
      try {
        const Picture got = decode_picture(bytes.substr(0, size), "cut.jpg");
        EXPECT_GT(got.width(), 0);
      } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("cut.jpg: "), std::string::npos) << error.what();
        ++errors;
      }
      EXPECT_FALSE(looks_complete(bytes.substr(0, size))) << file << " " << size;
    }
    EXPECT_GT(errors, 40) << file;
  }
}

TEST(Decode, HalfAFileIsRefused) {
  for (const char* name : {"baseline_420.jpg", "progressive.jpg", "rgb.png", "lossy.webp", "rgb.bmp"}) {
    std::string bytes = bytes_of(image_data() / "decode" / name);
    bytes.resize(bytes.size() / 2);
    const auto text = message([&] { decode_picture(bytes, name); });
    EXPECT_NE(text.find("truncated"), std::string::npos) << text;
  }
}

TEST(Decode, OtherFilesAreNamed) {
  const std::map<std::string, std::string> cases = {{"", "empty"},
                                                    {"not a picture\n", "text"},
                                                    {"GIF89a...", "GIF"},
                                                    {"%PDF-1.4", "PDF"},
                                                    {"\x01\x02\x03", "unknown"}};
  for (const auto& [bytes, expected] : cases) {
    const auto text = message([&, &content = bytes] { decode_picture(content, "a folder/x.jpg"); });
    EXPECT_NE(text.find("a folder/x.jpg: "), std::string::npos) << text;
    EXPECT_NE(text.find(expected), std::string::npos) << text;
  }
}

TEST(Decode, BombsAreRefusedUnread) {
  std::string bmp = bytes_of(image_data() / "decode/rgb.bmp");
  const std::int32_t side = 20000;
  std::memcpy(bmp.data() + 18, &side, 4);
  std::memcpy(bmp.data() + 22, &side, 4);
  const auto text = message([&] { decode_picture(bmp, "bomb.bmp"); });
  EXPECT_NE(text.find("bomb.bmp: found 20000 x 20000 pixels, above the limit of 89478485"), std::string::npos) << text;
  for (const auto& file : picture_files()) {
    message([&] { decoded(file, {.max_pixels = 300}); });
    message([&] { probe_picture(bytes_of(file), "x", {.max_pixels = 300}); });
  }
}

TEST(DecodePart, EqualsThatPartOfTheWhole) {
  for (const auto& file : picture_files()) {
    const std::string bytes = bytes_of(file);
    const Picture whole = decoded(file);
    for (int x = 0; x < whole.width(); x += 5) {
      for (int y = 0; y < whole.height(); y += 7) {
        const Box box{x, y, std::min(1 + y % 19, whole.width() - x), std::min(1 + x % 13, whole.height() - y)};
        const PicturePart part = decode_part(bytes, "x", box, box.width, box.height);
        ASSERT_EQ(difference(Picture(part.picture.view().crop(part.box)), Picture(whole.view().crop(box))).most, 0)
            << file << " at " << x << "," << y << " " << box.width << "x" << box.height;
      }
    }
  }
}

TEST(DecodePart, RealPhotosEqualTheWhole) {
  const auto folder = shared_data("bccd");
  if (folder.empty()) GTEST_SKIP() << "no data/bccd in the folder that STROP_DATA names";
  int seen = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".jpg" || seen == 6) continue;
    const std::string bytes = bytes_of(entry.path());
    const Picture whole = decoded(entry.path());
    for (int i = 0; i < 12; ++i) {
      const Box box{i * 37, i * 29, 40 + i * 11, 60 + i * 7};
      const PicturePart part = decode_part(bytes, "x", box, box.width, box.height);
      ASSERT_EQ(difference(Picture(part.picture.view().crop(part.box)), Picture(whole.view().crop(box))).most, 0)
          << entry.path() << " " << i;
    }
    ++seen;
  }
  EXPECT_EQ(seen, 6);
}

TEST(DecodePart, ShrinksAndStaysNear) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const auto file = image_data() / "decode" / ("exif_" + std::to_string(orientation) + ".jpg");
    const Picture whole = decoded(file);
    const Box box{0, 0, whole.width(), whole.height()};
    const int half_width = whole.width() / 2, half_height = whole.height() / 2;
    const PicturePart part = decode_part(bytes_of(file), "x", box, half_width, half_height);
    ASSERT_EQ(part.box, (Box{0, 0, half_width, half_height}));
    const Picture expected = resize(whole.view(), half_width, half_height, Filter::box);
    double sum = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) sum += std::abs(expected.data()[i] - part.picture.data()[i]);
    EXPECT_LT(sum / static_cast<double>(expected.size()), 6.0) << file;
  }
}

}  // namespace
}  // namespace strop
