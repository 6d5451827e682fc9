// What this machine is: for --version, the probe's cache key and the run's record.
#pragma once

#include <string>

namespace strop {

struct Machine {
  std::string cpu;         // "AMD EPYC 9V74"
  std::string abilities;   // "avx2 avx512f avx512_bf16 avx512_vnni", those that strop or its kernels use
  int physical_cores = 1;  // those this process may run on
  bool has(const std::string& ability) const;
};

const Machine& this_machine();

}  // namespace strop
