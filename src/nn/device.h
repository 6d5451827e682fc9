// Where tensors lie and products run: the CPU, or a CUDA GPU where libtorch was built for one.
//
// strop's own kernels and oneDNN's forms are for CPUs. Elsewhere every operation of nn/ is composed of libtorch's own,
// with the same result to rounding. STROP_KERNELS=off in the environment composes them on a CPU too: what a GPU
// computes can be checked, and looked for mistakes, where there is none.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

namespace strop {

// "auto": the first GPU that libtorch sees, else the CPU. "cpu", "cuda" (the first), "cuda:N".
// Convolutions in fp32 are computed so from there on, and not in TF32, which keeps 10 bits of each factor; products are
// anyway.
// Error(usage): a GPU that is not there.
torch::Device find_device(const std::string& name);

// "cpu", or a GPU with its product name as the driver says it: "cuda:0 (NVIDIA H100)".
std::string name_of(const torch::Device& device);

// Whether strop's own kernels may compute with this tensor: it lies on a CPU, and they are not switched off.
bool own_kernels(const torch::Tensor& tensor);

// A copy of its own that lies there.
torch::Tensor copied_to(const torch::Tensor& tensor, const torch::Device& device);

// Until the device has done all that it was given: before a clock is read. Nothing to wait for on a CPU.
void wait_for(const torch::Device& device);

// Masks of a device that draws its own random numbers: what is drawn from here on follows from `key` alone.
void seed_device(const torch::Device& device, std::uint64_t key);

// core/memory.h's set_aside, of a weight that lies on a CPU.
void set_aside_weight(const torch::Tensor& weight);

// Bytes that the process holds now, the most that it held, and what it may still take: resident memory on a CPU, the
// GPU's memory (what libtorch's allocator has reserved there) on a GPU.
std::int64_t bytes_in_use(const torch::Device& device);
std::int64_t peak_bytes(const torch::Device& device);
std::int64_t free_bytes(const torch::Device& device);

}  // namespace strop
