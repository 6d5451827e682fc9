#include "tuning/closed_form_basis.h"

#include <torch/types.h>

#include <algorithm>
#include <string>
#include <utility>

#include "core/error.h"

namespace strop {
namespace {

using torch::Tensor;

constexpr std::int64_t kChunk = 4096;  // rows turned to float64 at a time

std::string shape_of(const Tensor& tensor) {
  return tensor.defined() ? c10::str(tensor.sizes()) : std::string("nothing");
}

void check_shapes(const HeadData& data) {
  if (!data.features.defined() || data.features.dim() != 2 || data.features.numel() == 0) {
    fail(ErrorKind::data, "head features have shape {}; expected samples x features, at least one of each",
         shape_of(data.features));
  }
  const std::int64_t count = data.features.size(0);
  const auto check = [&](const Tensor& tensor, const char* name) {
    if (tensor.dim() == 1 && tensor.size(0) == count) return;
    fail(ErrorKind::data, "head {} have shape {} for {} rows of features; expected one a row", name, shape_of(tensor),
         count);
  };
  if (!data.labels.defined()) fail(ErrorKind::data, "head labels are missing; expected one a row of features");
  check(data.labels, "labels");
  if (data.weights.defined()) check(data.weights, "weights");
  if (data.groups.defined()) check(data.groups, "groups");
}

void check_values(const HeadBasis& basis) {
  const Tensor bad = basis.labels.lt(0).logical_or(basis.labels.ge(basis.classes)).nonzero();
  if (bad.numel() > 0) {
    const auto row = bad[0].item<std::int64_t>();
    fail(ErrorKind::data, "head label {} at row {} is no class; expected 0 to {}",
         basis.labels[row].item<std::int64_t>(), row, basis.classes - 1);
  }
  const Tensor light = basis.weights.ge(0).logical_and(basis.weights.isfinite()).logical_not().nonzero();
  if (light.numel() > 0) {
    const auto row = light[0].item<std::int64_t>();
    fail(ErrorKind::data, "head weight {} at row {}; expected a number from 0 on", basis.weights[row].item<double>(),
         row);
  }
  if (!(basis.total > 0)) fail(ErrorKind::data, "head weights are all 0; expected some above");
}

[[noreturn]] void fail_not_finite(const Tensor& features) {
  const Tensor odd = features.isfinite().all(1).logical_not().nonzero();
  fail(ErrorKind::data, "head features at row {} are not finite; check the model's weights and its precision",
       odd[0].item<std::int64_t>());
}

template <typename Use>
void for_chunks(const Tensor& features, const Use& use) {
  for (std::int64_t start = 0; start < features.size(0); start += kChunk) {
    const std::int64_t rows = std::min(kChunk, features.size(0) - start);
    const Tensor part = features.narrow(0, start, rows);
    use(start, rows, part.to(torch::kFloat64, /*non_blocking=*/false, /*copy=*/true));  // the user's to overwrite
  }
}

// Weighted mean, and one over the weighted standard deviation: 0 where a feature is constant up to the rounding that
// its sums in float32 have gathered, some hundred units in the last place.
std::pair<Tensor, Tensor> standardisation(const Tensor& features, const Tensor& weights, double total) {
  const auto options = torch::TensorOptions().dtype(torch::kFloat64);
  Tensor mean = torch::zeros(features.size(1), options), variance = torch::zeros(features.size(1), options);
  for_chunks(features, [&](std::int64_t start, std::int64_t rows, const Tensor& chunk) {
    mean.add_(torch::mv(chunk.t(), weights.narrow(0, start, rows)), 1 / total);
  });
  for_chunks(features, [&](std::int64_t start, std::int64_t rows, const Tensor& chunk) {
    variance.add_(torch::mv((chunk - mean).square_().t(), weights.narrow(0, start, rows)), 1 / total);
  });
  const Tensor deviation = variance.sqrt();
  const Tensor constant = deviation.le(1e-5 * mean.abs()).logical_or(deviation.eq(0));
  return {mean, deviation.reciprocal().masked_fill(constant, 0)};
}

// Eigenvectors (d x k) and eigenvalues of the weighted Gram matrix of the standardised features, rounding noise left
// out. With fewer samples than features they come from the N x N kernel instead.
std::pair<Tensor, Tensor> decompose(const Tensor& features, const Tensor& weights, const Tensor& mean,
                                    const Tensor& scale) {
  const bool kernel = features.size(1) > features.size(0);
  const Tensor root = weights.sqrt();
  Tensor all, gram;
  if (kernel) {
    all = (features.to(torch::kFloat64) - mean).mul_(scale).mul_(root.unsqueeze(1));
    gram = torch::mm(all, all.t());
  } else {
    gram = torch::zeros({features.size(1), features.size(1)}, torch::kFloat64);
    for_chunks(features, [&](std::int64_t start, std::int64_t rows, Tensor chunk) {
      chunk = chunk.sub_(mean).mul_(scale).mul_(root.narrow(0, start, rows).unsqueeze(1));
      gram.addmm_(chunk.t(), chunk);
    });
  }
  auto [values, vectors] = torch::linalg_eigh(gram);
  const double smallest = values[-1].item<double>() * 1e-13 * static_cast<double>(values.size(0));
  const std::int64_t noise = values.le(smallest).sum().item<std::int64_t>();
  values = values.slice(0, noise).flip(0);
  vectors = vectors.slice(1, noise).flip(1);
  if (kernel) vectors = torch::mm(all.t(), vectors / values.sqrt());
  return {vectors, values};
}

}  // namespace

double HeadBasis::unit() const { return rank() > 0 ? spectrum.mean().item<double>() : 1.0; }

HeadBasis head_basis(const HeadData& data) {
  torch::NoGradGuard no_grad;
  check_shapes(data);
  const Tensor features = data.features.detach().cpu();
  HeadBasis basis;
  basis.classes = data.classes;
  basis.labels = data.labels.detach().cpu().to(torch::kInt64).contiguous();
  basis.weights = data.weights.defined() ? data.weights.detach().cpu().to(torch::kFloat64).contiguous()
                                         : torch::ones(features.size(0), torch::kFloat64);
  if (data.groups.defined()) basis.groups = data.groups.detach().cpu().to(torch::kInt64).contiguous();
  basis.total = basis.weights.sum().item<double>();
  check_values(basis);

  const auto [mean, scale] = standardisation(features, basis.weights, basis.total);
  if (!mean.isfinite().all().item<bool>()) fail_not_finite(features);
  const auto [vectors, values] = decompose(features, basis.weights, mean, scale);
  basis.mean = mean;
  basis.spectrum = values;
  basis.to_rows = vectors * scale.unsqueeze(1);
  basis.rows = torch::empty({features.size(0), values.size(0)}, torch::kFloat64);
  for_chunks(features, [&](std::int64_t start, std::int64_t rows, Tensor chunk) {
    Tensor part = basis.rows.narrow(0, start, rows);
    torch::mm_out(part, chunk.sub_(mean), basis.to_rows);
  });
  return basis;
}

void fold_into(LinearHead& head, const HeadBasis& basis, const Tensor& weight, const Tensor& bias) {
  const Tensor full = torch::mm(weight, basis.to_rows.t()).div_(head.temperature);
  head.bias = (bias / head.temperature - torch::mv(full, basis.mean)).to(torch::kFloat32);
  head.weight = full.to(torch::kFloat32).contiguous();
}

}  // namespace strop
