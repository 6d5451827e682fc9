// What flows along a model's row of blocks: a set of named tensors, and how each of them divides into samples.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace strop {

// How the first dimension of a tensor relates to the samples of the batch.
enum class Rows {
  sample,  // one row a sample
  token,   // packed rows without padding; sample i owns rows cu_seqlens[i] .. cu_seqlens[i + 1]
  bounds,  // cu_seqlens itself: batch + 1 row numbers, int64, from 0 to the number of token rows
};

// Token tensors may have more rows than cu_seqlens owns: sources round them up, so that the products of a run come in
// few shapes (oneDNN keeps a compiled kernel and its workspace for each). The rows behind are finite and mean nothing.
inline std::int64_t rounded_rows(std::int64_t rows) { return (rows + 63) / 64 * 64; }

// A named tensor that a block writes, or that the data brings.
struct Port {
  std::string name;
  Rows rows = Rows::sample;
};

// The name of the bounds of token rows. They stay on the CPU, where attention reads them, whatever device computes.
inline constexpr const char* kBounds = "cu_seqlens";

class State {
 public:
  const torch::Tensor& at(const std::string& name) const;  // std::out_of_range with the name where it is absent
  bool has(const std::string& name) const { return tensors_.count(name) != 0; }
  void set(const std::string& name, torch::Tensor value) { tensors_[name] = std::move(value); }
  void erase(const std::string& name) { tensors_.erase(name); }
  const std::map<std::string, torch::Tensor>& tensors() const { return tensors_; }

 private:
  std::map<std::string, torch::Tensor> tensors_;
};

}  // namespace strop
