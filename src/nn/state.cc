#include "nn/state.h"

#include <stdexcept>

namespace strop {

const torch::Tensor& State::at(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw std::out_of_range("no tensor '" + name + "' in the state between blocks");
  return found->second;
}

}  // namespace strop
