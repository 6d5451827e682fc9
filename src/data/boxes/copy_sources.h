// Which boxes of the training pictures are worth copying onto others: those of rare classes more often than they occur.
#pragma once

#include <cstdint>
#include <vector>

#include "core/rng.h"
#include "data/boxes/box_data.h"

namespace strop {

class CopySources {
 public:
  // Crowds do not count. Cost: a pass over the boxes.
  explicit CopySources(const BoxSplit& split);

  struct Choice {
    std::int64_t row = -1;  // of the split; -1: it has no box at all
    std::int32_t label = -1;
  };
  // A class with a probability as the root of its number of boxes (a hundredth of the boxes is drawn as a tenth), then
  // any picture that has it.
  Choice draw(Rng& rng) const;

 private:
  struct OfClass {
    std::int32_t label;
    double upto;  // sum of the weights of the classes to here
    std::vector<std::int64_t> rows;
  };
  std::vector<OfClass> classes_;
};

}  // namespace strop
