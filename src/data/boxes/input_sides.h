// Training on several scales: the side of a square input changes from one stretch of steps to the next.
#pragma once

#include <cstdint>
#include <vector>

#include "image/input_form.h"

namespace strop {

class InputSides {
 public:
  // Steps that have one side.
  static constexpr std::int64_t kSteps = 10;

  // All steps have the form's own side.
  InputSides() = default;
  // The multiples of 32 and of `stride` within `share` of the form's side (0.25: from 0.75 to 1.25 of it). Error(usage)
  // naming multi_scale: the form is no square, or there are not two of them.
  InputSides(const InputForm& form, double share, std::int64_t stride, std::uint64_t seed);

  bool vary() const { return !sides_.empty(); }
  const std::vector<int>& all() const { return sides_; }  // the smallest first
  // Of the step of a run, counted from 0: the same whenever it is asked for.
  int at(std::int64_t step) const;
  // Pixels of the largest input and of the mean one, over those of the form.
  double largest_area() const;
  double mean_area() const;

 private:
  std::vector<int> sides_;
  int own_ = 0;
  std::uint64_t seed_ = 0;
};

}  // namespace strop
