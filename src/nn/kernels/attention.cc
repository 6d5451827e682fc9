#include "nn/kernels/attention_blocks.h"
#include "nn/kernels/attention_pass.h"

namespace strop::kernels {
namespace {

// Floats of the widest register: rows are whole registers on every processor.
constexpr std::int64_t kWidest = 16;

std::int64_t rounded_up(std::int64_t count, std::int64_t to) { return (count + to - 1) / to * to; }

}  // namespace

std::int64_t padded_queries(std::int64_t queries) { return rounded_up(queries, kRowTile); }
std::int64_t padded_keys(std::int64_t keys) { return rounded_up(keys, kWidest); }
std::int64_t padded_dim(std::int64_t dim) { return rounded_up(dim, kWidest); }

std::int64_t attention_scratch(std::int64_t keys, std::int64_t dim) {
  return padded_keys(keys) * (2 * padded_dim(dim) + 2 * kQueryBlock + 1);
}

void attention_forward_plain(const AttentionForward& work) { forward_pass<4, 4>(work); }
void attention_backward_plain(const AttentionBackward& work) { backward_pass<4, 4>(work); }

void attention_forward(const AttentionForward& work) {
#ifdef STROP_HAS_CLONES
  static const auto chosen =
      for_this_processor(attention_forward_plain, attention_forward_avx2, attention_forward_avx512);
  chosen(work);
#else
  attention_forward_plain(work);
#endif
}

void attention_backward(const AttentionBackward& work) {
#ifdef STROP_HAS_CLONES
  static const auto chosen =
      for_this_processor(attention_backward_plain, attention_backward_avx2, attention_backward_avx512);
  chosen(work);
#else
  attention_backward_plain(work);
#endif
}

}  // namespace strop::kernels
