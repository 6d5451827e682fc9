#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>

#include "core/error.h"
#include "core/rng.h"
#include "core/text.h"
#include "data/boxes/raw_boxes.h"
#include "data/picture_copies.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

// Whether a JSON file's first bytes speak of COCO's lists; those of captions or keypoints have no boxes but fail later.
bool looks_like_coco(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string head(1 << 16, '\0');
  stream.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(stream.gcount()));
  const auto first = head.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (first == std::string::npos || head[first] != '{') return false;
  return std::ranges::any_of(std::array{"\"images\"", "\"annotations\"", "\"categories\""},
                             [&](const char* key) { return head.find(key) != std::string::npos; });
}

bool holds_coco(const fs::path& folder) {
  for (const auto& place : {folder, folder / "annotations", folder / "train"}) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(place, error)) {
      if (entry.path().extension() == ".json" && looks_like_coco(entry.path())) return true;
    }
  }
  return false;
}

RawBoxSplits read_splits(const std::string& path) {
  switch (box_format_of(path)) {
    case BoxFormat::coco: return read_coco_splits(path);
    case BoxFormat::voc: return read_voc_splits(path);
    case BoxFormat::yolo: return read_yolo_splits(path);
    case BoxFormat::none: break;
  }
  fail(ErrorKind::data,
       "{}: no boxes; expected COCO's JSON (a file, or a folder with *train*.json), a Pascal VOC folder "
       "(Annotations, JPEGImages), or YOLO's data.yaml",
       path);
}

const char* place_of_training(const std::string& path) {
  switch (box_format_of(path)) {
    case BoxFormat::voc: return "ImageSets/Main/train.txt or trainval.txt";
    case BoxFormat::yolo: return "'train' in data.yaml";
    default: return "*train*.json";
  }
}

// All of a path as one split: the first of its splits in this order.
RawBoxes read_whole(const std::string& path, std::initializer_list<const char*> order) {
  auto splits = read_splits(path);
  for (const auto* name : order) {
    if (!splits.contains(name)) continue;
    auto raw = std::move(splits[name]);
    if (splits.size() > 1) {
      raw.notes.push_back(
          fmt::format("{}: of its {} splits the one for {}: {}", path, splits.size(), name, raw.origin));
    }
    return raw;
  }
  fail(ErrorKind::data, "{}: no annotated pictures", path);
}

// The classes of the training split: as its format lists them, else sorted.
std::vector<std::string> labels_of(const RawBoxes& train) {
  if (!train.labels.empty()) return train.labels;
  std::set<std::string> names;
  for (const auto& picture : train.pictures) {
    for (const auto& box : picture.boxes) names.insert(box.label);
  }
  return {names.begin(), names.end()};
}

BoxSplit pick(BoxSplit& split, const std::vector<std::size_t>& rows) {
  BoxSplit result{split.origin, {}, split.labelled};
  for (const auto row : rows) result.samples.push_back(split.samples[row]);
  return result;
}

// `count` random pictures, and the others; both in their order. Each class that at least two of all the pictures hold
// is held by one of the others.
std::pair<std::vector<std::size_t>, std::vector<std::size_t>> draw(const BoxSplit& split, std::size_t count,
                                                                   std::size_t labels, Rng rng) {
  std::vector<std::size_t> order(split.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  rng.shuffle(order);
  std::vector<std::int64_t> left(labels, 0);
  const auto classes = [&](std::size_t row) {
    std::set<std::int32_t> own;
    for (const auto& box : split.samples[row].boxes) own.insert(box.label);
    return own;
  };
  for (std::size_t row = 0; row < split.size(); ++row) {
    for (const auto label : classes(row)) ++left[static_cast<std::size_t>(label)];
  }
  std::vector<std::size_t> drawn, others;
  for (const auto row : order) {
    const auto own = classes(row);
    const bool last = std::any_of(own.begin(), own.end(),
                                  [&](std::int32_t label) { return left[static_cast<std::size_t>(label)] < 2; });
    if (drawn.size() >= count || last) {
      others.push_back(row);
      continue;
    }
    for (const auto label : own) --left[static_cast<std::size_t>(label)];
    drawn.push_back(row);
  }
  std::sort(drawn.begin(), drawn.end());
  std::sort(others.begin(), others.end());
  return {drawn, others};
}

void hold_out_validation(BoxData& data, const Options& options) {
  const auto count = static_cast<std::size_t>(std::llround(options.val_size * static_cast<double>(data.train.size())));
  const auto [held, rest] =
      draw(data.train, count, data.label_names.size(), Rng(static_cast<std::uint64_t>(options.seed), RngUse::split));
  if (held.empty()) {
    fail(ErrorKind::data,
         "{}: no pictures can be held out for validation from {} (val_size={}); give more, a validation file, or "
         "val_size=0 "
         "to train without one",
         data.train.origin, data.train.size(), options.val_size);
  }
  data.validation = pick(data.train, held);
  data.train = pick(data.train, rest);
  data.notes.push_back(fmt::format("no validation split: {} of {} pictures held out (val_size={}, seed={})",
                                   held.size(), held.size() + rest.size(), options.val_size, options.seed));
}

void limit_training(BoxData& data, const Options& options) {
  if (options.max_train_samples <= 0 || static_cast<std::size_t>(options.max_train_samples) >= data.train.size())
    return;
  const auto out = data.train.size() - static_cast<std::size_t>(options.max_train_samples);
  auto rest =
      draw(data.train, out, data.label_names.size(), Rng(static_cast<std::uint64_t>(options.seed), RngUse::subset))
          .second;
  rest.resize(static_cast<std::size_t>(
      options.max_train_samples));  // fewer than it takes to hold every class: the limit counts
  data.notes.push_back(fmt::format("max_train_samples: {} of {} training pictures", rest.size(), data.train.size()));
  data.train = pick(data.train, rest);
}

[[noreturn]] void fail_without_boxes(const std::string& origin, std::size_t pictures,
                                     const std::vector<std::string>& notes) {
  fail(ErrorKind::data, "{}: no boxes on its {} training pictures; annotate what is to be found{}", origin, pictures,
       notes.empty() ? "" : " (" + join(notes, "; ") + ")");
}

// Of the classes that a file lists, those that it tells of. Tools write the whole list into every file, and an index
// needs it: a class that was known before and has no box here is taken as not labelled.
std::vector<std::string> told_of(const BoxSplit& train, const std::vector<std::string>& listed,
                                 const std::vector<std::string>& known) {
  std::set<std::string> drawn;
  for (const auto& sample : train.samples) {
    for (const auto& box : sample.boxes) {
      if (static_cast<std::size_t>(box.label) < known.size()) drawn.insert(known[static_cast<std::size_t>(box.label)]);
    }
  }
  std::vector<std::string> told;
  std::ranges::copy_if(listed, std::back_inserter(told), [&](const std::string& label) {
    return drawn.contains(label) || std::ranges::find(known, label) == known.end();
  });
  return told;
}

// Nothing can be measured on a split without a box.
void note_unmeasured(const BoxSplit& split, const char* name, std::vector<std::string>& notes) {
  const auto counts = [](const BoxSample& sample) {
    return std::ranges::any_of(sample.boxes, [](const TrueBox& box) { return !box.crowd; });
  };
  if (split.empty() || std::ranges::any_of(split.samples, counts)) return;
  notes.push_back(fmt::format("no boxes on the {} {} pictures: AP is not defined there, and chooses no weights",
                              split.size(), name));
}

void note_counts(BoxData& data, const std::vector<std::string>& listed) {
  std::vector<std::int64_t> counts(data.label_names.size());
  std::int64_t boxes = 0, without = 0, crowds = 0;
  for (const auto& sample : data.train.samples) {
    without += sample.boxes.empty() ? 1 : 0;
    for (const auto& box : sample.boxes) {
      ++boxes;
      crowds += box.crowd ? 1 : 0;
      ++counts[static_cast<std::size_t>(box.label)];
    }
  }
  if (boxes == 0) fail_without_boxes(data.train.origin, data.train.size(), data.notes);
  if (boxes == crowds) {
    fail(ErrorKind::data,
         "{}: all {} boxes on its {} training pictures are of crowds or marked difficult, and teach nothing; expected "
         "boxes of single things",
         data.train.origin, boxes, data.train.size());
  }
  std::vector<std::string> parts, none;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto& label = data.label_names[i];
    if (counts[i] > 0) parts.push_back(fmt::format("{} {}", label, counts[i]));
    else if (std::ranges::find(listed, label) != listed.end()) none.push_back(label);
  }
  data.notes.push_back(
      fmt::format("{} boxes on {} training pictures: {}", boxes, data.train.size(), excerpt(join(parts, ", "), 300)));
  if (!none.empty())
    data.notes.push_back("no training box of " + excerpt(join(none, ", "), 200) + ": nothing is learnt of them");
  if (without > 0)
    data.notes.push_back(fmt::format("{} training pictures without boxes: they teach what is nothing", without));
  if (crowds > 0)
    data.notes.push_back(fmt::format("{} boxes of crowds or marked difficult: neither found nor missed", crowds));
}

// What copies_notes or leaks_notes says of the pictures.
void note_copies(BoxData& data, decltype(copies_notes) say) {
  const auto notes = say(without_boxes(data.train), without_boxes(data.validation), without_boxes(data.test));
  data.notes.insert(data.notes.end(), notes.begin(), notes.end());
}

void note_skipped(BoxData& data) {
  if (data.skipped.empty()) return;
  data.notes.push_back(
      fmt::format("{} pictures skipped, the first: {}{}", data.skipped.size(), data.skipped.front().reason,
                  data.skipped.size() > 1 ? "; a run's skipped.txt lists all of them" : ""));
}

}  // namespace

BoxFormat box_format_of(const std::string& path) {
  const fs::path place = path;
  std::error_code error;
  if (fs::is_directory(place, error)) {
    if (fs::is_directory(place / "Annotations", error)) return BoxFormat::voc;
    if (fs::exists(place / "data.yaml", error)) return BoxFormat::yolo;
    return holds_coco(place) ? BoxFormat::coco : BoxFormat::none;
  }
  const auto ending = lower_ascii(place.extension().string());
  if (ending == ".json" && fs::exists(place, error)) return looks_like_coco(place) ? BoxFormat::coco : BoxFormat::none;
  return (ending == ".yaml" || ending == ".yml") && fs::exists(place, error) ? BoxFormat::yolo : BoxFormat::none;
}

bool looks_like_box_data(const std::string& path) { return box_format_of(path) != BoxFormat::none; }

BoxData load_box_data(const Options& options, const ImageReading& reading, const std::vector<std::string>& known) {
  auto splits = read_splits(options.data);
  for (const auto* name : {"validation", "test"}) {
    if (!splits.contains(name) || !splits.contains("train") || !splits[name].pictures.empty()) continue;
    splits["train"].notes.push_back(splits[name].origin + ": no pictures, and so no such split");
    splits.erase(name);
  }
  if (!options.validation_file.empty())
    splits["validation"] = read_whole(options.validation_file, {"train", "validation", "test"});
  if (!options.test_file.empty()) splits["test"] = read_whole(options.test_file, {"train", "test", "validation"});
  if (!splits.contains("train"))
    fail(ErrorKind::data, "{}: no training annotations; expected {}", options.data, place_of_training(options.data));
  BoxData data;
  const auto listed = labels_of(splits["train"]);
  if (listed.empty()) fail_without_boxes(splits["train"].origin, splits["train"].pictures.size(), {});
  data.label_names = known;
  const auto& ids = splits["train"].category_ids;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if (std::ranges::find(known, listed[i]) != known.end()) continue;
    data.label_names.push_back(listed[i]);
    if (!known.empty() && i < ids.size()) data.added_ids.push_back(ids[i]);
  }
  if (known.empty()) data.category_ids = ids;
  for (auto& [name, raw] : splits) {
    data.notes.insert(data.notes.end(), raw.notes.begin(), raw.notes.end());
    auto& split = name == "train" ? data.train : name == "validation" ? data.validation : data.test;
    split = check_boxes(std::move(raw), data.label_names, reading, data.skipped, data.notes);
  }
  data.train.labelled = told_of(data.train, listed, known);
  note_copies(data, copies_notes);
  if (data.validation.empty() && options.val_size > 0) hold_out_validation(data, options);
  limit_training(data, options);
  note_copies(data, leaks_notes);
  note_counts(data, listed);
  note_unmeasured(data.validation, "validation", data.notes);
  note_unmeasured(data.test, "test", data.notes);
  note_skipped(data);
  return data;
}

BoxSplit load_evaluation_boxes(const Options& options, const std::vector<std::string>& label_names,
                               const ImageReading& reading, std::vector<SkippedPicture>& skipped,
                               std::vector<std::string>& notes) {
  const auto& path = options.test_file.empty() ? options.data : options.test_file;
  auto raw = read_whole(path, {"test", "validation", "train"});
  notes.insert(notes.end(), raw.notes.begin(), raw.notes.end());
  const auto labels = label_names.empty() ? labels_of(raw) : label_names;
  std::map<std::string, std::int64_t> numbers;
  for (std::size_t i = 0; i < raw.category_ids.size(); ++i) numbers.emplace(raw.labels[i], raw.category_ids[i]);
  auto split = check_boxes(std::move(raw), labels, reading, skipped, notes);
  split.category_ids = std::move(numbers);
  if (!label_names.empty()) note_unmeasured(split, "given", notes);
  return split;
}

}  // namespace strop
