// COCO's object annotations: {"images": [...], "annotations": [...], "categories": [...]}.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "data/boxes/entry_lines.h"
#include "data/boxes/raw_boxes.h"
#include "data/image_files.h"

namespace strop {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// A member of a list's object, with its place for messages.
struct Entry {
  const json& object;
  std::string where;

  [[noreturn]] void refuse(const char* key, const std::string& expected) const {
    fail(ErrorKind::data, "{}: {} is {}; expected {}", where, key,
         object.is_object() && object.contains(key) ? excerpt(object[key].dump()) : "absent", expected);
  }
  const json& at(const char* key, const std::string& expected) const {
    if (!object.is_object() || !object.contains(key)) refuse(key, expected);
    return object[key];
  }
  std::int64_t whole(const char* key) const {
    const auto& value = at(key, "a whole number");
    const bool fits = value.is_number_integer() &&
                      (!value.is_number_unsigned() || value.get<std::uint64_t>() <= std::uint64_t{1} << 62);
    if (!fits) refuse(key, "a whole number");
    return value.get<std::int64_t>();
  }
  std::string text(const char* key) const {
    const auto& value = at(key, "a text");
    if (!value.is_string()) refuse(key, "a text");
    return value.get<std::string>();
  }
};

// A parsed text and where its entries stand.
struct Document {
  json root;
  std::map<std::string, std::vector<std::size_t>> lines;
  std::string where;
};

std::vector<Entry> entries(const Document& document, const char* list, bool needed) {
  const auto& root = document.root;
  const auto& lines = document.lines;
  const auto& where = document.where;
  // Keys that are written with escapes are not found among the lines.
  const auto own = lines.find(list);
  const auto place = [&](std::size_t i) {
    const bool known = own != lines.end() && i < own->second.size();
    return fmt::format("{}{}: {}[{}]", where, known ? fmt::format(":{}", own->second[i]) : "", list, i);
  };
  if (!root.contains(list)) {
    if (!needed) return {};
    fail(ErrorKind::data, "{}: no list '{}'; expected COCO's images, annotations and categories", where, list);
  }
  if (!root[list].is_array())
    fail(ErrorKind::data, "{}: '{}' is {}, expected a list", where, list, root[list].type_name());
  std::vector<Entry> all;
  for (std::size_t i = 0; i < root[list].size(); ++i) all.push_back({root[list][i], place(i)});
  return all;
}

Document parsed(std::string_view text, const std::string& where) {
  try {
    auto root = json::parse(text);
    if (!root.is_object()) fail(ErrorKind::data, "{}: expected a JSON object, found {}", where, root.type_name());
    return {std::move(root), entry_lines(text), where};
  } catch (const json::exception& error) {
    const auto* broken = dynamic_cast<const json::parse_error*>(&error);
    const auto end = broken == nullptr ? 0 : std::min<std::size_t>(broken->byte, text.size());
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n');
    fail(ErrorKind::data, "{}:{}: broken JSON: {}", where, line, excerpt(json_fault(error.what()), 200));
  }
}

Rect rect_of(const Entry& entry) {
  const std::string expected = "[x, y, width, height] in pixels";
  const auto& box = entry.at("bbox", expected);
  if (!box.is_array() || box.size() != 4) entry.refuse("bbox", expected);
  std::array<double, 4> numbers{};
  for (std::size_t i = 0; i < 4; ++i) {
    if (!box[i].is_number() || !std::isfinite(box[i].get<double>()) || std::abs(box[i].get<double>()) > 1e7)
      entry.refuse("bbox", expected);
    numbers[i] = box[i].get<double>();
  }
  return {numbers[0], numbers[1], numbers[2], numbers[3]};
}

struct Categories {
  std::vector<std::string> names;
  std::vector<std::int64_t> ids;
  std::string first_where;  // of the smallest id
};

Categories categories_of(const Document& document) {
  std::map<std::int64_t, std::string> by_id;
  std::string first_where;
  std::set<std::string> seen;
  for (const auto& entry : entries(document, "categories", true)) {
    const auto id = entry.whole("id");
    const auto name = entry.text("name");
    if (!by_id.emplace(id, name).second)
      fail(ErrorKind::data, "{}: id {} stands twice; give each category its own", entry.where, id);
    if (!seen.insert(name).second)
      fail(ErrorKind::data, "{}: the name '{}' stands twice; give each category its own", entry.where, name);
    if (by_id.begin()->first == id) first_where = entry.where;
  }
  if (by_id.empty()) fail(ErrorKind::data, "{}: no categories", document.where);
  Categories found;
  found.first_where = first_where;
  for (const auto& [id, name] : by_id) {
    found.ids.push_back(id);
    found.names.push_back(name);
  }
  return found;
}

}  // namespace

RawBoxes parse_coco(std::string_view text, const std::string& where) {
  const auto document = parsed(text, where);
  RawBoxes raw;
  raw.origin = where;
  const auto categories = categories_of(document);
  raw.labels = categories.names;
  raw.category_ids = categories.ids;
  std::unordered_map<std::int64_t, std::size_t> picture_of;
  for (const auto& entry : entries(document, "images", true)) {
    RawPicture picture;
    picture.file = entry.text("file_name");
    const auto id = entry.whole("id");
    picture.image_id = id;
    picture.where = entry.where;
    const auto side = [&](const char* key) {
      const auto length = entry.object.contains(key) ? entry.whole(key) : 0;
      if (length < 0 || length > 1 << 20) entry.refuse(key, "pixels");
      return static_cast<int>(length);
    };
    picture.width = side("width");
    picture.height = side("height");
    if (!picture_of.emplace(id, raw.pictures.size()).second) {
      fail(ErrorKind::data, "{}: id {} stands twice; give each picture its own", entry.where, id);
    }
    raw.pictures.push_back(std::move(picture));
  }
  std::set<std::int64_t> ids;
  std::int64_t repeated = 0, unnumbered = 0;
  std::string first_repeated;
  for (const auto& entry : entries(document, "annotations", false)) {
    RawBox box;
    const auto category = entry.whole("category_id");
    const auto place = std::find(categories.ids.begin(), categories.ids.end(), category);
    if (place == categories.ids.end()) {
      fail(ErrorKind::data,
           "{}: category_id {} is none of the file's categories ({}); correct it, or add the category to their list",
           entry.where, category, excerpt(join_numbers(categories.ids), 200));
    }
    box.label = categories.names[static_cast<std::size_t>(place - categories.ids.begin())];
    const auto image = entry.whole("image_id");
    const auto picture = picture_of.find(image);
    if (picture == picture_of.end()) {
      fail(ErrorKind::data,
           "{}: image_id {} is none of the file's pictures; correct it, add the picture to 'images', or remove the "
           "annotation",
           entry.where, image);
    }
    box.rect = rect_of(entry);
    const auto& object = entry.object;
    const json crowd = object.value("iscrowd", json(0));
    box.crowd = crowd == true || (crowd.is_number() && crowd != 0);
    if (object.contains("area") && object["area"].is_number()) box.area = object["area"].get<double>();
    box.where = entry.where;
    if (!object.contains("id")) {
      ++unnumbered;
    } else if (!ids.insert(entry.whole("id")).second && repeated++ == 0) {
      first_repeated = entry.where;
    }
    raw.pictures[picture->second].boxes.push_back(std::move(box));
  }
  if (repeated > 0)
    raw.notes.push_back(
        fmt::format("{}: {} annotations repeat an id; boxes are numbered anew", first_repeated, repeated));
  if (unnumbered > 0)
    raw.notes.push_back(fmt::format("{}: {} annotations have no id; boxes are numbered anew", where, unnumbered));
  if (categories.ids.front() == 0)
    raw.notes.push_back(fmt::format("{}: a category has the id 0, kept as it is", categories.first_where));
  const auto gaps = static_cast<std::uint64_t>(categories.ids.back()) -
                    static_cast<std::uint64_t>(categories.ids.front()) + 1 - categories.ids.size();
  if (gaps > 0) {
    raw.notes.push_back(fmt::format("{}: the categories' ids go from {} to {} with {} gaps, kept as they are", where,
                                    categories.ids.front(), categories.ids.back(), gaps));
  }
  return raw;
}

namespace {

// The split that a file's name speaks of; "" where it speaks of none.
std::string split_in(const std::string& name) {
  const auto text = lower_ascii(name);
  const auto has = [&](const char* word) { return text.find(word) != std::string::npos; };
  return has("train") ? "train" : has("val") ? "validation" : has("test") ? "test" : "";
}

// Where the pictures of an annotation file lie: the first of the usual folders that holds one of them. Two splits may
// have pictures of the same names, so that the folders of the file's own come first.
fs::path pictures_of(const fs::path& file, const RawBoxes& raw) {
  const auto folder = file.parent_path(), above = folder.parent_path();
  const auto stem = file.stem().string(), split = split_in(stem);
  std::vector<std::string> own = {stem, stem.substr(stem.rfind('_') + 1)};  // instances_train2017.json -> train2017
  if (split == "validation") own.insert(own.end(), {"validation", "valid", "val"});
  else own.push_back(split.empty() ? "train" : split);
  std::vector<fs::path> places = {folder};
  for (const auto& root : {folder, above}) {
    for (const auto& name : own) places.insert(places.end(), {root / name, root / "images" / name});
    places.insert(places.end(), {root / "images", root / "JPEGImages"});
  }
  for (const auto& picture : raw.pictures) {
    for (const auto& place : places) {
      if (fs::exists(place / picture.file)) return place;
    }
  }
  return folder;
}

RawBoxes read_coco_file(const fs::path& file) {
  auto raw = parse_coco(read_file(file, ErrorKind::data), file.string());
  const auto folder = pictures_of(file, raw);
  for (auto& picture : raw.pictures) picture.file = (folder / picture.file).lexically_normal().string();
  return raw;
}

bool begins_with_one_of(const fs::path& file, std::initializer_list<const char*> words) {
  return std::ranges::any_of(words, [&](const char* word) { return file.filename().string().starts_with(word); });
}

// COCO's own folder has files of the same pictures without boxes beside instances_*.json, and some with other boxes.
bool lacks_boxes(const fs::path& file) { return begins_with_one_of(file, {"captions_", "image_info_", "panoptic_"}); }
void prefer_instances(std::vector<fs::path>& files) {
  auto rest = files;
  std::erase_if(rest, [](const fs::path& file) { return begins_with_one_of(file, {"person_keypoints_", "stuff_"}); });
  if (!rest.empty()) files = std::move(rest);
}

}  // namespace

RawBoxSplits read_coco_splits(const std::string& path) {
  RawBoxSplits splits;
  std::map<std::string, std::vector<fs::path>> found;
  std::vector<fs::path> unnamed;  // by no split's name
  if (!fs::is_directory(path)) {
    splits["train"] = read_coco_file(path);
    return splits;
  }
  for (const auto& folder : {fs::path(path), fs::path(path) / "annotations", fs::path(path) / "train",
                             fs::path(path) / "valid", fs::path(path) / "test"}) {
    std::error_code error;
    std::set<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().extension() == ".json") files.insert(entry.path());
    }
    for (const auto& file : files) {
      if (lacks_boxes(file) || box_format_of(file.string()) != BoxFormat::coco) continue;
      const auto own = folder == fs::path(path) ? "" : folder.filename().string();
      const auto split = split_in(file.stem().string() + " " + own);
      (split.empty() ? unnamed : found[split]).push_back(file);
    }
  }
  if (found.empty() && unnamed.size() == 1) found["train"] = unnamed;
  for (auto& [split, files] : found) {
    prefer_instances(files);
    if (files.size() > 1) {
      fail(ErrorKind::data, "{}: {} and {} are both for {}; keep one, or name the files themselves", path,
           files[0].string(), files[1].string(), split);
    }
    splits[split] = read_coco_file(files.front());
  }
  return splits;
}

}  // namespace strop
