// What the planner and the methods need to know of a model, as plain numbers (no torch).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace strop {

struct BlockFacts {
  std::string name;
  std::int64_t parameters = 0;
  double multiply_adds = 0;  // of one sample of ModelFacts::tokens tokens, forward
  // Of one such sample, in numbers. kept: for the backward pass of a block whose weights are frozen. widest: the
  // largest tensor inside. live: between this block and the one before, what a cache of a cut here would hold.
  double kept = 0, widest = 0, live = 0;
  // Of one such sample at rest (nothing trains), measured; 0: by the rules for large matrix products.
  double seconds = 0;  // in fp32
  double resting = 0;  // numbers in its tensors at the highest point, what it reads and writes among them
  // The same with all its weights training, measured; 0: by those rules.
  double training_seconds = 0;  // forward and backward in fp32
  double held = 0;              // numbers that stay from forward to backward
  double passing = 0;           // numbers beside them at the highest point, gradients of weights left out
};

struct ModelFacts {
  std::string family;
  std::vector<BlockFacts> blocks;
  std::size_t head_begin = 0;  // blocks from here on are the head
  std::int64_t labels = 0;
  double tokens = 1;                // mean tokens of a sample that the figures hold for
  std::int64_t picture_tokens = 0;  // Model::picture_tokens
  bool head_made = false;           // the file lacked (part of) the head

  std::int64_t parameters() const {
    std::int64_t sum = 0;
    for (const auto& block : blocks) sum += block.parameters;
    return sum;
  }
};

class Model;
// The facts of a loaded model, for samples of `tokens` tokens on average.
ModelFacts model_facts(const Model& model, double tokens, bool head_made);

}  // namespace strop
