#include "nn/low_rank_terms.h"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include "nn/row_block.h"
#include "nn/share_rows.h"

namespace strop {
namespace {

using torch::Tensor;

// The tile of rows from `row` on, `dim` columns.
RowBlock tile(std::int64_t row, std::int64_t rows, std::int64_t dim) {
  return {row, std::min(kernels::kRowTile, rows - row), kernels::kRowTile, 0, dim, kernels::padded_dim(dim)};
}

// matrix (rows x columns, any precision and strides) times `scale` at the corner of a zeroed room of row length
// `stride`.
void place(const Tensor& matrix, double scale, float* room, std::int64_t stride) {
  const Tensor values = matrix.detach().to(torch::kFloat).contiguous();
  const auto* const from = values.const_data_ptr<float>();
  for (std::int64_t r = 0; r < values.size(0); ++r) {
    for (std::int64_t c = 0; c < values.size(1); ++c) {
      room[r * stride + c] = static_cast<float>(scale) * from[r * values.size(1) + c];
    }
  }
}

// Adds a block to rows of a tensor.
void add_rows(const RowBlock& rows, const float* block, const Columns& to, float* room) {
  rows.load(to, room);
  kernels::add(block, room, rows.floats());
  rows.store(room, to);
}

}  // namespace

LowRankTerms::LowRankTerms(const std::vector<LowRankTerm>& terms) {
  in_ = terms.front().term.a.size(1);
  padded_in_ = kernels::padded_dim(in_);
  for (const auto& [term, column] : terms) {
    const auto rank = term.a.size(0), out = term.b.size(0);
    terms_.push_back(
        {column, out, kernels::padded_dim(out), rank, kernels::padded_dim(rank), rank_, term.scale, {}, {}});
    rank_ += kernels::padded_dim(rank);
  }
  a_.resize(static_cast<std::size_t>(rank_ * padded_in_));
  a_t_.resize(a_.size());
  for (std::size_t i = 0; i < terms.size(); ++i) {
    auto& own = terms_[i];
    const auto& term = terms[i].term;
    place(term.a, 1, a_.data() + own.first * padded_in_, padded_in_);
    place(term.a.t(), 1, a_t_.data() + own.first, rank_);
    own.b.resize(static_cast<std::size_t>(own.padded_out * own.padded_rank));
    own.b_t.resize(static_cast<std::size_t>(own.rank * own.padded_out));
    place(term.b, own.scale, own.b.data(), own.padded_rank);
    place(term.b.t(), own.scale, own.b_t.data(), own.padded_out);
  }
}

Tensor LowRankTerms::add_forward(const Tensor& x, const Tensor& y) const {
  const auto rows = x.size(0);
  Tensor u = torch::empty({rows, rank_}, x.options().dtype(torch::kFloat));
  std::int64_t widest = padded_in_;
  for (const auto& term : terms_) widest = std::max(widest, term.padded_out);
  const auto tiles = (rows + kernels::kRowTile - 1) / kernels::kRowTile;
  at::parallel_for(0, tiles, 8, [&](std::int64_t first, std::int64_t last) {
    std::vector<float> wide(static_cast<std::size_t>(kernels::kRowTile * widest)), sum(wide.size());
    std::vector<float> thin(static_cast<std::size_t>(kernels::kRowTile * rank_));
    for (auto row = first * kernels::kRowTile; row < std::min(rows, last * kernels::kRowTile);
         row += kernels::kRowTile) {
      tile(row, rows, in_).load({x}, wide.data());
      kernels::multiply_tile(wide.data(), padded_in_, a_t_.data(), in_, rank_, thin.data(), rank_);
      tile(row, rows, rank_).store(thin.data(), {u});
      for (const auto& term : terms_) {
        kernels::multiply_tile(thin.data() + term.first, rank_, term.b_t.data(), term.rank, term.padded_out, sum.data(),
                               term.padded_out);
        add_rows(tile(row, rows, term.out), sum.data(), {y, term.column}, wide.data());
      }
    }
  });
  return u;
}

LowRankGradients LowRankTerms::add_backward(const Tensor& g, const Tensor& u, const Tensor& x, const Tensor& dx) const {
  const auto rows = g.size(0),
             step = (rows + kSumParts * kernels::kRowTile - 1) / (kSumParts * kernels::kRowTile) * kernels::kRowTile;
  std::int64_t widest = padded_in_, b_floats = 0;
  for (const auto& term : terms_) {
    widest = std::max(widest, term.padded_out);
    b_floats += term.padded_out * term.padded_rank;
  }
  Tensor d_a = torch::zeros({x.defined() ? kSumParts : 0, padded_in_, rank_}, u.options());
  Tensor d_b = torch::zeros({kSumParts, b_floats}, u.options());
  at::parallel_for(0, kSumParts, 1, [&](std::int64_t first, std::int64_t last) {
    std::vector<float> wide(static_cast<std::size_t>(kernels::kRowTile * widest)), sum(wide.size());
    std::vector<float> thin(static_cast<std::size_t>(kernels::kRowTile * rank_)), own_u(thin.size());
    for (auto part = first; part < last; ++part) {
      for (auto row = part * step; row < std::min(rows, (part + 1) * step); row += kernels::kRowTile) {
        tile(row, rows, rank_).load({u}, own_u.data());
        auto* b_part = d_b.data_ptr<float>() + part * b_floats;
        for (const auto& term : terms_) {
          tile(row, rows, term.out).load({g, term.column}, wide.data());
          kernels::multiply_tile(wide.data(), term.padded_out, term.b.data(), term.out, term.padded_rank,
                                 thin.data() + term.first, rank_);
          kernels::add_outer_tile(wide.data(), term.padded_out, own_u.data() + term.first, rank_, term.out,
                                  term.padded_rank, b_part);
          b_part += term.padded_out * term.padded_rank;
        }
        if (x.defined()) {
          tile(row, rows, in_).load({x}, wide.data());
          kernels::add_outer_tile(wide.data(), padded_in_, thin.data(), rank_, in_, rank_,
                                  d_a.data_ptr<float>() + part * padded_in_ * rank_);
        }
        if (dx.defined()) {
          kernels::multiply_tile(thin.data(), rank_, a_.data(), rank_, padded_in_, sum.data(), padded_in_);
          add_rows(tile(row, rows, in_), sum.data(), {dx}, wide.data());
        }
      }
    }
  });
  LowRankGradients result;
  const Tensor all_a = d_a.sum(0), all_b = d_b.sum(0);
  std::int64_t at = 0;
  for (const auto& term : terms_) {
    result.a.push_back(x.defined() ? all_a.narrow(0, 0, in_).narrow(1, term.first, term.rank).t().contiguous()
                                   : Tensor());
    const Tensor own =
        all_b.narrow(0, at, term.padded_out * term.padded_rank).view({term.padded_out, term.padded_rank});
    result.b.push_back(own.narrow(0, 0, term.out).narrow(1, 0, term.rank) * term.scale);
    at += term.padded_out * term.padded_rank;
  }
  return result;
}

}  // namespace strop
