#include "train/counting_allocator.h"

#include <c10/core/CPUAllocator.h>
#include <malloc.h>

#include <atomic>

namespace strop {
namespace {

std::atomic<std::int64_t> current = 0, peak = 0;

c10::Allocator* under = nullptr;

// malloc's own size of a block: the same when it is freed, so nothing has to be remembered.
void free_block(void* data) {
  current -= static_cast<std::int64_t>(malloc_usable_size(data));
  under->raw_deallocate(data);
}

class CountingAllocator : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    void* const data = under->raw_allocate(bytes);
    const auto now = current += static_cast<std::int64_t>(malloc_usable_size(data));
    for (auto highest = peak.load(); now > highest && !peak.compare_exchange_weak(highest, now);) {
    }
    return {data, data, &free_block, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &free_block; }
  void copy_data(void* to, const void* from, std::size_t count) const override { under->copy_data(to, from, count); }
};

}  // namespace

void count_tensor_memory() {
  static CountingAllocator allocator;
  if (under != nullptr) return;
  under = c10::GetDefaultCPUAllocator();
  c10::SetCPUAllocator(&allocator, 1);
}

std::int64_t tensor_bytes() { return current; }
std::int64_t peak_tensor_bytes() { return peak; }
void reset_peak_tensor_bytes() { peak = current.load(); }

}  // namespace strop
