// What this machine's cores, or its GPU, do: measured once for a processor, libtorch version and number of threads, or
// a GPU, then kept in the cache folder (probe.json).
#pragma once

#include <c10/core/Device.h>

namespace strop {

struct MachineRates {
  double fp32_gflops = 0;  // of a product of 768 x 384 by 384 x 1536, the shape of small encoders; on a GPU of larger
  double bf16_gflops = 0;
};

// Cost: at most 0.3 s the first time, a file read after that. A cache that cannot be written is no error.
MachineRates machine_rates(const c10::Device& device, int threads);

}  // namespace strop
