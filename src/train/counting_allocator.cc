#include "train/counting_allocator.h"

#include <c10/core/CPUAllocator.h>
#include <malloc.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "nn/device_stats.h"

namespace strop {
namespace {

std::atomic<std::int64_t> current = 0, peak = 0;

constexpr std::uintptr_t kAlignment = 64;  // what libtorch's own allocator gives

// A block of malloc begins up to 64 bytes below the tensor's bytes; its address stands right before them.
void* block_of(void* data) { return static_cast<void**>(data)[-1]; }

// malloc's own size of a block: the same when it is freed, so nothing has to be remembered.
std::int64_t block_bytes(void* data) { return static_cast<std::int64_t>(malloc_usable_size(block_of(data))); }

void free_block(void* data) {
  if (data == nullptr) return;
  current -= block_bytes(data);
  std::free(block_of(data));
}

class CountingAllocator : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    void* data = nullptr;
    if (bytes != 0) {
      void* const block = std::malloc(bytes + kAlignment);
      if (block == nullptr) throw std::bad_alloc();
      data = reinterpret_cast<void*>((reinterpret_cast<std::uintptr_t>(block) / kAlignment + 1) * kAlignment);
      static_cast<void**>(data)[-1] = block;
      const auto now = current += block_bytes(data);
      for (auto highest = peak.load(); now > highest && !peak.compare_exchange_weak(highest, now);) {
      }
    }
    return {data, data, &free_block, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &free_block; }
  void copy_data(void* to, const void* from, std::size_t count) const override { default_copy_data(to, from, count); }
};

c10::CachingDeviceAllocator::Stat stat(const c10::Device& device) {
  return allocator_total(device, &c10::CachingDeviceAllocator::DeviceStats::allocated_bytes);
}

}  // namespace

void count_tensor_memory() {
  static CountingAllocator allocator;
  c10::SetCPUAllocator(&allocator, 1);
}

std::int64_t tensor_bytes(const c10::Device& device) { return device.is_cpu() ? current.load() : stat(device).current; }
std::int64_t peak_tensor_bytes(const c10::Device& device) { return device.is_cpu() ? peak.load() : stat(device).peak; }
void reset_peak_tensor_bytes(const c10::Device& device) {
  if (device.is_cpu()) peak = current.load();
  else c10::getDeviceAllocator(device.type())->resetPeakStats(device.index());
}

}  // namespace strop
