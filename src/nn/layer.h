// A leaf of a model: weight, bias and one adapter slot. Everything that is loaded, saved, frozen, hashed or adapted is
// a Layer; a model is nothing but named layers and the blocks' forward functions.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nn/adapter.h"

namespace strop {

// Tells whether a tensor is still the one, with the values, that something was derived from. The weak pointer keeps the
// storage's name taken: a new tensor where a freed one lay is another.
struct TensorMark {
  c10::weak_intrusive_ptr<c10::StorageImpl> storage{c10::intrusive_ptr<c10::StorageImpl>()};
  std::int64_t version = -1;
  bool operator==(const TensorMark& other) const { return storage == other.storage && version == other.version; }
};
inline TensorMark mark_of(const torch::Tensor& tensor) {
  if (!tensor.defined()) return {};
  return {tensor.storage().getWeakStorageImpl(), static_cast<std::int64_t>(tensor._version())};
}

enum class LayerKind { linear, embedding, norm, conv, batch_norm, table, slot };

// A tensor of a layer as files know it: the layer's name on disk with `suffix` behind it.
struct StoredTensor {
  std::string suffix;  // ".weight", ".bias", ".running_mean"; "" or ".gamma" where the format names a lone tensor so,
                       // "_weight" and "_bias" where it names a pair so
  torch::Tensor* tensor;
  std::vector<std::int64_t> shape;
};

// What stands behind the name of a layer's bias where `weight_suffix` stands behind that of its weight.
std::string bias_suffix(const std::string& weight_suffix);

class Layer {
 public:
  // Allocates nothing: weights come from a file (Model::load) or from reset().
  Layer(LayerKind kind, std::vector<std::int64_t> shape, bool has_bias, std::string weight_suffix = ".weight")
      : kind_(kind), shape_(std::move(shape)), has_bias_(has_bias), weight_suffix_(std::move(weight_suffix)) {}
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  LayerKind kind() const { return kind_; }
  // Of the weight: out x in, rows x dim, dim, or out x in/groups x height x width.
  const std::vector<std::int64_t>& shape() const { return shape_; }
  bool has_bias() const { return has_bias_; }
  // Another weight, which may have another shape.
  void replace_weight(torch::Tensor other) {
    weight = std::move(other);
    shape_ = weight.sizes().vec();
  }
  const std::string& weight_suffix() const { return weight_suffix_; }
  // Everything that is loaded, saved, hashed and kept: the weight first, then the bias, then statistics.
  virtual std::vector<StoredTensor> stored();
  // Weights as they begin where no file has them: convolutions by their number of inputs (He et al. 2015), norms as the
  // identity, all else normal(0, 0.02); biases at fresh_bias.
  virtual void make_fresh(at::Generator generator);
  double fresh_bias = 0;
  double fresh_deviation = 0;  // of a convolution's weights; 0: by its number of inputs
  // The layer (its name on disk) whose stored tensors this one begins with where the file has none of its own; empty:
  // none.
  std::string begins_as;
  std::int64_t parameters() const { return weight.numel() + (has_bias_ ? bias.numel() : 0); }

  torch::Tensor weight;  // fp32, shape()
  torch::Tensor bias;    // fp32, shape()[0] of linear layers, shape() of norms; undefined without bias
  std::unique_ptr<Adapter> adapter;
  // Full name in a model that the files' library has loaded, where it is not the name on disk (vision transformers in
  // Transformers 5): PEFT's files and target_modules may say it.
  std::string memory_name;

  // weight (bias) in the precision of a pass. A frozen tensor is converted once and kept until it changes; a trained
  // one is converted each time, in the graph.
  torch::Tensor weight_in(torch::ScalarType precision) const { return converted(weight, kept_weight_, precision); }
  torch::Tensor bias_in(torch::ScalarType precision) const { return converted(bias, kept_bias_, precision); }

 private:
  struct Kept {
    torch::Tensor tensor;
    TensorMark mark;  // of the master that it was made from
  };
  static torch::Tensor converted(const torch::Tensor& master, Kept& kept, torch::ScalarType precision);

  LayerKind kind_;
  std::vector<std::int64_t> shape_;
  bool has_bias_;
  std::string weight_suffix_;
  mutable Kept kept_weight_, kept_bias_;
};

// Weight and bias of a layer, its adapter merged in (in the graph) where it has one. Norms compute with these.
struct Parameters {
  torch::Tensor weight, bias;
};
Parameters parameters_of(const Layer& layer);

}  // namespace strop
