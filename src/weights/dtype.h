// The element types of the safetensors format, as its reference names and orders them.
#pragma once

#include <cstddef>
#include <string>

namespace strop {

// Place in the reference's order, in which files are laid out (largest first); -1 for an unknown dtype.
int dtype_rank(const std::string& dtype);
// "F32, F16, ...": for messages.
std::string dtype_names();

}  // namespace strop
