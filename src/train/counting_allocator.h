// Takes the memory of all CPU tensors from malloc, aligned to 64 bytes, and counts it.
//
// libtorch's own allocator calls posix_memalign, which asks malloc for more than it keeps: the gap that a block leaves
// is then too small for the next block of the same size, and the heap grows from batch to batch (by 130 MiB in a head
// job on pictures). Here a freed block fits its like again.
//
// What lies on a GPU is counted by libtorch's own allocator there.
//
// Tensors made before count_tensor_memory() are not counted; each job calls it first. Memory that a file mapping or the
// caller owns is not counted.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>

namespace strop {

void count_tensor_memory();
std::int64_t tensor_bytes(const c10::Device& device);       // now
std::int64_t peak_tensor_bytes(const c10::Device& device);  // since the last reset
void reset_peak_tensor_bytes(const c10::Device& device);

}  // namespace strop
