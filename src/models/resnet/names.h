// The names that a ResNet's parts have in each library's files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/layouts.h"

namespace strop::resnet {

struct Names {
  std::string layout, prefix;  // a file of the encoder alone leaves the prefix out
  UnitName stem;
  UnitName (*unit)(std::int64_t stage, std::int64_t block, std::int64_t unit);  // all counted from 0
  UnitName (*shortcut)(std::int64_t stage, std::int64_t block);
  std::string classifier;
};

const std::vector<Names>& layouts();

}  // namespace strop::resnet
