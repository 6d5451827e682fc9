// How attention divides its work, and its versions for each kind of processor.
#pragma once

#include <cstdint>

#include "nn/kernels/kernels.h"

namespace strop::kernels {

// Queries whose scores are made and used together: enough to pay for loading and storing a sum over queries once.
constexpr std::int64_t kQueryBlock = 32;

// The versions of avx512.cc and avx2.cc are for processors that have what they are named after.
void attention_forward_plain(const AttentionForward& work);
void attention_forward_avx2(const AttentionForward& work);
void attention_forward_avx512(const AttentionForward& work);
void attention_backward_plain(const AttentionBackward& work);
void attention_backward_avx2(const AttentionBackward& work);
void attention_backward_avx512(const AttentionBackward& work);

}  // namespace strop::kernels
