// A model is a row of blocks: embed -> block 0 ... block L-1 -> head. Everything that strop does with a model follows
// from the row alone: head tuning, layer by layer, adapters, truncated backward, the frozen-prefix cache, the profiler.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "image/input_form.h"
#include "models/detector.h"
#include "nn/block.h"
#include "weights/safetensors.h"

namespace strop {

inline constexpr const char* kTextClassification = "text-classification";
inline constexpr const char* kImageClassification = "image-classification";
inline constexpr const char* kObjectDetection = "object-detection";

// What a family's builder needs beside config.json.
struct ModelOptions {
  std::vector<std::string> label_names;
  std::string pooling = "pooler";  // pooler | cls | mean
  std::uint64_t seed = 42;         // of layers that the file lacks
  std::int64_t image_size = 0;     // side of the pictures in pixels; 0: as the files say
  std::string task;          // kObjectDetection puts a detector on a classifier; empty: what the files' network does
  // label_names are the classes of the files' head, by number; those of a detector beyond them become an increment.
  bool keeps_classes = false;
  // The file of the model's own and the key in it that label_names come from, for messages; empty: config.json, or they
  // are others'.
  std::string labels_from;
  // Classes of each group of a detector, where more than its file tells of them; empty: by the file and label_names.
  std::vector<std::int64_t> groups;
};

class Model {
 public:
  // `canonical_prefix` stands before the encoder's names in a task model ("bert."): files may leave it out.
  Model(std::string family, nlohmann::json config, std::string canonical_prefix)
      : family_(std::move(family)), config_(std::move(config)), prefix_(std::move(canonical_prefix)) {}

  const std::string& family() const { return family_; }
  const std::string& prefix() const { return prefix_; }
  const nlohmann::json& config() const { return config_; }
  nlohmann::json& config() { return config_; }

  // --- the row ---
  void add(std::unique_ptr<Block> block) { blocks_.push_back(std::move(block)); }
  // The row for another model to take over; none is left here.
  std::vector<std::unique_ptr<Block>> take_blocks() { return std::move(blocks_); }
  std::size_t size() const { return blocks_.size(); }
  Block& block(std::size_t index) const { return *blocks_.at(index); }
  // Place of the named block; Error(usage) with the nearest name and all names.
  std::size_t index_of(const std::string& block_name) const;
  std::vector<std::string> block_names() const;
  // Number of the first block of the head: the blocks from there on belong to the task, those before to the encoder.
  std::size_t head_begin() const { return head_begin_; }
  void set_head_begin(std::size_t index) { head_begin_ = index; }

  // Runs blocks first .. last-1. What they read is brought to the model's device, but for kBounds.
  void forward(State& state, const Pass& pass, std::size_t first, std::size_t last) const;
  // The names that blocks cut .. end still read when the row is cut before block `cut`, with their rows. Of a detector
  // also the targets, and what its answers are read from: left out where only `losses` are asked for, since outputs
  // that lie before the cut do not train.
  std::vector<Port> live_at(std::size_t cut, bool losses = false) const;
  // What the data brings.
  void set_inputs(std::vector<Port> inputs) { inputs_ = std::move(inputs); }

  // --- weights ---
  // Where the weights lie and the blocks compute.
  const torch::Device& device() const { return device_; }
  // Brings there all weights, statistics and adapters that lie elsewhere; what trains still does.
  void to(const torch::Device& device);
  std::vector<std::pair<std::string, Layer*>> layers() const;
  Layer* find_layer(const std::string& full_name) const;  // nullptr where there is none
  // Weight and bias of all layers by on-disk name.
  std::map<std::string, torch::Tensor> tensors() const;
  // Points every tensor at the mapped file (converted to fp32 where the file holds another type) and makes those that
  // the file lacks: as another layer of it (Layer::begins_as), or fresh. A missing encoder tensor or a wrong shape is
  // an Error(model). Returns the names of the layers that were made.
  std::vector<std::string> load(std::shared_ptr<const WeightFiles> files, std::uint64_t seed);

  std::string task;  // of its family
  // The label of each output.
  std::vector<std::string> label_names;
  std::string pooling;
  // What the data's files call each label, where they use numbers (COCO's category ids); empty: 1 .. n.
  std::vector<std::int64_t> category_ids;
  // The class under which the library that the format comes from opens a saved model ("architectures" of config.json).
  std::string task_architecture;
  // Longest sequence that the model takes; 0: no limit.
  std::int64_t max_positions = 0;
  // Tokens that a picture goes through the blocks as; 0: it does not, or the data tell (texts).
  std::int64_t picture_tokens = 0;
  // How its pictures are prepared; nothing for other inputs.
  std::optional<InputForm> input_form;
  // Its format takes pictures of one size alone, config.json's image_size: that of input_form when it is saved.
  bool one_size = false;
  // Pixels of the smallest side that its patches and strides leave something of.
  std::int64_t least_side = 1;
  // How its outputs become boxes; null: it is no detector.
  std::unique_ptr<Detector> detector;

 private:
  std::string family_;
  nlohmann::json config_;
  std::string prefix_;
  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<Port> inputs_;
  std::size_t head_begin_ = 0;
  torch::Device device_ = torch::kCPU;
};

// A view on a file's tensor as fp32: shared with the mapping where it already is, converted otherwise.
torch::Tensor to_tensor(const TensorView& view, std::shared_ptr<const WeightFiles> owner);

}  // namespace strop
