// Memory as the kernel counts it: whole process, libraries and mapped files included. All figures in bytes.
#pragma once

#include <cstdint>

namespace strop {

std::int64_t resident_bytes();       // VmRSS now
std::int64_t peak_resident_bytes();  // VmHWM since launch
std::int64_t available_bytes();      // MemAvailable, or the control group's limit where that is smaller
// Fixes malloc's thresholds and arenas, so that a freed tensor goes back to the kernel and peaks repeat. Call once,
// first thing in main.
void fix_malloc();
// Gives freed heap pages back to the kernel (after loading weights, between stages).
void trim_memory();

}  // namespace strop
