// Memory as the kernel counts it: whole process, libraries and mapped files included. All figures in bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace strop {

std::int64_t resident_bytes();       // VmRSS now
std::int64_t peak_resident_bytes();  // VmHWM since launch
std::int64_t available_bytes();      // MemAvailable, or the control group's limit where that is smaller
// Fixes malloc's thresholds and arenas: what a step frees is kept for the next one, and peaks repeat. Call once, first
// thing in main.
void fix_malloc();
// Gives freed heap pages back to the kernel (after loading weights, between stages).
void trim_memory();
// Tells the kernel that these bytes will not be read soon: pages of a mapped file leave the resident set and come back
// from the file when they are read; nothing is lost. For weights of which another form is in use.
void set_aside(const void* data, std::size_t bytes);

}  // namespace strop
