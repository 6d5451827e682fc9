#include "tuning/closed_form_groups.h"

#include <torch/types.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/rng.h"

namespace strop {
namespace {

using torch::Tensor;

constexpr std::int64_t kFolds = 5;

using Group = std::vector<std::int64_t>;  // its members

bool has_weight(const HeadBasis& basis, const Group& group) {
  const double* weights = basis.weights.const_data_ptr<double>();
  return std::any_of(group.begin(), group.end(), [&](std::int64_t row) { return weights[row] > 0; });
}

// In the order of their first members.
std::vector<Group> groups_of(const HeadBasis& basis) {
  std::vector<Group> groups;
  std::unordered_map<std::int64_t, std::size_t> place;
  const std::int64_t* ids = basis.groups.defined() ? basis.groups.const_data_ptr<std::int64_t>() : nullptr;
  for (std::int64_t row = 0; row < basis.samples(); ++row) {
    const auto [found, fresh] = place.try_emplace(ids != nullptr ? ids[row] : row, groups.size());
    if (fresh) groups.emplace_back();
    groups[found->second].push_back(row);
  }
  if (std::count_if(groups.begin(), groups.end(), [&](const Group& group) { return has_weight(basis, group); }) < 2) {
    fail(ErrorKind::data,
         "{} samples, but one group holds all their weight, so it cannot be left out; expected at least 2 groups of "
         "samples with weight",
         basis.samples());
  }
  return groups;
}

}  // namespace

std::vector<GroupRun> group_runs(const HeadBasis& basis) {
  std::map<std::int64_t, Group> by_size;
  for (const auto& group : groups_of(basis)) {
    auto& rows = by_size[static_cast<std::int64_t>(group.size())];
    rows.insert(rows.end(), group.begin(), group.end());
  }
  std::vector<GroupRun> runs;
  for (const auto& [size, rows] : by_size) {
    runs.push_back({size, static_cast<std::int64_t>(rows.size()) / size, torch::tensor(rows, torch::kInt64)});
  }
  return runs;
}

Tensor group_folds(const HeadBasis& basis) {
  auto groups = groups_of(basis);
  Rng(0, RngUse::split, {groups.size()}).shuffle(groups);
  const std::int64_t* labels = basis.labels.const_data_ptr<std::int64_t>();
  // Groups without weight come last, so that no fold holds all the weight.
  const auto key = [&](const Group& group) { return std::pair(!has_weight(basis, group), labels[group.front()]); };
  std::stable_sort(groups.begin(), groups.end(), [&](const Group& a, const Group& b) { return key(a) < key(b); });

  const auto folds = std::min<std::int64_t>(kFolds, static_cast<std::int64_t>(groups.size()));
  Tensor result = torch::empty(basis.samples(), torch::kInt64);
  auto* fold = result.mutable_data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const auto row : groups[i]) fold[row] = static_cast<std::int64_t>(i) % folds;
  }
  return result;
}

std::vector<Tensor> fold_rows(const Tensor& folds) {
  std::vector<Tensor> rows;
  const auto last = folds.max().item<std::int64_t>();
  for (std::int64_t fold = 0; fold <= last; ++fold) rows.push_back(folds.eq(fold).nonzero().squeeze(1));
  return rows;
}

}  // namespace strop
