// Reference pictures of tests/data/image (make_references.py) and comparisons with them.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "core/files.h"
#include "image/decode.h"

namespace strop {

inline std::filesystem::path image_data() { return std::filesystem::path(STROP_SOURCE_DIR) / "tests/data/image"; }

inline std::string bytes_of(const std::filesystem::path& file) { return read_file(file, ErrorKind::data); }

inline Picture decoded(const std::filesystem::path& file, const DecodeOptions& options = {}) {
  return decode_picture(bytes_of(file), file.string(), options);
}

// "P6 width height 255" and the pixels.
inline Picture read_ppm(const std::filesystem::path& file) {
  const std::string bytes = bytes_of(file);
  std::istringstream in(bytes);
  std::string magic;
  int width = 0, height = 0, most = 0;
  in >> magic >> width >> height >> most;
  Picture picture(width, height);
  const auto at = static_cast<std::size_t>(in.tellg()) + 1;
  EXPECT_EQ(bytes.size() - at, picture.size()) << file;
  std::memcpy(picture.data(), bytes.data() + at, std::min(bytes.size() - at, picture.size()));
  return picture;
}

struct Difference {
  int most = 0;           // grey levels
  std::size_t count = 0;  // bytes that differ
};

inline Difference difference(const Picture& a, const Picture& b) {
  EXPECT_EQ(a.width(), b.width());
  EXPECT_EQ(a.height(), b.height());
  Difference result;
  if (a.size() != b.size()) return {255, a.size()};
  for (std::size_t i = 0; i < a.size(); ++i) {
    const int d = std::abs(a.data()[i] - b.data()[i]);
    result.most = std::max(result.most, d);
    result.count += d > 0 ? 1 : 0;
  }
  return result;
}

// A real data set of the folder that STROP_DATA names; empty where it is absent.
inline std::filesystem::path shared_data(const std::string& name) {
  const char* given = std::getenv("STROP_DATA");
  const auto root = given != nullptr ? std::filesystem::path(given)
                                     : std::filesystem::path(STROP_SOURCE_DIR).parent_path() / "shared";
  const auto folder = root / "data" / name;
  return std::filesystem::is_directory(folder) ? folder : std::filesystem::path();
}

}  // namespace strop
