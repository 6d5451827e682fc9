// What the key `augment` asks for: a list of words for changes of texts, of pictures, and of whole batches.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/augment_text.h"
#include "strop/options.h"

namespace strop {

struct AugmentPlan {
  std::vector<TextOperation> operations;  // on texts, in the order given
  // On pictures: a level (none, light, medium, strong) and single changes, policies as policy() knows them among them.
  std::vector<std::string> pictures;
  // On batches, by the trainer.
  bool mixup = false;
  bool cutmix = false;
  bool rdrop = false;
};

// Error(usage) with the nearest word, or where a word stands twice.
AugmentPlan parse_augment(const std::vector<std::string>& words);

// Whether single samples are changed at random, so that one has several views.
bool changes_samples(const Options& options);

}  // namespace strop
