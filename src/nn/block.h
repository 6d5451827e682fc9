// One block of a model's row: named layers, what it reads from and writes to the state, and its forward function.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "nn/layer.h"
#include "nn/pass.h"
#include "nn/state.h"

namespace strop {

namespace onnx {
class Graph;
}

class Block {
 public:
  // `name` is the on-disk prefix that the block's layers share ("encoder.layer.3"), `index` its place in the row.
  Block(std::string name, std::int64_t index) : name_(std::move(name)), index_(static_cast<std::uint64_t>(index)) {}
  virtual ~Block() = default;
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  const std::string& name() const { return name_; }
  // Leaf layers with their full on-disk names, without ".weight".
  const std::vector<std::pair<std::string, Layer*>>& layers() const { return layers_; }

  // A name that no block before has written is read only where it is there.
  virtual std::vector<std::string> reads() const = 0;
  virtual std::vector<Port> writes() const = 0;
  // Replaces or adds what the block writes; leaves the rest of the state alone.
  virtual void forward(State& state, const Pass& pass) const = 0;
  // Multiply-adds of one forward pass for one sample of `tokens` tokens (1 for networks without tokens).
  virtual double multiply_adds(double tokens) const = 0;
  // forward, at rest and in fp32, as nodes of an ONNX graph whose ports are the state's. Adapters are merged before.
  // Error(model) where the family has no such form.
  virtual void export_to(onnx::Graph& graph) const;

  // Of a block that stores something for pictures of one size (a table of positions): makes it that of `height` x
  // `width` pixels, for files that open at this size. What the block computes of such pictures stays.
  virtual void fit_pictures(std::int64_t, std::int64_t) {}
  // Until then: what a person must tell the files' own library so that it takes pictures of this size. "": nothing.
  virtual std::string fit_advice(std::int64_t, std::int64_t) const { return ""; }

 protected:
  void add_layer(const std::string& full_name, Layer& layer) { layers_.emplace_back(full_name, &layer); }
  std::uint64_t index() const { return index_; }

 private:
  std::string name_;
  std::uint64_t index_;
  std::vector<std::pair<std::string, Layer*>> layers_;
};

}  // namespace strop
