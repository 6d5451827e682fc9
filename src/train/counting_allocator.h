// Counts the bytes of all CPU tensors, as a layer over libtorch's own allocator.
//
// Tensors made before count_tensor_memory() are not counted; each job calls it first. Memory that a file mapping or the
// caller owns is not counted.
#pragma once

#include <cstdint>

namespace strop {

void count_tensor_memory();
std::int64_t tensor_bytes();       // now
std::int64_t peak_tensor_bytes();  // since the last reset
void reset_peak_tensor_bytes();

}  // namespace strop
