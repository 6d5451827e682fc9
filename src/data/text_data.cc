#include "data/text_data.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "core/error.h"
#include "core/text.h"
#include "data/duplicates.h"
#include "data/read_split.h"
#include "data/split_files.h"
#include "data/stratify.h"

namespace strop {
namespace {

using Rows = std::vector<std::int64_t>;

TextSplit take_rows(TextSplit& from, const Rows& rows) {
  TextSplit to;
  to.file = from.file;
  for (const auto row : rows) {
    const auto r = static_cast<std::size_t>(row);
    to.texts.push_back(std::move(from.texts[r]));
    if (!from.pairs.empty()) to.pairs.push_back(std::move(from.pairs[r]));
    to.labels.push_back(from.labels[r]);
    to.lines.push_back(from.lines[r]);
  }
  return to;
}

std::vector<std::int64_t> pick(const std::vector<std::int64_t>& values, const Rows& rows) {
  std::vector<std::int64_t> picked;
  for (const auto row : rows) picked.push_back(values[static_cast<std::size_t>(row)]);
  return picked;
}

// The rows below `n` that are not in `rows` (sorted).
Rows complement(const Rows& rows, std::size_t n) {
  Rows all(n), rest;
  std::iota(all.begin(), all.end(), std::int64_t{0});
  std::set_difference(all.begin(), all.end(), rows.begin(), rows.end(), std::back_inserter(rest));
  return rest;
}

// Ids in order of first appearance, without gaps.
void make_dense(std::vector<std::int64_t>& groups) {
  std::unordered_map<std::int64_t, std::int64_t> dense;
  for (auto& group : groups) group = dense.try_emplace(group, static_cast<std::int64_t>(dense.size())).first->second;
}

void check_labelled(const TextSplit& split, const char* what) {
  const auto missing = std::count(split.labels.begin(), split.labels.end(), -1);
  if (missing == 0) return;
  const auto row =
      static_cast<std::size_t>(std::find(split.labels.begin(), split.labels.end(), -1) - split.labels.begin());
  fail(ErrorKind::data, "{}:{}: {} of {} {} rows have no label (this is the first); add the labels or remove the rows",
       split.file, split.lines[row], missing, split.size(), what);
}

void check_classes(const RawSplit& raw, std::vector<std::string>& notes) {
  const std::size_t classes = raw.label_names.size(), rows = raw.split.size();
  if (classes == 1) {
    fail(ErrorKind::data,
         "{}:{}: all {} rows have the label '{}', expected at least two classes; add rows of another "
         "class or choose the column with columns=label=NAME",
         raw.split.file, raw.split.lines.front(), rows, excerpt(raw.label_names.front()));
  }
  if (classes > 20 && classes * 2 > rows) {
    notes.push_back(fmt::format("{}: {} different labels in {} rows; is '{}' really the label?", raw.split.file,
                                classes, rows, raw.columns.names[static_cast<std::size_t>(raw.columns.label)]));
  }
}

void note_repeated(const TextSplit& split, const std::vector<std::int64_t>& groups, std::vector<std::string>& notes) {
  const DuplicateCounts counts = count_duplicates(split, groups);
  if (counts.repeated == 0) return;
  std::string note = fmt::format("{}: {} of {} rows repeat an earlier text", split.file, counts.repeated, split.size());
  if (counts.conflicting > 0) note += fmt::format(", {} of them with another label", counts.conflicting);
  notes.push_back(note + " (" + join(counts.examples, ", ") + ")");
}

// Repeated texts of each split, and those that an earlier split holds too. `groups`: of the three splits.
void note_duplicates(TextData& data, const std::vector<std::vector<std::int64_t>>& groups) {
  const std::array<const TextSplit*, 3> splits = {&data.train, &data.validation, &data.test};
  const std::array<const char*, 3> names = {"training", "validation", "test"};
  for (std::size_t s = 0; s < splits.size(); ++s) {
    note_repeated(*splits[s], groups[s], data.notes);
    for (std::size_t earlier = 0; earlier < s; ++earlier) {
      const LeakCounts counts = count_leaks(*splits[earlier], groups[earlier], *splits[s], groups[s]);
      if (counts.leaked == 0) continue;
      data.notes.push_back(fmt::format("{} of {} {} rows also stand in {} ({})", counts.leaked, splits[s]->size(),
                                       names[s], names[earlier], join(counts.examples, ", ")));
    }
  }
}

// GLUE's test files carry -1 (or nothing) where the label is secret.
void drop_secret_labels(RawSplit& raw, const std::vector<std::string>& names, std::vector<std::string>& notes) {
  const bool secret = raw.label_names.size() == 1 && raw.label_names.front() == "-1" &&
                      std::find(names.begin(), names.end(), "-1") == names.end();
  if (!secret) return;
  std::fill(raw.split.labels.begin(), raw.split.labels.end(), -1);
  notes.push_back(raw.split.file + ": every label is -1: taken as rows without label");
}

void hold_out_validation(TextData& data, const Options& options) {
  const std::size_t n = data.train.size();
  auto counts = count_classes(data.train.labels, data.label_names.size());
  auto quota = stratified_quota(counts, std::llround(options.val_size * static_cast<double>(n)));
  for (std::size_t c = 0; c < quota.size(); ++c) quota[c] = std::min(quota[c], counts[c] - 1);  // one stays to train on
  const Rows held = stratified_group_subset(data.train.labels, data.groups, quota, Rng(options.seed, RngUse::split));
  if (held.empty()) {
    fail(ErrorKind::data,
         "{}: no rows can be held out for validation from {} rows (val_size={}); give more rows, a "
         "validation_file, or val_size=0 to train without one",
         data.train.file, n, options.val_size);
  }
  const Rows kept = complement(held, n);
  data.validation = take_rows(data.train, held);
  data.train = take_rows(data.train, kept);
  data.groups = pick(data.groups, kept);
  data.notes.push_back(
      fmt::format("no validation file: {} of {} rows held out by class (val_size={}, seed={}), "
                  "repeated texts kept on one side",
                  held.size(), n, options.val_size, options.seed));
}

void limit_training(TextData& data, const Options& options) {
  const std::size_t n = data.train.size();
  if (options.max_train_samples <= 0 || static_cast<std::size_t>(options.max_train_samples) >= n) return;
  const auto quota =
      stratified_quota(count_classes(data.train.labels, data.label_names.size()), options.max_train_samples);
  const Rows kept = stratified_subset(data.train.labels, quota, Rng(options.seed, RngUse::subset));
  data.train = take_rows(data.train, kept);
  data.groups = pick(data.groups, kept);
  data.notes.push_back(
      fmt::format("{} of {} training rows used, by class (max_train_samples, seed={})", kept.size(), n, options.seed));
}

void check_options(const Options& options) {
  if (!(options.val_size >= 0 && options.val_size < 1)) {
    fail(ErrorKind::usage, "val_size: found {}, expected a share from 0 to below 1", options.val_size);
  }
  if (options.max_train_samples < 0) {
    fail(ErrorKind::usage, "max_train_samples: found {}, expected 0 (all) or more", options.max_train_samples);
  }
}

}  // namespace

TextData load_text_data(const Options& options) {
  check_options(options);
  TextData data;
  const SplitFiles files = find_split_files(options, data.notes);
  RawSplit train = read_split(files.train, options, true, false, nullptr, data.notes);
  check_labelled(train.split, "training");
  check_classes(train, data.notes);
  data.label_names = sorted_label_names(train.label_names);
  index_labels(train, data.label_names);
  data.train = std::move(train.split);

  if (!files.validation.empty()) {
    RawSplit raw = read_split(files.validation, options, true, false, &train.columns, data.notes);
    check_labelled(raw.split, "validation");
    index_labels(raw, data.label_names);
    data.validation = std::move(raw.split);
  }
  if (!files.test.empty()) {
    RawSplit raw = read_split(files.test, options, false, false, &train.columns, data.notes);
    drop_secret_labels(raw, data.label_names, data.notes);
    index_labels(raw, data.label_names);
    data.test = std::move(raw.split);
  }

  auto groups = group_duplicates({&data.train, &data.validation, &data.test});
  note_duplicates(data, groups);
  data.groups = std::move(groups[0]);
  if (files.validation.empty() && options.val_size > 0) hold_out_validation(data, options);
  limit_training(data, options);
  make_dense(data.groups);
  return data;
}

TextSplit load_prediction_rows(const std::string& file, const Options& options, std::vector<std::string>& notes) {
  TextSplit split = read_split(file, options, false, true, nullptr, notes).split;
  std::fill(split.labels.begin(), split.labels.end(), -1);
  return split;
}

TextSplit load_evaluation_rows(const Options& options, const std::vector<std::string>& label_names,
                               std::vector<std::string>& notes) {
  const std::string file = find_evaluation_file(options, notes);
  RawSplit raw = read_split(file, options, true, false, nullptr, notes);
  check_labelled(raw.split, "evaluation");
  index_labels(raw, label_names);
  return std::move(raw.split);
}

}  // namespace strop
