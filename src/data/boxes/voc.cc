// Pascal VOC: one XML file a picture. Corners count pixels from 1; a box whose corners are the same has no area.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <pugixml.hpp>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "data/boxes/raw_boxes.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

// A document's nodes with their lines.
struct Lines {
  std::string_view text;
  const std::string& where;
  std::string at(std::ptrdiff_t offset) const {
    const auto end = std::clamp<std::ptrdiff_t>(offset, 0, static_cast<std::ptrdiff_t>(text.size()));
    return fmt::format("{}:{}", where, 1 + std::count(text.begin(), text.begin() + end, '\n'));
  }
  std::string at(const pugi::xml_node& node) const { return at(node.offset_debug()); }
};

double number_of(const Lines& lines, const pugi::xml_node& parent, const char* name) {
  const auto node = parent.child(name);
  const std::string text(trim(node.text().get()));
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (!node || text.empty() || *end != '\0' || !std::isfinite(value) || std::abs(value) > 1e7) {
    fail(ErrorKind::data, "{}: {} is '{}'; expected pixels", lines.at(node ? node : parent), name, excerpt(text));
  }
  return value;
}

}  // namespace

RawPicture parse_voc(std::string_view text, const std::string& where) {
  pugi::xml_document document;
  const auto parsed = document.load_buffer(text.data(), text.size());
  const Lines lines{text, where};
  if (!parsed) fail(ErrorKind::data, "{}: broken XML: {}", lines.at(parsed.offset), parsed.description());
  const auto root = document.child("annotation");
  if (!root) fail(ErrorKind::data, "{}: no <annotation>; expected a file of Pascal VOC", where);
  RawPicture picture;
  picture.where = where;
  picture.file = std::string(trim(root.child("filename").text().get()));
  if (const auto size = root.child("size")) {
    picture.width = static_cast<int>(number_of(lines, size, "width"));
    picture.height = static_cast<int>(number_of(lines, size, "height"));
  }
  for (const auto& object : root.children("object")) {
    RawBox box;
    box.where = lines.at(object);
    box.label = std::string(trim(object.child("name").text().get()));
    if (box.label.empty())
      fail(ErrorKind::data, "{}: an <object> without a <name>; name its class, or remove it", box.where);
    if (!is_valid_utf8(box.label))
      fail(ErrorKind::data, "{}: a <name> that is not UTF-8: '{}'", box.where, excerpt(repair_utf8(box.label)));
    const auto corners = object.child("bndbox");
    if (!corners) {
      fail(ErrorKind::data, "{}: an <object> without a <bndbox>; give it one with xmin, ymin, xmax, ymax, or remove it",
           box.where);
    }
    const double left = number_of(lines, corners, "xmin"), top = number_of(lines, corners, "ymin");
    box.rect = {left - 1, top - 1, number_of(lines, corners, "xmax") - left, number_of(lines, corners, "ymax") - top};
    box.crowd = object.child("difficult").text().as_int() != 0;
    picture.boxes.push_back(std::move(box));
  }
  return picture;
}

std::vector<std::string> parse_labelmap(std::string_view text, const std::string& where) {
  std::vector<std::string> labels;
  std::int64_t number = 0;
  for (const auto& line : split_lines(text)) {
    ++number;
    const std::string name(trim(std::string_view(line).substr(0, line.find(':'))));
    if (name.empty() || name[0] == '#') continue;
    if (!is_valid_utf8(name))
      fail(ErrorKind::data, "{}:{}: a name that is not UTF-8: '{}'", where, number, excerpt(repair_utf8(name)));
    if (std::ranges::find(labels, name) != labels.end())
      fail(ErrorKind::data, "{}:{}: the name '{}' stands twice; keep it once", where, number, name);
    labels.push_back(name);
  }
  return labels;
}

namespace {

// The picture of an annotation: by the name in it, else by the annotation's own with a usual ending.
std::string picture_file(const fs::path& root, const fs::path& annotation, const std::string& named) {
  const auto folder = fs::exists(root / "JPEGImages") ? root / "JPEGImages" : root;
  const auto stem = annotation.stem().string();
  for (const auto& candidate : {named, stem + ".jpg", stem + ".jpeg", stem + ".png", stem + ".JPG", stem + ".webp"}) {
    if (!candidate.empty() && fs::exists(folder / candidate)) return (folder / candidate).string();
  }
  return (folder / (named.empty() ? stem + ".jpg" : named)).string();
}

// The classes that labelmap.txt names, in its order; none where it is not there. Its "background" is a class only where
// a box bears it.
std::vector<std::string> labels_of(const fs::path& root, const RawBoxSplits& splits) {
  const auto file = root / "labelmap.txt";
  if (!fs::exists(file)) return {};
  auto labels = parse_labelmap(read_file(file, ErrorKind::data, 16 << 20), file.string());
  const bool used = std::ranges::any_of(splits, [](const auto& split) {
    return std::ranges::any_of(split.second.pictures, [](const RawPicture& picture) {
      return std::ranges::any_of(picture.boxes, [](const RawBox& box) { return box.label == "background"; });
    });
  });
  if (!used) std::erase(labels, "background");
  return labels;
}

// A name of a list, and where it stands.
struct ListedStem {
  std::string stem, where;
};

RawBoxes read_list(const fs::path& root, const std::string& origin, const std::vector<ListedStem>& stems) {
  RawBoxes raw;
  raw.origin = origin;
  std::map<std::string, std::string> seen;
  for (const auto& [stem, where] : stems) {
    const auto file = root / "Annotations" / (stem + ".xml");
    if (const auto [first, is_new] = seen.emplace(stem, where); !is_new)
      fail(ErrorKind::data, "{}: '{}' stands twice, first in {}; keep one line", where, stem, first->second);
    if (!fs::exists(file)) {
      fail(ErrorKind::data, "{}: '{}' has no annotation; expected {}, or remove the line", where, stem, file.string());
    }
    auto picture = parse_voc(read_file(file, ErrorKind::data, 64 << 20), file.string());
    picture.file = picture_file(root, file, picture.file);
    raw.pictures.push_back(std::move(picture));
  }
  return raw;
}

// A list of ImageSets/Main: lines of "name", which may hold blanks, or of "name 1" and "name -1" where it is of one
// class.
std::vector<ListedStem> stems_of(const fs::path& root, const fs::path& list) {
  std::vector<ListedStem> stems;
  std::int64_t number = 0;
  for (const auto& line : split_lines(read_file(list, ErrorKind::data, 64 << 20))) {
    ++number;
    const std::string whole(trim(line));
    if (whole.empty()) continue;
    const bool is_one = fs::exists(root / "Annotations" / (whole + ".xml"));
    stems.push_back({is_one ? whole : whole.substr(0, whole.find_first_of(" \t")),
                     fmt::format("{}:{}", list.string(), number)});
  }
  return stems;
}

}  // namespace

RawBoxSplits read_voc_splits(const std::string& path) {
  const fs::path root = path, lists = root / "ImageSets" / "Main";
  RawBoxSplits splits;
  std::set<std::string> held_out;
  for (const auto& [split, names] : {std::pair{"validation", std::vector{"val", "valid", "validation"}},
                                     {"test", {"test"}},
                                     {"train", {"train", "trainval"}}}) {
    for (const auto* name : names) {
      const auto list = lists / (std::string(name) + ".txt");
      if (!fs::exists(list)) continue;
      auto stems = stems_of(root, list);
      if (name == std::string("trainval"))
        std::erase_if(stems, [&](const ListedStem& one) { return held_out.contains(one.stem); });
      splits[split] = read_list(root, list.string(), stems);
      if (split == std::string("validation"))
        for (const auto& one : stems) held_out.insert(one.stem);
      break;
    }
  }
  if (splits.empty()) {
    const auto folder = (root / "Annotations").string();
    std::vector<ListedStem> stems;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".xml") stems.push_back({entry.path().stem().string(), folder});
    }
    std::ranges::sort(stems, {}, &ListedStem::stem);
    splits["train"] = read_list(root, folder, stems);
  }
  const auto labels = labels_of(root, splits);
  for (auto& [name, raw] : splits) raw.labels = labels;
  return splits;
}

}  // namespace strop
