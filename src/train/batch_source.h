// The samples of one split, ready for a block of the row: the trainer and the evaluation see nothing else of the data.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nn/state.h"

namespace strop {

class BatchSource {
 public:
  virtual ~BatchSource() = default;
  virtual std::size_t size() const = 0;
  // The block that reads what make() gives: 0 for raw inputs, the cut behind a frozen prefix.
  virtual std::size_t first_block() const = 0;
  // Cost of a sample in tokens (1 where there are none): for throughput and for batches of like length.
  virtual const std::vector<std::int64_t>& lengths() const = 0;
  virtual const std::vector<std::int32_t>& labels() const = 0;  // -1: none
  // Number of different augmented views of a sample; view 0 of an unaugmented source is the sample itself.
  virtual std::int64_t views() const { return 1; }
  // The state of these samples, in this order. `view` counts from 0; sources without augmentation ignore it.
  virtual State make(std::span<const std::int64_t> samples, std::int64_t view) = 0;
};

}  // namespace strop
