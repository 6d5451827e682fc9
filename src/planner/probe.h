// What this machine's cores do: measured once for a processor, libtorch version and number of threads, then kept in the
// cache folder (probe.json).
#pragma once

#include <string>

namespace strop {

struct MachineRates {
  double fp32_gflops = 0;  // of a product of 768 x 384 by 384 x 1536, the shape of small encoders
  double bf16_gflops = 0;
};

// Cost: at most 0.3 s the first time, a file read after that. A cache that cannot be written is no error.
MachineRates machine_rates(int threads);

}  // namespace strop
