// A tuning method: how a run is divided into stages, and what in a block becomes trainable.
//
// Adding one: its file, a line in methods.cc, its line in CMakeLists.txt, a test, a row in docs/methods.md.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "models/facts.h"
#include "strop/options.h"
#include "strop/plan.h"

namespace at {
class Tensor;
}

namespace strop {

class Adapter;
class Block;
class Layer;

// What a method makes trainable below the head.
enum class Trains {
  weights,   // whole layers
  parts,     // single tensors of them: biases, the affine of norms
  adapters,  // what it puts into slots; the weights stay
};

// The classes of the trained model.
enum class Labels {
  data,            // those of the data
  model,           // the model's own: the data may lack some
  model_and_data,  // the model's own, then those of the data that it lacks
};

using NamedLayers = std::vector<std::pair<std::string, Layer*>>;

struct Method {
  std::string name;
  std::string summary;
  Trains trains;

  // The stages of a run, with blocks, cut and lr_scale; steps and learning rate are filled by the planner.
  // Error(usage) where the method does not fit the model.
  std::vector<Stage> (*stages)(const ModelFacts& model, const Options& options);
  // Makes the method's part of one encoder block trainable.
  void (*open_block)(Block& block, const Options& options);

  // --- adapters that are written to a file of their own; empty and null for the others, saved as full models ---
  std::string peft_type = {};
  // The method's fields of adapter_config.json, for the adapted layers with their full names.
  nlohmann::json (*peft_config)(const Options& options, const NamedLayers& adapted) = nullptr;
  // The adapter of one layer from its file: `tensors` by PEFT's names relative to the layer. Error(model): a missing
  // tensor, a wrong shape, a setting that is not supported.
  std::unique_ptr<Adapter> (*read)(const nlohmann::json& config, const std::string& module, const Layer& layer,
                                   const std::map<std::string, at::Tensor>& tensors) = nullptr;

  bool head_alone = false;  // the encoder stays as it is
  Labels labels = Labels::data;
  bool merges = true;          // what trained folds into weights; otherwise the adapter's file is the only form
  bool starts_neutral = true;  // what it puts in changes no answer before it has learned
};

const std::vector<Method>& methods();
// Error(usage) with the list of methods and the nearest name.
const Method& find_method(const std::string& name);
// Error(usage): what `method` trains does not fold into weights, and what to do instead.
[[noreturn]] void fail_unmergeable(const std::string& method);

// --- shared by the methods ---

// One stage that opens blocks first_block .. end, cut before first_block.
Stage stage_from(const ModelFacts& model, const Options& options, const std::string& name, const std::string& method,
                 std::size_t first_block);
// What a stage says of blocks that are not among its own (any more) goes.
void drop_absent_blocks(Stage& stage);
// The one stage of a method that trains little in each block: the blocks between the first (embeddings, stem) and the
// head, or those of layers_to_transform (0 is the lowest), and the head. Error(usage): a number that no block has.
Stage light_stage(const ModelFacts& model, const Options& options, const std::string& method);
std::vector<std::string> names_of(const NamedLayers& layers);
// PEFT's rules (peft.md 2): a list entry matches a module of that name or one that ends with "." + entry; a single
// entry with regex characters must match in full; "all-linear" matches every linear layer outside the head. A layer's
// memory_name counts as its name too.
bool matches_modules(const std::vector<std::string>& patterns, const std::string& module, const Layer& layer);

}  // namespace strop
