#include "train/counting_allocator.h"

#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cstddef>
#include <cstdint>

#include "core/memory.h"

namespace strop {
namespace {

constexpr std::int64_t kFloats = 1 << 20;

TEST(CountingAllocator, BlocksAreAlignedAndCountedUntilTheyAreFreed) {
  count_tensor_memory();
  const auto before = tensor_bytes(torch::kCPU);
  {
    const torch::Tensor small = torch::empty({3}), large = torch::empty({kFloats});
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(small.data_ptr()) % 64, 0U);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(large.data_ptr()) % 64, 0U);
    EXPECT_GE(tensor_bytes(torch::kCPU) - before, 4 * kFloats);
    EXPECT_LT(tensor_bytes(torch::kCPU) - before, 4 * kFloats + 8192);
  }
  EXPECT_EQ(tensor_bytes(torch::kCPU), before);
  reset_peak_tensor_bytes(torch::kCPU);
  torch::empty({kFloats});
  EXPECT_GE(peak_tensor_bytes(torch::kCPU) - before, 4 * kFloats);
}

TEST(CountingAllocator, EmptyTensorsTakeNothing) {
  count_tensor_memory();
  const auto before = tensor_bytes(torch::kCPU);
  const torch::Tensor none = torch::empty({0, 4});
  EXPECT_EQ(none.data_ptr(), nullptr);
  EXPECT_EQ(tensor_bytes(torch::kCPU), before);
}

// The reason why this allocator is there: a gap between what lives on is used again for a block of the same size.
TEST(CountingAllocator, AGapTakesABlockOfItsOwnSizeAgain) {
  fix_malloc();
  count_tensor_memory();
  auto& allocator = *c10::GetCPUAllocator();
  for (const std::size_t bytes : {std::size_t{5000}, std::size_t{1} << 20, std::size_t{30} << 20}) {
    std::vector<c10::DataPtr> others;  // take the gaps of this size that tests before have left
    for (int i = 0; i < 32; ++i) others.push_back(allocator.allocate(bytes));
    c10::DataPtr block = allocator.allocate(bytes);
    const c10::DataPtr stays = allocator.allocate(bytes);
    const void* const place = block.get();
    block.clear();
    block = allocator.allocate(bytes);
    EXPECT_EQ(block.get(), place) << bytes;
  }
}

}  // namespace
}  // namespace strop
