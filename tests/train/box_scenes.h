// Coloured squares on grey, as COCO writes them: what a tiny detector is trained on.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/files.h"
#include "core/rng.h"
#include "image/encode.h"

namespace strop {

// folder/SPLIT.json and folder/images/*.png: `count` pictures of 64 x 64 pixels with one or two squares of the classes
// first .. first + names.size() - 1 (each has a colour), annotated under `names`; category ids are 10, 20, ...
inline void write_scenes(const std::filesystem::path& folder, const std::string& split, std::uint64_t count,
                         const std::vector<std::string>& names, std::size_t first = 0) {
  constexpr std::uint8_t kColours[][3] = {{230, 40, 40}, {40, 210, 50}, {50, 60, 230}, {230, 220, 40}};
  nlohmann::json root = {{"images", nlohmann::json::array()},
                         {"annotations", nlohmann::json::array()},
                         {"categories", nlohmann::json::array()}};
  for (std::size_t i = 0; i < names.size(); ++i)
    root["categories"].push_back({{"id", 10 * (i + 1)}, {"name", names[i]}});
  std::int64_t id = 0;
  for (std::uint64_t number = 0; number < count; ++number) {
    Rng rng(number, RngUse::probe, {split.size(), first});
    Picture picture(64, 64, 120, 120, 120);
    const auto file = split + std::to_string(number) + ".png";
    root["images"].push_back({{"id", number + 1}, {"file_name", file}, {"width", 64}, {"height", 64}});
    for (int half = 0; half < 1 + static_cast<int>(rng.below(2)); ++half) {
      const auto label = static_cast<std::size_t>(rng.below(names.size()));
      const int side = 14 + static_cast<int>(rng.below(14));
      const int x = half * 32 + static_cast<int>(rng.below(static_cast<std::uint64_t>(32 - side))),
                y = static_cast<int>(rng.below(static_cast<std::uint64_t>(64 - side)));
      for (int row = y; row < y + side; ++row) {
        for (int column = x; column < x + side; ++column)
          std::copy_n(kColours[(first + label) % 4], 3, picture.row(row) + 3 * column);
      }
      root["annotations"].push_back({{"id", ++id},
                                     {"image_id", number + 1},
                                     {"category_id", 10 * (label + 1)},
                                     {"bbox", {x, y, side, side}},
                                     {"area", side * side},
                                     {"iscrowd", 0}});
    }
    write_file_atomic(folder / "images" / file, encode_png(picture.view()));
  }
  write_file_atomic(folder / (split + ".json"), root.dump());
}

// A YOLOX of some thousand weights, three classes.
inline std::filesystem::path tiny_detector() {
  return std::filesystem::path(STROP_SOURCE_DIR) / "tests" / "data" / "yolox" / "nano";
}

}  // namespace strop
