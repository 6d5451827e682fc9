// Places in a block, beside its layers, that a tuning method may fill: layers that store nothing and do nothing until
// an adapter of the method's own stands in them. As layers they have a name, and whatever is loaded, saved, frozen,
// counted or written of adapters holds for them too.
#pragma once

#include "nn/layer.h"
#include "nn/state.h"

namespace strop {

// Beside a branch of the block: y + what the adapter makes of x.
class BranchSlot : public Layer {
 public:
  explicit BranchSlot(std::int64_t width) : Layer(LayerKind::slot, {width}, false) {}
  std::vector<StoredTensor> stored() override { return {}; }
  // x, the branch's input, and y, its result: rows x width. y itself where the slot is empty.
  torch::Tensor add(const torch::Tensor& x, const torch::Tensor& y, const Pass& pass) const {
    return adapter ? adapter->output(x, y, *this, pass) : y;
  }
};

// Tokens behind a block's own: the adapter's (its input() appends them), else those that the block before left in the
// state under kPort. Behind, for then the block's own tokens keep their places; attention minds no order.
class TokenSlot : public Layer {
 public:
  static constexpr const char* kPort = "prompts";
  explicit TokenSlot(std::int64_t width) : Layer(LayerKind::slot, {width}, false) {}
  std::vector<StoredTensor> stored() override { return {}; }
  // tokens: samples x T x width. Returns samples x (T + P) x width.
  torch::Tensor enter(const State& state, const torch::Tensor& tokens) const;
  // Takes the first `own` tokens of the block's result for itself and leaves the others in the state.
  torch::Tensor leave(State& state, const torch::Tensor& tokens, std::int64_t own) const;
};

}  // namespace strop
