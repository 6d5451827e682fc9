// What the tables of names of convolutional networks share, one entry a library whose files have names of their own.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace strop {

// A convolution and the norm behind it.
struct UnitName {
  std::string conv, norm;
};

// As most models of Transformers name them.
inline UnitName transformers_unit(const std::string& base) { return {base + ".convolution", base + ".normalization"}; }

// The entry called `layout`, which is in the list: recognition has taken the name from there.
template <typename Names>
const Names& find_layout(const std::vector<Names>& layouts, const std::string& layout) {
  const auto found =
      std::find_if(layouts.begin(), layouts.end(), [&](const Names& one) { return one.layout == layout; });
  if (found == layouts.end()) throw std::logic_error("no layout " + layout);
  return *found;
}

}  // namespace strop
