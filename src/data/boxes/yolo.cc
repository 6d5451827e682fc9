// YOLO's text files: data.yaml names the classes and where the pictures lie; labels/NAME.txt beside images/NAME.jpg
// holds "class x y width height" a line, the middle and the sides as shares of the picture's.
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "data/boxes/raw_boxes.h"
#include "data/image_files.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

constexpr double kTolerance = 0.01;  // shares a little outside 0 .. 1 come from rounding

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < line.size();) {
    const auto begin = line.find_first_not_of(" \t\r", at);
    if (begin == std::string_view::npos) break;
    const auto end = std::min(line.find_first_of(" \t\r", begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    at = end;
  }
  return words;
}

}  // namespace

std::vector<RawBox> parse_yolo(std::string_view text, const std::string& where,
                               const std::vector<std::string>& labels) {
  std::vector<RawBox> boxes;
  std::int64_t number = 0;
  for (const auto& line : split_lines(text)) {
    ++number;
    const auto words = words_of(line);
    if (words.empty()) continue;
    const auto place = fmt::format("{}:{}", where, number);
    if (words.size() != 5) {
      fail(ErrorKind::data, "{}: {} columns in '{}'; expected 5: class x y width height{}", place, words.size(),
           excerpt(line), words.size() > 5 ? " (outlines of segments are not read)" : "");
    }
    std::array<double, 5> numbers{};
    for (std::size_t i = 0; i < 5; ++i) {
      const auto* end = words[i].data() + words[i].size();
      const auto read = std::from_chars(words[i].data(), end, numbers[i]);
      const bool fits = i == 0 || (numbers[i] >= -kTolerance && numbers[i] <= 1 + kTolerance);
      if (read.ec != std::errc() || read.ptr != end || !std::isfinite(numbers[i]) || !fits) {
        fail(ErrorKind::data, "{}: '{}' in column {}; expected {}", place, excerpt(words[i]), i + 1,
             i == 0 ? "the number of a class" : "a share of the picture, 0 to 1");
      }
    }
    if (numbers[0] != std::floor(numbers[0]) || numbers[0] < 0 || numbers[0] >= static_cast<double>(labels.size())) {
      fail(ErrorKind::data, "{}: class '{}'; expected 0 to {}, the {} names of data.yaml", place, words[0],
           static_cast<std::int64_t>(labels.size()) - 1, labels.size());
    }
    boxes.push_back({{numbers[1] - numbers[3] / 2, numbers[2] - numbers[4] / 2, numbers[3], numbers[4]},
                     labels[static_cast<std::size_t>(numbers[0])],
                     false,
                     -1,
                     place});
  }
  return boxes;
}

namespace {

std::string text_of(const YAML::Node& node, const std::string& key, const std::string& where) {
  if (!node.IsScalar()) fail(ErrorKind::data, "{}:{}: {}: expected a text", where, node.Mark().line + 1, key);
  return node.Scalar();
}

std::vector<std::string> names_of(const YAML::Node& names, const std::string& where) {
  std::vector<std::string> labels;
  if (names.IsSequence()) {
    for (const auto& name : names) labels.push_back(text_of(name, "names", where));
  } else if (names.IsMap()) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto name = names[i];
      if (!name) fail(ErrorKind::data, "{}: names has no class {}; expected 0 to {}", where, i, names.size() - 1);
      labels.push_back(text_of(name, "names", where));
    }
  }
  std::set<std::string> seen;
  for (const auto& label : labels) {
    if (!is_valid_utf8(label))
      fail(ErrorKind::data, "{}: a name that is not UTF-8: '{}'", where, excerpt(repair_utf8(label)));
    if (!seen.insert(label).second) fail(ErrorKind::data, "{}: the name '{}' stands twice", where, label);
  }
  return labels;
}

}  // namespace

YoloData parse_yolo_data(std::string_view text, const std::string& where) {
  YoloData data;
  std::int64_t count = -1;
  try {
    const auto root = YAML::Load(std::string(text));
    if (!root.IsMap()) fail(ErrorKind::data, "{}: expected keys train, val and names", where);
    if (root["names"]) data.labels = names_of(root["names"], where);
    if (const auto node = root["nc"]; node && !YAML::convert<std::int64_t>::decode(node, count)) {
      fail(ErrorKind::data, "{}:{}: nc is {}; expected the number of classes, as names has them", where,
           node.Mark().line + 1, node.IsScalar() ? "'" + excerpt(node.Scalar()) + "'" : "no number");
    }
    if (root["path"]) data.root = text_of(root["path"], "path", where);
    for (const auto& [key, split] : {std::pair{"train", "train"}, {"val", "validation"}, {"test", "test"}}) {
      const auto node = root[key];
      if (!node || node.IsNull()) continue;
      if (!node.IsScalar()) {
        fail(ErrorKind::data,
             "{}:{}: {}: expected one folder, or one file that lists the pictures, found a list; put them "
             "into one",
             where, node.Mark().line + 1, key);
      }
      data.splits[split] = text_of(node, key, where);
    }
  } catch (const YAML::Exception& error) {
    fail(ErrorKind::data, "{}{}: broken YAML: {}", where,
         error.mark.is_null() ? "" : fmt::format(":{}", error.mark.line + 1), error.msg);
  }
  if (data.labels.empty()) fail(ErrorKind::data, "{}: no names; expected a list of classes", where);
  if (count >= 0 && count != static_cast<std::int64_t>(data.labels.size())) {
    fail(ErrorKind::data, "{}: nc is {}, but names has {} classes; make them agree", where, count, data.labels.size());
  }
  if (!data.splits.contains("train"))
    fail(ErrorKind::data, "{}: no key train; expected the folder of the training pictures", where);
  return data;
}

namespace {

struct DataFile {
  fs::path file, root;
  YoloData data;
};

DataFile read_data_file(const fs::path& path) {
  const auto file = fs::is_directory(path) ? path / "data.yaml" : path;
  auto data = parse_yolo_data(read_file(file, ErrorKind::data, 16 << 20), file.string());
  const fs::path own = data.root;
  return {file, own.is_absolute() ? own : file.parent_path() / own, std::move(data)};
}

// Relative to the root; "../train/images", as some exports write it, also from the root itself. Nothing where it is not
// there.
std::optional<fs::path> place_of(const DataFile& data, fs::path named) {
  const auto direct = named.is_absolute() ? named : data.root / named;
  if (fs::exists(direct)) return direct;
  while (!named.empty() && *named.begin() == "..") named = named.lexically_relative("..");
  if (fs::exists(data.root / named)) return data.root / named;
  return std::nullopt;
}

// images/a/b.jpg -> labels/a/b.txt, by the last folder of that name; without one, beside the picture.
fs::path label_file(const fs::path& picture) {
  fs::path result;
  std::vector<fs::path> parts(picture.begin(), picture.end());
  for (auto at = parts.rbegin(); at != parts.rend(); ++at) {
    if (*at != "images") continue;
    *at = "labels";
    break;
  }
  for (const auto& part : parts) result /= part;
  return result.replace_extension(".txt");
}

struct ListedPicture {
  fs::path file;
  std::string where;  // "list:line"; empty: found in a folder
};

// Those of a folder, or of a file that lists them, one a line.
std::vector<ListedPicture> pictures_at(const fs::path& place, std::vector<SkippedPicture>& skipped) {
  std::vector<ListedPicture> pictures;
  if (fs::is_directory(place)) {
    auto listing = list_folder(place.string());
    for (const auto& listed : listing.pictures) pictures.push_back({(place / listed.path).lexically_normal(), ""});
    skipped = std::move(listing.skipped);
    return pictures;
  }
  std::int64_t number = 0;
  for (const auto& line : split_lines(read_file(place, ErrorKind::data, 64 << 20))) {
    ++number;
    const auto name = trim(line);
    if (name.empty()) continue;
    pictures.push_back({(place.parent_path() / std::string(name)).lexically_normal(),
                        fmt::format("{}:{}", place.string(), number)});
  }
  return pictures;
}

// Label files that belong to no picture of a folder, where they have a folder of their own.
void note_strays(const fs::path& pictures, const std::set<fs::path>& read, std::vector<std::string>& notes) {
  const auto labels = label_file(pictures / "a").parent_path();
  if (labels == (pictures / "a").parent_path() || !fs::is_directory(labels)) return;
  std::set<fs::path> strays;
  for (const auto& entry : fs::recursive_directory_iterator(labels)) {
    const auto& file = entry.path();
    // Tools for labelling leave a list of the names there.
    if (file.extension() == ".txt" && file.filename() != "classes.txt" && !read.contains(file)) strays.insert(file);
  }
  if (strays.empty()) return;
  notes.push_back(fmt::format("{}: {} label files belong to no picture of {} and are not read, the first: {}",
                              labels.string(), strays.size(), pictures.string(), strays.begin()->string()));
}

}  // namespace

RawBoxSplits read_yolo_splits(const std::string& path) {
  const auto data = read_data_file(path);
  RawBoxSplits splits;
  for (const auto& [split, named] : data.data.splits) {
    const auto found = place_of(data, named);
    // Exports name a folder of test pictures whether or not they have some.
    if (!found && split == "test") {
      splits["train"].notes.push_back(
          fmt::format("{}: test: {} does not exist; there are no test pictures", data.file.string(), named));
      continue;
    }
    if (!found) {
      fail(ErrorKind::data, "{}: {}: {} does not exist; expected a folder of pictures or a list of them",
           data.file.string(), split == "train" ? "train" : "val", named);
    }
    const auto& place = *found;
    RawBoxes& raw = splits[split];
    raw.origin = place.string();
    raw.labels = data.data.labels;
    std::set<fs::path> read, absent;
    for (const auto& listed : pictures_at(place, raw.skipped)) {
      RawPicture one;
      one.file = listed.file.string();
      one.normalized = true;
      const auto labels = label_file(listed.file);
      one.where = listed.where.empty() ? labels.string() : listed.where;
      if (fs::exists(labels)) {
        read.insert(labels);
        one.boxes = parse_yolo(read_file(labels, ErrorKind::data, 64 << 20), labels.string(), data.data.labels);
      } else {
        absent.insert(labels);
      }
      raw.pictures.push_back(std::move(one));
    }
    if (!absent.empty()) {
      raw.notes.push_back(fmt::format("{}: {} of {} pictures have no label file and count as empty, the first lacks {}",
                                      raw.origin, absent.size(), raw.pictures.size(), absent.begin()->string()));
    }
    if (fs::is_directory(place)) note_strays(place.lexically_normal(), read, raw.notes);
  }
  return splits;
}

}  // namespace strop
