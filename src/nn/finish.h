// Activations as the kernels of convolutions know them.
#pragma once

#include <optional>

#include "nn/activation.h"
#include "nn/kernels/conv.h"

namespace strop {

// Nothing where the kernels don't know it.
std::optional<kernels::Finish> finish_of(Activation activation);

}  // namespace strop
