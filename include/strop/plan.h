// The Plan: everything that was decided about a run, as data.
//
// Everything that decides ends in a Plan; everything that acts obeys a Plan. It is printable, hand-writable YAML
// (`strop train plan.yaml` runs it as it stands) and every run writes the one it resolved to <run>/plan.yaml.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "strop/options.h"

namespace strop {

inline constexpr int kPlanVersion = 1;

// One stretch of training with one set of trainable parts. A run is a row of stages, each going on from the last.
// Blocks are named as the model's row names them ("embeddings", "encoder.layer.5", "pooler", "classifier").
struct Stage {
  std::string name;             // "head", "block encoder.layer.5", "lora"
  std::string method = "full";  // the tuning method that makes this stage's parts trainable
  // gradient, or a closed form of the head: ridge | lda | logistic | auto (the better of ridge and logistic).
  std::string solver = "gradient";
  std::vector<std::string> blocks;  // blocks whose parts train; the head's are always among them
  std::string cut;                  // first block of the suffix: all before it is frozen, cached, without graph
  // The planned end, where the schedule reaches zero: one of the three is above 0.
  std::int64_t max_steps = 0;  // optimizer steps
  double epochs = 0;           // passes over the (sampled) data, where their steps are not known ahead
  double seconds = 0;          // wall clock
  double learning_rate = 0;
  std::map<std::string, double> lr_scale;             // block -> factor on learning_rate (1 where absent)
  std::map<std::string, std::int64_t> update_period;  // block -> steps between its updates (1 where absent)

  bool operator==(const Stage&) const = default;
};

inline constexpr const char* kHalveBatch = "halve_batch";  // half as many samples at a time, the same gradient

// What was predicted, to be held against what came true. 0: nothing was predicted.
struct Prediction {
  double seconds = 0;
  std::int64_t peak_bytes = 0;
  double quality = 0;

  bool operator==(const Prediction&) const = default;
};

struct Plan {
  int version = kPlanVersion;
  Options options;  // fully resolved
  std::vector<Stage> stages;
  // Samples that go through the network at a time; the batch's gradient is their sum. 0: the whole batch.
  std::int64_t micro_batch = 0;
  // Fewer of them where together they have more tokens than this. 0: no limit.
  std::int64_t micro_batch_tokens = 0;
  std::string precision;                       // of the trained part: fp32 | bf16
  std::string prefix_precision;                // of the frozen part
  std::vector<std::string> fallbacks;          // what the trainer does when a limit is near: kHalveBatch
  std::map<std::string, std::string> reasons;  // decision -> why, in plain words
  Prediction predicted;

  bool operator==(const Plan&) const = default;
};

// YAML both ways. from_yaml names the file, line and key of what it cannot read (Error usage); an unknown key is an
// error with the nearest name; a newer version is refused.
std::string to_yaml(const Plan& plan);
Plan plan_from_yaml(const std::string& text, const std::string& file);
// True where the YAML text is a plan (has a top-level `version` and `stages`) rather than a set of options.
bool is_plan(const std::string& yaml_text);

}  // namespace strop
