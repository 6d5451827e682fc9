#include "nn/slot.h"

#include <torch/types.h>

namespace strop {

torch::Tensor TokenSlot::enter(const State& state, const torch::Tensor& tokens) const {
  if (adapter) return adapter->input(tokens);
  return state.has(kPort) ? at::cat({tokens, state.at(kPort).to(tokens.scalar_type())}, 1) : tokens;
}

torch::Tensor TokenSlot::leave(State& state, const torch::Tensor& tokens, std::int64_t own) const {
  state.erase(kPort);
  if (tokens.size(1) <= own) return tokens;
  state.set(kPort, tokens.narrow(1, own, tokens.size(1) - own));
  return tokens.narrow(1, 0, own);
}

}  // namespace strop
