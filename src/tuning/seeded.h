// Where adapters' first values come from: the run's seed and the adapter's name alone, the same on every machine.
#pragma once

#include <ATen/CPUGeneratorImpl.h>

#include <cstdint>
#include <string>

#include "core/rng.h"
#include "strop/options.h"

namespace strop {

// FNV-1a.
inline std::uint64_t name_hash(const std::string& name) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return hash;
}

inline at::Generator generator_of(const Options& options, const std::string& name) {
  return at::make_generator<at::CPUGeneratorImpl>(mix64(static_cast<std::uint64_t>(options.seed) ^ name_hash(name)));
}

}  // namespace strop
