// Pictures of a split that could not be made: named once each, and out of the count.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "data/image_loader.h"

namespace strop {

class PictureFaults {
 public:
  // Those of `samples` that are not in `batch` failed, in the same order: their labels become -1. With `strict` the
  // first is Error(data).
  void note(const PictureBatch& batch, std::span<const std::int64_t> samples, bool strict,
            std::vector<std::int32_t>& labels);
  // Why the picture of a row was not made; "": it was.
  std::string of(std::size_t row) const;
  // How many there were, and the first, for a person; nothing where there were none.
  std::vector<std::string> summary() const;

 private:
  std::map<std::int64_t, std::string> reasons_;  // by sample
};

}  // namespace strop
