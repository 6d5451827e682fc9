// What libtorch's allocator of a GPU has counted, over all its pools.
#pragma once

#include <c10/core/CachingDeviceAllocator.h>

namespace strop {

// `which`: &DeviceStats::allocated_bytes (of tensors), &DeviceStats::reserved_bytes (taken from the GPU).
inline c10::CachingDeviceAllocator::Stat allocator_total(
    const c10::Device& device, c10::CachingAllocator::StatArray c10::CachingDeviceAllocator::DeviceStats::*which) {
  const auto stats = c10::getDeviceAllocator(device.type())->getDeviceStats(device.index());
  return (stats.*which)[static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE)];
}

}  // namespace strop
