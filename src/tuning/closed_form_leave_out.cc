#include "tuning/closed_form_leave_out.h"

#include <torch/types.h>

#include <algorithm>

namespace strop {
namespace {

using torch::Tensor;

constexpr std::int64_t kElements = 1 << 17;  // of rows worked on at a time: they stay in the cache

Tensor targets(const Tensor& labels, std::int64_t classes) {
  return torch::one_hot(labels, classes).to(torch::kFloat64);
}

std::int64_t rows_at_a_time(const HeadBasis& basis) {
  return std::max<std::int64_t>(1, kElements / std::max<std::int64_t>(1, basis.rank()));
}

struct LeaveOut {
  const HeadBasis& basis;
  const RidgeSums& sums;
  double penalty;
  Tensor shrink;  // k: 1 / (spectrum + penalty)
  Tensor result;  // N x C: predictions of the whole fit, overwritten by those without the group

  void singles(const GroupRun& run) const;
  void blocks(const GroupRun& run, std::int64_t first, std::int64_t count) const;
  void refit(const Tensor& members) const;
};

// y - (y - ŷ) / (1 - h), h the diagonal of H.
void LeaveOut::singles(const GroupRun& run) const {
  const bool all = run.count == basis.samples();  // in their own order: nothing to gather
  const std::int64_t step = rows_at_a_time(basis);
  for (std::int64_t start = 0; start < run.count; start += step) {
    const std::int64_t count = std::min(step, run.count - start);
    const Tensor at = run.rows.narrow(0, start, count);
    const Tensor rows = all ? basis.rows.narrow(0, start, count) : basis.rows.index_select(0, at);
    const Tensor spread = torch::mv(rows.square(), shrink).add_(1 / basis.total);
    const Tensor rest = 1 - spread * basis.weights.index_select(0, at);
    const Tensor y = targets(basis.labels.index_select(0, at), basis.classes);
    const Tensor error = (y - result.index_select(0, at)).div_(rest.unsqueeze(1));
    result.index_copy_(0, at, y - error);
  }
}

void LeaveOut::blocks(const GroupRun& run, std::int64_t first, std::int64_t count) const {
  const Tensor at = run.rows.narrow(0, first * run.size, count * run.size);
  const Tensor rows = basis.rows.index_select(0, at).view({count, run.size, basis.rank()});
  const Tensor weights = basis.weights.index_select(0, at).view({count, 1, run.size});
  const Tensor hat = torch::bmm(rows * shrink, rows.transpose(1, 2)).add_(1 / basis.total).mul_(weights);
  const Tensor y = targets(basis.labels.index_select(0, at), basis.classes);
  const Tensor residual = (y - result.index_select(0, at)).view({count, run.size, basis.classes});
  const Tensor error = torch::linalg_solve(torch::eye(run.size, torch::kFloat64) - hat, residual);
  result.index_copy_(0, at, y - error.reshape({count * run.size, basis.classes}));
}

// The fit without `members` from the sums over all less the sums over them, about the mean of those that stay.
void LeaveOut::refit(const Tensor& members) const {
  const Tensor rows = basis.rows.index_select(0, members);
  const Tensor weights = basis.weights.index_select(0, members);
  const Tensor weighted = rows * weights.unsqueeze(1);
  const Tensor y = targets(basis.labels.index_select(0, members), basis.classes);
  const double stays = basis.total - weights.sum().item<double>();
  const Tensor mean = weighted.sum(0) / -stays;
  const Tensor prior = (sums.prior * basis.total - torch::mv(y.t(), weights)) / stays;
  const Tensor gram = torch::diag(basis.spectrum + penalty) - torch::mm(weighted.t(), rows) - stays * mean.outer(mean);
  const Tensor cross = sums.cross - torch::mm(weighted.t(), y) - stays * mean.outer(prior);
  const Tensor fit = torch::cholesky_solve(cross, torch::linalg_cholesky(gram));
  result.index_copy_(0, members, torch::mm(rows - mean, fit) + prior);
}

}  // namespace

RidgeSums ridge_sums(const HeadBasis& basis) {
  RidgeSums sums;
  sums.prior = torch::zeros(basis.classes, torch::kFloat64).index_add_(0, basis.labels, basis.weights / basis.total);
  Tensor cross = torch::zeros({basis.classes, basis.rank()}, torch::kFloat64);
  const std::int64_t step = rows_at_a_time(basis);
  for (std::int64_t start = 0; start < basis.samples(); start += step) {
    const std::int64_t count = std::min(step, basis.samples() - start);
    cross.index_add_(0, basis.labels.narrow(0, start, count),
                     basis.rows.narrow(0, start, count) * basis.weights.narrow(0, start, count).unsqueeze(1));
  }
  sums.cross = cross.t().contiguous();
  return sums;
}

Tensor leave_out(const HeadBasis& basis, const RidgeSums& sums, const std::vector<GroupRun>& runs, double penalty) {
  const Tensor shrink = (basis.spectrum + penalty).reciprocal();
  const Tensor fitted = torch::mm(basis.rows, sums.cross * shrink.unsqueeze(1)) + sums.prior;
  const LeaveOut job{basis, sums, penalty, shrink, fitted};
  for (const auto& run : runs) {
    if (run.size == 1) {
      job.singles(run);
    } else if (2 * run.size <= basis.rank()) {
      const std::int64_t step = std::max<std::int64_t>(1, kElements / (run.size * basis.rank()));
      for (std::int64_t first = 0; first < run.count; first += step) {
        job.blocks(run, first, std::min(step, run.count - first));
      }
    } else {
      for (std::int64_t i = 0; i < run.count; ++i) job.refit(run.rows.narrow(0, i * run.size, run.size));
    }
  }
  return fitted;
}

}  // namespace strop
