#include "data/boxes/write_boxes.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cctype>
#include <cmath>
#include <numeric>
#include <set>

#include "core/error.h"
#include "core/text.h"
#include "data/boxes/outgoing.h"
#include "data/image_files.h"
#include "image/decode.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

// Under another name until it is whole; gone with the object where it never was.
class NewFolder {
 public:
  explicit NewFolder(const fs::path& folder) : target_((fs::absolute(folder) / "").lexically_normal().parent_path()) {
    path_ = target_.parent_path() / fmt::format(".{}.{}", target_.filename().string(), ::getpid());
    fs::create_directories(path_);
  }
  ~NewFolder() {
    std::error_code ignored;
    if (!done_) fs::remove_all(path_, ignored);
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;
  const fs::path& path() const { return path_; }
  void commit() {
    fs::rename(path_, target_);  // onto an empty folder, too
    done_ = true;
  }

 private:
  fs::path target_, path_;
  bool done_ = false;
};

// The ending of a picture's name, by its content where the name has none that readers know.
std::string ending_of(const BoxSample& sample) {
  if (is_picture_name(sample.name)) return fs::path(sample.name).extension().string();
  HeldBytes held;
  const auto source = source_of(sample, held);
  switch (probe_picture(source.bytes, source.name).format) {
    case PictureFormat::png: return ".png";
    case PictureFormat::webp: return ".webp";
    case PictureFormat::bmp: return ".bmp";
    case PictureFormat::jpeg: break;
  }
  return ".jpg";
}

// The sample's own name, with a number where it is taken. Lists of files are split at white space.
std::string file_name(const BoxSample& sample, std::set<std::string>& taken) {
  std::string stem = repair_utf8(fs::path(sample.name).stem().string());
  for (auto& letter : stem) {
    if (std::isspace(static_cast<unsigned char>(letter)) != 0 || std::iscntrl(static_cast<unsigned char>(letter)) != 0)
      letter = '_';
  }
  if (starts_with(stem, ".")) stem[0] = '_';  // hidden files are no pictures
  auto own = stem;
  for (int number = 2; !taken.insert(own).second; ++number) own = fmt::format("{}-{}", stem, number);
  return own + ending_of(sample);
}

fs::path picture_folder(BoxFormat format, const std::string& split) {
  if (format == BoxFormat::voc) return "JPEGImages";
  return format == BoxFormat::yolo ? fs::path("images") / split : fs::path(split);
}

void place_picture(const std::string& from, const fs::path& to) {
  std::error_code error;
  const auto file = fs::canonical(from);  // a link to a link would be one to nowhere
  fs::create_hard_link(file, to, error);
  if (error) fs::copy_file(file, to);
}

// What of the boxes the format has no words for.
void note_losses(const BoxData& data, BoxFormat format, const std::vector<OutgoingSplit>& splits,
                 std::vector<std::string>& notes) {
  if (format == BoxFormat::coco) return;
  std::int64_t crowds = 0, areas = 0;
  for (const auto& one : splits) {
    for (const auto& sample : one.split->samples) {
      for (const auto& box : sample.boxes) {
        crowds += box.crowd ? 1 : 0;
        areas += std::abs(box.area - box.rect.area()) > 1e-3 * std::max(1.0, box.area) ? 1 : 0;
      }
    }
  }
  if (crowds > 0 && format == BoxFormat::yolo) {
    notes.push_back(
        fmt::format("{} boxes of crowds or marked difficult are left out: YOLO's files cannot mark them", crowds));
  }
  if (format == BoxFormat::yolo && data.validation.empty())
    notes.push_back("data.yaml names no 'val', which other tools ask for: --val-size 0.2 holds some pictures out");
  if (areas > 0)
    notes.push_back(fmt::format("{} boxes had an area of their own (of an outline); only COCO's files keep it", areas));
  std::vector<std::int64_t> plain(data.category_ids.size());
  std::iota(plain.begin(), plain.end(), std::int64_t{1});
  if (data.category_ids != plain)
    notes.push_back("the categories' numbers are not kept: classes count from 1 there, in the same order");
}

}  // namespace

double rounded_pixels(double pixels) { return std::round(pixels * 1e6) / 1e6 + 0.0; }

BoxFormat box_format_named(std::string_view name) {
  if (name == "coco") return BoxFormat::coco;
  if (name == "voc") return BoxFormat::voc;
  if (name == "yolo") return BoxFormat::yolo;
  fail(ErrorKind::usage, "format: found '{}', expected coco, voc or yolo", name);
}

void check_new_folder(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error) || (fs::is_directory(folder, error) && fs::is_empty(folder, error))) return;
  fail(ErrorKind::usage, "write: {} is there already; name a new folder, nothing is written over", folder.string());
}

WrittenBoxes write_box_data(const BoxData& data, BoxFormat format, const fs::path& folder) {
  check_new_folder(folder);
  try {
    NewFolder made(folder);
    WrittenBoxes written;
    Outgoing out{made.path(), &data, {}};
    std::set<std::string> taken;
    for (const auto& [name, split] :
         {std::pair{"train", &data.train}, {"val", &data.validation}, {"test", &data.test}}) {
      if (split->empty()) continue;
      const auto place = made.path() / picture_folder(format, name);
      fs::create_directories(place);
      OutgoingSplit one{name, split, {}};
      for (const auto& sample : split->samples) {
        one.pictures.push_back(file_name(sample, taken));
        place_picture(sample.name, place / one.pictures.back());
        for (const auto& box : sample.boxes) written.boxes += box.crowd && format == BoxFormat::yolo ? 0 : 1;
      }
      written.pictures += static_cast<std::int64_t>(split->size());
      out.splits.push_back(std::move(one));
    }
    if (format == BoxFormat::coco) write_coco(out);
    if (format == BoxFormat::voc) write_voc(out);
    if (format == BoxFormat::yolo) write_yolo(out);
    note_losses(data, format, out.splits, written.notes);
    made.commit();
    return written;
  } catch (const fs::filesystem_error& error) {
    fail(ErrorKind::usage, "write: {}: {}", folder.string(), error.what());
  }
}

}  // namespace strop
