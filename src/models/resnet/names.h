// The names that a ResNet's parts have in each library's files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace strop::resnet {

struct UnitName {
  std::string conv, norm;
};

struct Names {
  std::string layout, prefix;  // a file of the encoder alone leaves the prefix out
  UnitName stem;
  UnitName (*unit)(std::int64_t stage, std::int64_t block, std::int64_t unit);  // all counted from 0
  UnitName (*shortcut)(std::int64_t stage, std::int64_t block);
  std::string classifier;
};

const std::vector<Names>& layouts();
const Names& names_of(const std::string& layout);

}  // namespace strop::resnet
