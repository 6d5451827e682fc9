#include "core/memory.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace strop {
namespace {

// The value of "Name:  123 kB" in a /proc file, in bytes; -1 where it is absent.
std::int64_t proc_value(const char* file, const std::string& name) {
  std::ifstream in(file);
  std::string word;
  while (in >> word) {
    if (word == name) {
      std::int64_t kilobytes = 0;
      in >> kilobytes;
      return kilobytes * 1024;
    }
    in.ignore(1 << 12, '\n');
  }
  return -1;
}

std::int64_t number_in(const char* file) {
  std::ifstream in(file);
  std::int64_t value = -1;
  return in >> value ? value : -1;
}

}  // namespace

std::int64_t resident_bytes() { return std::max<std::int64_t>(0, proc_value("/proc/self/status", "VmRSS:")); }
std::int64_t peak_resident_bytes() { return std::max<std::int64_t>(0, proc_value("/proc/self/status", "VmHWM:")); }

std::int64_t available_bytes() {
  std::int64_t available = proc_value("/proc/meminfo", "MemAvailable:");
  const auto limit = number_in("/sys/fs/cgroup/memory.max");
  const auto used = number_in("/sys/fs/cgroup/memory.current");
  if (limit > 0 && used >= 0) available = std::min(available, std::max<std::int64_t>(0, limit - used));
  return available;
}

void fix_malloc() {
  // Blocks below 256 MiB stay with malloc between steps: mmap would hand them back, to be cleared and mapped again.
  mallopt(M_MMAP_THRESHOLD, 256 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  mallopt(M_ARENA_MAX, 2);
}

void trim_memory() { malloc_trim(0); }

void set_aside(const void* data, std::size_t bytes) {
#ifdef MADV_PAGEOUT
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<std::uintptr_t>(data) + page - 1) / page * page;
  const auto end = (reinterpret_cast<std::uintptr_t>(data) + bytes) / page * page;
  if (begin < end)
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_PAGEOUT);  // an older kernel refuses: no harm
#endif
}

}  // namespace strop
