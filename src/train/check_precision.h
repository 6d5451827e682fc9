// Whether a frozen prefix may run in bf16: what it says of some samples is compared with what it says in fp32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "models/model.h"
#include "train/batch_source.h"

namespace strop {

struct PrecisionCheck {
  std::int64_t samples = 0;
  double feature_error = 0;  // the difference over the features in fp32, as vectors of all samples
  double agreement = 1;      // share of the samples with the same best class; 1 where classes are not asked for

  bool safe() const { return feature_error <= 1e-2 && agreement >= 0.995; }
  // In plain words: "bf16: on 256 rows the frozen features differ by 0.4 % (at most 1 %), ...".
  std::string text() const;
};

// Of 256 rows of `source`, cut before block `cut`. `asks_classes`: the head means something and has one answer a row.
// Cost: the rows twice through the prefix, and through the rest where classes are asked for.
PrecisionCheck check_precision(const Model& model, BatchSource& source, std::size_t cut, bool asks_classes);

}  // namespace strop
