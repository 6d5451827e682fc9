// MNIST's four files as splits of pictures.
#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/text.h"
#include "data/idx.h"
#include "data/image_files.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kMostSide = 1 << 15;

std::string labels_beside(const std::string& images) {
  const fs::path path(images);
  std::string name = path.filename().string();
  const auto at = name.find("images");
  const auto kind = name.find("idx3", at == std::string::npos ? 0 : at);
  if (at == std::string::npos || kind == std::string::npos) return "";
  name.replace(kind, 4, "idx1").replace(at, 6, "labels");
  // One of the two may be compressed.
  for (const std::string& other :
       {name, name + ".gz", ends_with(name, ".gz") ? name.substr(0, name.size() - 3) : name}) {
    std::error_code ignored;
    if (fs::exists(path.parent_path() / other, ignored)) return (path.parent_path() / other).string();
  }
  return "";
}

void set_labels(RawImages& raw, const std::string& images, const std::string& file) {
  const IdxArray labels = read_idx(file, 1);
  if (labels.sizes[0] != raw.split.size()) {
    fail(ErrorKind::data, "{}: found {} labels for the {} pictures of {}, expected as many", file, labels.sizes[0],
         raw.split.size(), images);
  }
  for (std::size_t i = 0; i < raw.split.size(); ++i) {
    const auto label = static_cast<unsigned char>((*labels.bytes)[labels.data_at + i]);
    raw.split.samples[i].label = raw.label_of(std::to_string(label));
  }
}

}  // namespace

RawImages read_idx_pair(const std::string& images, bool need_labels) {
  const IdxArray array = read_idx(images, 3);
  const std::uint32_t rows = array.sizes[1], columns = array.sizes[2];
  if (rows > kMostSide || columns > kMostSide) {
    fail(ErrorKind::data, "{}: found pictures of {} x {}, expected at most {} a side", images, columns, rows,
         kMostSide);
  }
  RawImages raw;
  raw.split.origin = images;
  const std::uint64_t size = std::uint64_t{rows} * columns;
  const std::string name = fs::path(images).filename().string();
  for (std::uint32_t i = 0; i < array.sizes[0]; ++i) {
    raw.split.samples.push_back({fmt::format("{}[{}]", name, i),
                                 {images, array.bytes, array.data_at + size * i, size},
                                 static_cast<int>(columns),
                                 static_cast<int>(rows)});
  }
  const std::string labels = labels_beside(images);
  if (!labels.empty()) set_labels(raw, images, labels);
  if (labels.empty() && need_labels) {
    fail(ErrorKind::data,
         "{}: no file of labels beside it, expected one with 'labels' for 'images' and 'idx1' for 'idx3'", images);
  }
  return raw;
}

RawSplits read_idx_folder(const std::string& folder) {
  RawSplits splits;
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (is_idx_name(name) && name.find("images") != std::string::npos) files.push_back(at->path().string());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    const std::string name = fs::path(file).filename().string();
    SplitKind kind = SplitKind::train;
    if (starts_with(name, "t10k")) {
      kind = SplitKind::test;
    } else if (!split_of_name(name.substr(0, name.find_first_of("-._")), kind)) {
      continue;
    }
    if (splits.contains(kind)) {
      fail(ErrorKind::data, "{}: found {} and {} for one split, expected one of them", folder,
           splits[kind].split.origin, file);
    }
    splits[kind] = read_idx_pair(file, true);
  }
  return splits;
}

}  // namespace strop
