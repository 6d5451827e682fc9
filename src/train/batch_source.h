// The samples of one split, ready for a block of the row: the trainer and the evaluation see nothing else of the data.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "nn/state.h"
#include "planner/rows_at_once.h"

namespace strop {

class BatchSource {
 public:
  using Samples = std::vector<std::int64_t>;

  virtual ~BatchSource() = default;
  virtual std::size_t size() const = 0;
  // The block that reads what make() gives: 0 for raw inputs, the cut behind a frozen prefix.
  virtual std::size_t first_block() const = 0;
  // Cost of a sample in tokens (1 where there are none): for throughput and for batches of like length.
  virtual const std::vector<std::int64_t>& lengths() const = 0;
  // -1: none, or a row that turned out to be unusable when it was made; it counts nowhere.
  virtual const std::vector<std::int32_t>& labels() const = 0;
  // Rows that go through the network together at most where nothing is trained.
  virtual std::int64_t rows_at_once() const { return kTextsAtOnce; }
  // Number of different augmented views of a sample that are worth keeping; view 0 of an unaugmented source is the
  // sample itself.
  virtual std::int64_t views() const { return 1; }
  // The same where each is made anew and nothing is kept.
  virtual std::int64_t fresh_views() const { return views(); }
  // The state of these samples, in this order. `view` counts from 0; sources without augmentation ignore it.
  virtual State make(std::span<const std::int64_t> samples, std::int64_t view) = 0;
  // The batches that make() will be asked for next, in this order: a source that works ahead begins with them. Asking
  // for others is no mistake.
  virtual void prefetch(std::vector<Samples>, std::int64_t /*view*/) {}
  // Steps of a run, counted from its first, whose inputs have one size: at each multiple of it another may begin. 0:
  // all.
  virtual std::int64_t steps_alike() const { return 0; }
  // What is asked for next belongs to this step (from 0) and those behind it, up to the next such multiple.
  virtual void begin_steps(std::int64_t /*step*/) {}
  // Rows of which only a part goes into the model.
  virtual std::int64_t cut_rows() const { return 0; }
  // What making the batches so far has brought to light, for a person, a line each.
  virtual std::vector<std::string> findings() const { return {}; }
  // Why a row could not be made; "" where it could, or was not asked for.
  virtual std::string fault_of(std::size_t /*row*/) const { return ""; }
};

}  // namespace strop
