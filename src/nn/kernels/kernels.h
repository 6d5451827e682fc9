// Inner loops of strop's own layers, over raw pointers: no torch, no allocation, no threads (callers split the work).
// Each is compiled for AVX-512, AVX2 and plain x86-64 and chosen at run time by the processor's abilities.
#pragma once

#include <cstdint>

namespace strop::kernels {

// Rows first .. last-1 of  y = layer_norm(residual + dropout(x)) * gamma + beta,  width columns, fp32.
// Writes y, sum (residual + dropout(x); may be null), xhat (the normalised rows, for the backward pass; may be null)
// and rstd. A residual of null counts as 0. Dropout: element e = (mask_row + row) * width + column is kept, and scaled
// by 1 / (1 - rate), or zeroed, as (key, e) says.
struct NormForward {
  const float* x;
  const float* residual;
  const float* gamma;
  const float* beta;
  float* y;
  float* sum;
  float* xhat;
  float* rstd;
  std::int64_t width;
  float eps;
  float rate;
  std::uint64_t key;
  std::int64_t mask_row;  // number of row 0 in the mask
};
void norm_forward(const NormForward& work, std::int64_t first, std::int64_t last);

// Gradient of norm_forward: d_sum is the gradient of residual + dropout(x), g_sum (may be null) the part of it that did
// not come through y; d_x is the gradient of x (the same as d_sum without dropout: pass null then). d_gamma and d_beta
// (may be null) are added to.
struct NormBackward {
  const float* g;
  const float* g_sum;
  const float* xhat;
  const float* rstd;
  const float* gamma;
  float* d_sum;
  float* d_x;
  float* d_gamma;
  float* d_beta;
  std::int64_t width;
  float rate;
  std::uint64_t key;
  std::int64_t mask_row;
};
void norm_backward(const NormBackward& work, std::int64_t first, std::int64_t last);

// Attention of one head of one sequence, fp32, on dense blocks whose missing rows and columns are zero:
// q, out, d_q, g: padded_queries x padded_dim; k, v, d_k, d_v: padded_keys x padded_dim; lse: padded_queries.
// out = dropout(softmax(scale q k^T)) v; lse[query] = log-sum-exp of its scores, for the backward pass (anything finite
// for missing queries). `scratch` holds attention_scratch(keys, dim) floats. Element e of the dropout mask:
// query * keys + key.
std::int64_t padded_queries(std::int64_t queries);
std::int64_t padded_keys(std::int64_t keys);
std::int64_t padded_dim(std::int64_t dim);
std::int64_t attention_scratch(std::int64_t keys, std::int64_t dim);

struct AttentionForward {
  const float *q, *k, *v;
  float *out, *lse, *scratch;
  std::int64_t queries, keys, dim;
  float scale;
  float rate;
  std::uint64_t key;
};
void attention_forward(const AttentionForward& work);

// Gradients of attention_forward, written (not added) to d_q, d_k, d_v. g is the gradient of out.
struct AttentionBackward {
  const float *q, *k, *v, *out, *lse, *g;
  float *d_q, *d_k, *d_v, *scratch;
  std::int64_t queries, keys, dim;
  float scale;
  float rate;
  std::uint64_t key;
};
void attention_backward(const AttentionBackward& work);

// Thin products, fp32, four rows (kRowTile) at a time; `columns` is a multiple of 16 and so is every row's room.
constexpr std::int64_t kRowTile = 4;  // as many chains of multiply-adds hide the latency of one
// to[r][c] = sum_i left[r][i] * right[i][c]; rows lie left_stride, columns and columns floats apart.
void multiply_tile(const float* left, std::int64_t left_stride, const float* right, std::int64_t inner,
                   std::int64_t columns, float* to, std::int64_t to_stride);
// to[i][c] += sum_r left[r][i] * right[r][c]; rows lie left_stride, right_stride and columns floats apart.
void add_outer_tile(const float* left, std::int64_t left_stride, const float* right, std::int64_t right_stride,
                    std::int64_t inner, std::int64_t columns, float* to);
void add(const float* x, float* y, std::int64_t count);  // y += x

// Rows first .. last-1 of  y = GELU(z + bias)  by erf, width columns, and of its gradient d_z, which is also added to
// d_bias. Within 2e-7 of x * (1 + erf(x / sqrt 2)) / 2.
void bias_gelu(const float* z, const float* bias, float* y, std::int64_t width, std::int64_t first, std::int64_t last);
void bias_gelu_gradient(const float* g, const float* z, const float* bias, float* d_z, float* d_bias,
                        std::int64_t width, std::int64_t first, std::int64_t last);

// y[i] = x[i] if kept, scaled, else 0: the plain dropout, for elements first .. last-1.
void dropout(const float* x, float* y, float rate, std::uint64_t key, std::int64_t first, std::int64_t last);

// bf16 is the upper half of fp32; to_bf16 rounds to nearest even.
void from_bf16(const std::uint16_t* x, float* y, std::int64_t count);
void to_bf16(const float* x, std::uint16_t* y, std::int64_t count);

}  // namespace strop::kernels
