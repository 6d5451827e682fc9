// The two layouts of torch.save, taken apart: the values of the object pickle and where each storage's bytes lie.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "weights/pickle_value.h"

namespace strop {

struct PickledParts {
  PickleValues values;
  std::map<std::string, std::string_view, std::less<>> storages;  // key -> bytes inside the content
};

// Error(model) for anything else than a file of torch.save, with what it is where that can be told.
PickledParts split_pickled_file(std::string_view content, const std::string& file);

}  // namespace strop
