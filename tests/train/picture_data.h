// Pictures whose colour tells their class, in folders: what a tiny network learns in a second.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/files.h"
#include "core/rng.h"
#include "image/encode.h"

namespace strop {

// `side` x `side` pixels around the class's colour, with noise.
inline Picture picture_of(std::size_t label, std::uint64_t number, int side = 24) {
  constexpr int kColours[][3] = {{200, 60, 60}, {60, 190, 70}, {70, 80, 200}, {180, 180, 60}};
  Picture picture(side, side);
  Rng rng(number, RngUse::probe, {label});
  for (std::size_t i = 0; i < picture.size(); ++i) {
    const int level = kColours[label % 4][i % 3] + static_cast<int>(rng.below(81)) - 40;
    picture.data()[i] = static_cast<std::uint8_t>(std::clamp(level, 0, 255));
  }
  return picture;
}

// folder/{train,validation,test}/CLASS/NUMBER.png: `rows` of each class to train on, a third of that in the others.
inline void write_pictures(const std::filesystem::path& folder, const std::vector<std::string>& classes,
                           std::uint64_t rows) {
  for (const std::string split : {"train", "validation", "test"}) {
    const std::uint64_t count = split == "train" ? rows : std::max<std::uint64_t>(1, rows / 3);
    const std::uint64_t seed = split == "train" ? 0 : split == "test" ? 1000 : 2000;
    for (std::size_t label = 0; label < classes.size(); ++label) {
      for (std::uint64_t i = 0; i < count; ++i) {
        const auto name = std::to_string(i) + (i % 2 == 0 ? ".png" : ".jpg");
        const auto picture = picture_of(label, seed + i);
        write_file_atomic(folder / split / classes[label] / name,
                          i % 2 == 0 ? encode_png(picture.view()) : encode_jpeg(picture.view(), 90));
      }
    }
  }
}

// A vision transformer of two blocks and 16 pixels, with a head for cat, dog and owl.
inline std::filesystem::path tiny_picture_model() {
  return std::filesystem::path(STROP_SOURCE_DIR) / "tests" / "data" / "vit" / "vit";
}

}  // namespace strop
