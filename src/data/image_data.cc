#include "data/image_data.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "core/error.h"
#include "core/rng.h"
#include "core/text.h"
#include "data/idx.h"
#include "data/image_check.h"
#include "data/image_files.h"
#include "data/picture_copies.h"
#include "data/read_split.h"
#include "data/stratify.h"
#include "data/table.h"
#include "data/tar.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

// "; REASON" of the first skipped thing that is `folder` or lies in it, else "".
std::string cause_in(const std::string& folder, const std::vector<SkippedPicture>& skipped) {
  for (const auto& one : skipped) {
    if (one.name == folder || starts_with(one.name, folder + "/")) return "; " + one.reason;
  }
  return "";
}
std::string first_cause(const std::vector<SkippedPicture>& skipped) {
  return skipped.empty() ? "" : "; skipped: " + skipped.front().reason;
}

// Archives other than tar and tar.gz.
bool is_other_archive(const std::string& path) {
  const std::string name = lower_ascii(path);
  const auto endings = {".zip", ".7z", ".rar", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst"};
  return std::any_of(endings.begin(), endings.end(), [&](const char* ending) { return ends_with(name, ending); });
}

// train.csv, test.jsonl ... in a folder, metadata.csv as its training table.
std::map<SplitKind, std::string> find_tables(const std::string& folder) {
  std::map<SplitKind, std::string> tables;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string(), stem = name.substr(0, name.find('.'));
    SplitKind kind = SplitKind::train;
    if (!is_table_name(name) || !(split_of_name(stem, kind) || lower_ascii(stem) == "metadata")) continue;
    const auto [entry, is_new] = tables.try_emplace(kind, at->path().string());
    if (!is_new) {
      fail(ErrorKind::data, "{}: found {} and {} for one split, expected one of them", folder, entry->second,
           at->path().string());
    }
  }
  return tables;
}

// Everything that one path names, whatever its kind: to train on, or as one split of it.
RawSplits read_any(const std::string& path, const Options& options, bool to_train,
                   std::vector<SkippedPicture>& skipped, std::vector<std::string>& notes) {
  RawSplits splits;
  if (is_folder(path)) {
    splits = read_idx_folder(path);
    if (!splits.empty()) return splits;
    const auto tables = find_tables(path);
    for (const auto& [kind, file] : tables) splits[kind] = read_image_table(file, options, true, skipped, notes);
    if (tables.contains(SplitKind::train)) return splits;
  } else if (is_idx_name(path)) {
    splits[SplitKind::train] = read_idx_pair(path, true);
    return splits;
  } else if (is_picture_name(path) || is_foreign_picture_name(path)) {
    fail(ErrorKind::data, "{}: found a single picture, expected a folder for each class; name the folder around those",
         path);
  } else if (is_other_archive(path)) {
    fail(ErrorKind::data, "{}: archives of this kind are not read; unpack it and name the folder, or pack it as .tar",
         path);
  } else if (!is_tar_name(path)) {
    splits[SplitKind::train] = read_image_table(path, options, true, skipped, notes);
    return splits;
  }
  Listing listing = is_folder(path) ? list_folder(path) : list_tar(path);
  skipped.insert(skipped.end(), listing.skipped.begin(), listing.skipped.end());
  splits.merge(arrange(std::move(listing), to_train, notes));
  return splits;
}

// All of a path as one split, whatever its parts are called.
RawImages read_whole(const std::string& path, const Options& options, std::vector<SkippedPicture>& skipped,
                     std::vector<std::string>& notes) {
  auto splits = read_any(path, options, false, skipped, notes);
  if (splits.empty()) {
    fail(ErrorKind::data, "{}: no pictures, expected a folder for each class{}", path, first_cause(skipped));
  }
  for (const auto kind : {SplitKind::test, SplitKind::validation, SplitKind::train}) {
    if (splits.contains(kind)) return std::move(splits[kind]);
  }
  throw std::logic_error("a split without a kind");
}

// Looks at the files of a split as drop_unusable does, but leaves it to check_strict to fail, which counts them all.
void drop_and_list(ImageSplit& split, ImageReading reading, std::vector<SkippedPicture>& skipped) {
  if (!reading.check) return;
  reading.strict = false;
  drop_unusable(split, reading, skipped);
}

void check_strict(const std::vector<SkippedPicture>& skipped, const ImageReading& reading) {
  if (!reading.strict || skipped.empty()) return;
  const auto& first = skipped.front().reason;
  if (skipped.size() == 1) fail(ErrorKind::data, "{} (strict is set; leave it out to skip it)", first);
  fail(ErrorKind::data, "{} (the first of {} pictures or folders that can't be used; strict is set)", first,
       skipped.size());
}

// raw's labels become indices of `names`.
// `train`: where training pictures lie, to say why one of its classes may be missing.
ImageSplit index_labels(RawImages raw, const std::vector<std::string>& names, const std::string& train = "",
                        const std::vector<SkippedPicture>& skipped = {}) {
  std::vector<std::int32_t> index;
  for (const auto& name : raw.label_names) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      const std::string near = nearest(name, names);
      fail(ErrorKind::data, "{}: class '{}' is not among the training classes: {}{}{}", raw.split.origin,
           excerpt(name), excerpt(join(names, ", "), 400),
           near.empty() ? "; add training pictures of it or take it out" : "; did you mean " + near + "?",
           cause_in(train + "/" + name, skipped));
    }
    index.push_back(static_cast<std::int32_t>(found - names.begin()));
  }
  for (auto& sample : raw.split.samples) {
    if (sample.label >= 0) sample.label = index[static_cast<std::size_t>(sample.label)];
  }
  return std::move(raw.split);
}

// Folders sort by bytes, as torchvision's ImageFolder; what are all numbers sort as such (tables, idx).
std::vector<std::string> class_names(const RawImages& train, bool folders) {
  if (!folders) return sorted_label_names(train.label_names);
  auto names = train.label_names;
  std::sort(names.begin(), names.end());
  return names;
}

ImageSplit pick(const ImageSplit& split, const std::vector<std::int64_t>& rows) {
  ImageSplit result{split.origin, {}};
  for (const auto row : rows) result.samples.push_back(split.samples[static_cast<std::size_t>(row)]);
  return result;
}

std::vector<std::int64_t> complement(const std::vector<std::int64_t>& rows, std::size_t count) {
  std::vector<std::int64_t> all(count), rest;
  std::iota(all.begin(), all.end(), 0);
  std::set_difference(all.begin(), all.end(), rows.begin(), rows.end(), std::back_inserter(rest));
  return rest;
}

void hold_out_validation(ImageData& data, const Options& options) {
  const auto labels = data.train.labels();
  const auto counts = count_classes(labels, data.label_names.size());
  auto quota = stratified_quota(counts, std::llround(options.val_size * static_cast<double>(labels.size())));
  for (std::size_t c = 0; c < quota.size(); ++c)
    quota[c] = std::min(quota[c], std::max<std::int64_t>(counts[c] - 1, 0));
  const auto groups = group_copies(data.train);
  const Rng rng(options.seed, RngUse::split);
  auto held = groups.empty() ? std::vector<std::int64_t>() : stratified_group_subset(labels, groups, quota, rng);
  if (held.empty()) held = stratified_subset(labels, quota, rng);
  if (held.empty()) {
    fail(ErrorKind::data,
         "{}: no pictures can be held out for validation from {} (val_size={}); give more, a validation folder, or "
         "val_size=0 to train without one",
         data.train.origin, labels.size(), options.val_size);
  }
  data.validation = pick(data.train, held);
  data.train = pick(data.train, complement(held, labels.size()));
  data.notes.push_back(fmt::format("no validation split: {} of {} pictures held out by class (val_size={}, seed={})",
                                   held.size(), labels.size(), options.val_size, options.seed));
}

void limit_training(ImageData& data, const Options& options) {
  const auto labels = data.train.labels();
  if (options.max_train_samples <= 0 || static_cast<std::size_t>(options.max_train_samples) >= labels.size()) return;
  const auto quota = stratified_quota(count_classes(labels, data.label_names.size()), options.max_train_samples);
  const auto rows = stratified_subset(labels, quota, Rng(options.seed, RngUse::subset));
  data.notes.push_back(
      fmt::format("max_train_samples: {} of {} training pictures, by class", rows.size(), labels.size()));
  data.train = pick(data.train, rows);
}

void note_skipped(ImageData& data) {
  if (data.skipped.empty()) return;
  constexpr std::size_t kShown = 5;
  std::string note = fmt::format("{} skipped:", data.skipped.size());
  for (std::size_t i = 0; i < std::min(kShown, data.skipped.size()); ++i) note += "\n  " + data.skipped[i].reason;
  if (data.skipped.size() > kShown) {
    note += fmt::format("\n  and {} more; all of them stand in a run's skipped.txt and in strop inspect --data --json",
                        data.skipped.size() - kShown);
  }
  data.notes.push_back(note);
}

void check_classes(const ImageData& data) {
  const auto counts = count_classes(data.train.labels(), data.label_names.size());
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (counts[c] == 0) {
      const auto cause = cause_in(data.train.origin + "/" + data.label_names[c], data.skipped);
      fail(ErrorKind::data, "{}: no usable training picture of class '{}'; add some or remove the class{}",
           data.train.origin, data.label_names[c], cause.empty() ? first_cause(data.skipped) : cause);
    }
  }
  if (data.label_names.size() < 2) {
    fail(ErrorKind::data, "{}: all {} training pictures are of the class '{}', expected at least two classes{}{}",
         data.train.origin, data.train.size(), join(data.label_names, ""),
         data.notes.empty() ? "" : "; " + join(data.notes, "; "), first_cause(data.skipped));
  }
}

// Figures of validation say nothing about a class that it lacks.
void note_absent_classes(ImageData& data) {
  if (data.validation.empty()) return;
  const auto counts = count_classes(data.validation.labels(), data.label_names.size());
  std::vector<std::string> absent;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (counts[c] == 0) absent.push_back(data.label_names[c]);
  }
  if (absent.empty()) return;
  data.notes.push_back(fmt::format("no validation picture of {}: {}", absent.size() == 1 ? "a class" : "some classes",
                                   excerpt(join(absent, ", "), 200)));
}

void note_sizes(ImageData& data) {
  std::string note = fmt::format("{} training pictures of {} classes from {}", data.train.size(),
                                 data.label_names.size(), data.train.origin);
  if (!data.validation.empty()) note += fmt::format(", {} for validation", data.validation.size());
  if (!data.test.empty()) note += fmt::format(", {} for testing", data.test.size());
  data.notes.push_back(note);
}

}  // namespace

std::vector<std::int32_t> ImageSplit::labels() const {
  std::vector<std::int32_t> result;
  result.reserve(samples.size());
  for (const auto& sample : samples) result.push_back(sample.label);
  return result;
}

PictureSource source_of(const ImageSample& sample, HeldBytes& held) {
  held = read_range(sample.bytes, sample.name);
  return {held.view, sample.name, sample.raw_width, sample.raw_height};
}

ImageData load_image_data(const Options& options, const ImageReading& reading) {
  if (!(options.val_size >= 0 && options.val_size < 1)) {
    fail(ErrorKind::usage, "val_size: found {}, expected a share from 0 to below 1", options.val_size);
  }
  ImageData data;
  auto splits = read_any(options.data, options, true, data.skipped, data.notes);
  const auto other = [&](SplitKind kind, const std::string& path) {
    if (!path.empty()) splits[kind] = read_whole(path, options, data.skipped, data.notes);
  };
  other(SplitKind::validation, options.validation_file);
  other(SplitKind::test, options.test_file);
  RawImages& train = splits[SplitKind::train];
  if (train.split.empty()) {
    fail(ErrorKind::data,
         "{}: no training pictures; expected a folder for each class, train/CLASS/picture.jpg, a table of paths and "
         "labels, or idx files{}",
         options.data, first_cause(data.skipped));
  }
  const bool folders = is_folder(train.split.origin) || is_tar_name(options.data);
  data.label_names = class_names(train, folders);
  for (const auto& [kind, split] : {std::pair{SplitKind::train, &data.train},
                                    {SplitKind::validation, &data.validation},
                                    {SplitKind::test, &data.test}}) {
    if (!splits.contains(kind) || splits[kind].split.empty()) continue;
    *split = index_labels(std::move(splits[kind]), data.label_names, data.train.origin, data.skipped);
    drop_and_list(*split, reading, data.skipped);
  }
  check_strict(data.skipped, reading);
  check_classes(data);
  const auto add = [&](const std::vector<std::string>& notes) {
    data.notes.insert(data.notes.end(), notes.begin(), notes.end());
  };
  add(copies_notes(data.train, data.validation, data.test));
  if (data.validation.empty() && options.val_size > 0) hold_out_validation(data, options);
  limit_training(data, options);
  data.groups = group_copies(data.train);
  add(leaks_notes(data.train, data.validation, data.test));
  note_absent_classes(data);
  note_sizes(data);
  note_skipped(data);
  return data;
}

ImageSplit load_evaluation_pictures(const Options& options, const std::vector<std::string>& label_names,
                                    const ImageReading& reading, std::vector<SkippedPicture>& skipped,
                                    std::vector<std::string>& notes) {
  const std::string& path = options.test_file.empty() ? options.data : options.test_file;
  auto split = index_labels(read_whole(path, options, skipped, notes), label_names);
  drop_and_list(split, reading, skipped);
  check_strict(skipped, reading);
  return split;
}

ImageSplit load_prediction_pictures(const std::string& path, const Options& options, const ImageReading& reading,
                                    std::vector<SkippedPicture>& skipped) {
  ImageSplit split{path, {}};
  std::vector<std::string> notes;
  if (is_folder(path) || is_tar_name(path)) {
    Listing listing = is_folder(path) ? list_folder(path) : list_tar(path);
    skipped.insert(skipped.end(), listing.skipped.begin(), listing.skipped.end());
    for (auto& picture : listing.pictures) split.samples.push_back(std::move(picture.sample));
  } else if (is_idx_name(path)) {
    split = read_idx_pair(path, false).split;
  } else if (is_table_name(path)) {
    split = read_image_table(path, options, false, skipped, notes).split;
  } else if (fs::exists(path)) {
    split.samples.push_back({path, {path, nullptr}});
  } else {
    fail(ErrorKind::data, "{}: no such file or folder; expected a picture, a folder or table of pictures, or a tar",
         path);
  }
  for (auto& sample : split.samples) sample.label = -1;
  if (split.empty()) fail(ErrorKind::data, "{}: no pictures to predict on{}", path, first_cause(skipped));
  drop_and_list(split, reading, skipped);
  check_strict(skipped, reading);
  return split;
}

bool looks_like_image_data(const std::string& path) {
  if (is_tar_name(path) || is_other_archive(path) || is_idx_name(path) || is_picture_name(path)) return true;
  if (!is_folder(path)) return false;
  constexpr int kMostNames = 4000;
  int seen = 0;
  std::error_code error;
  const auto readable = fs::directory_options::skip_permission_denied;  // the others are said when all is read
  for (fs::recursive_directory_iterator at(path, readable, error), end; !error && at != end && seen < kMostNames;
       at.increment(error), ++seen) {
    const std::string name = at->path().filename().string();
    if (is_picture_name(name) || is_idx_name(name)) return true;
  }
  return false;
}

}  // namespace strop
