// Rows of a CPU tensor as a dense fp32 block with zeros around them, the form in which the kernels work, and back.
#pragma once

#include <torch/types.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "nn/columns.h"
#include "nn/kernels/kernels.h"

namespace strop {

// Rows first .. first + rows - 1 of some Columns, offset by `column`; the block is padded_rows x padded_dim floats.
struct RowBlock {
  std::int64_t first, rows, padded_rows, column, dim, padded_dim;

  std::int64_t floats() const { return padded_rows * padded_dim; }

  void load(const Columns& from, float* block) const {
    const auto stride = from.tensor.stride(0), offset = first * stride + from.first + column;
    const bool bf16 = from.tensor.scalar_type() == torch::kBFloat16;
    const void* const data = from.tensor.const_data_ptr();
    for (std::int64_t r = 0; r < rows; ++r) {
      float* const to = block + r * padded_dim;
      if (bf16) {
        kernels::from_bf16(static_cast<const std::uint16_t*>(data) + offset + r * stride, to, dim);
      } else {
        std::memcpy(to, static_cast<const float*>(data) + offset + r * stride, sizeof(float) * dim);
      }
      std::fill(to + dim, to + padded_dim, 0.0F);
    }
    std::fill(block + rows * padded_dim, block + floats(), 0.0F);
  }

  void store(const float* block, const Columns& to) const {
    const auto stride = to.tensor.stride(0), offset = first * stride + to.first + column;
    const bool bf16 = to.tensor.scalar_type() == torch::kBFloat16;
    void* const data = to.tensor.data_ptr();
    for (std::int64_t r = 0; r < rows; ++r) {
      const float* const from = block + r * padded_dim;
      if (bf16) {
        kernels::to_bf16(from, static_cast<std::uint16_t*>(data) + offset + r * stride, dim);
      } else {
        std::memcpy(static_cast<float*>(data) + offset + r * stride, from, sizeof(float) * dim);
      }
    }
  }
};

}  // namespace strop
