// MNIST's idx files: arrays of bytes behind a header of big-endian numbers, often compressed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace strop {

struct IdxArray {
  std::vector<std::uint32_t> sizes;          // pictures, rows, columns; or labels
  std::shared_ptr<const std::string> bytes;  // of the whole (inflated) file
  std::uint64_t data_at = 0;                 // where the values begin in `bytes`
};

// "train-images-idx3-ubyte", "t10k-labels.idx1-ubyte", each also .gz.
bool is_idx_name(const std::string& file);

// Error(data) where it is no idx file, its values are not bytes, it has not `dimensions` dimensions (3: grey pictures,
// 1: labels), or its length is not what the header says.
IdxArray read_idx(const std::string& file, std::size_t dimensions);
IdxArray parse_idx(std::shared_ptr<const std::string> bytes, const std::string& file, std::size_t dimensions);

}  // namespace strop
