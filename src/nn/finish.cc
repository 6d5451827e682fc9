#include "nn/finish.h"

#include <limits>

namespace strop {

std::optional<kernels::Finish> finish_of(Activation activation) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  switch (activation) {
    case Activation::none: return kernels::Finish{};
    case Activation::relu: return kernels::Finish{kernels::Bend::clip, 0, kInfinity};
    case Activation::relu6: return kernels::Finish{kernels::Bend::clip, 0, 6};
    case Activation::silu: return kernels::Finish{kernels::Bend::silu, 0, 0};
    case Activation::hardswish: return kernels::Finish{kernels::Bend::hardswish, 0, 0};
    case Activation::gelu: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace strop
