#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "core/error.h"
#include "core/text.h"
#include "data/boxes/raw_boxes.h"
#include "data/image_check.h"
#include "image/decode.h"
#include "image/orient.h"

namespace strop {
namespace {

// Counts of one kind of flaw, with the places of the first few.
class Flaws {
 public:
  explicit Flaws(std::string what) : what_(std::move(what)) {}
  void add(const std::string& where) {
    if (++count_ <= kShown) places_.push_back(where);
  }
  void note(std::vector<std::string>& notes) const {
    if (count_ == 0) return;
    notes.push_back(fmt::format("{} {} ({}{})", count_, what_, join(places_, ", "), count_ > kShown ? ", ..." : ""));
  }

 private:
  static constexpr std::int64_t kShown = 3;
  std::string what_;
  std::int64_t count_ = 0;
  std::vector<std::string> places_;
};

// Drops the pictures whose file cannot be used: the check of labelled pictures, on the same files.
void drop_unusable(BoxSplit& split, const ImageReading& reading, std::vector<SkippedPicture>& skipped) {
  ImageSplit pictures = without_boxes(split);
  drop_unusable(pictures, reading, skipped);
  std::map<std::string, std::uint64_t> usable;
  for (const auto& sample : pictures.samples) usable.emplace(sample.name, sample.fingerprint);
  std::erase_if(split.samples, [&](const BoxSample& sample) { return !usable.contains(sample.name); });
  for (auto& sample : split.samples) sample.fingerprint = usable.at(sample.name);
}

// Pictures without a number get one by their name's place.
void number_pictures(std::vector<BoxSample>& samples, const std::map<std::string, RawPicture>& by_name) {
  if (std::ranges::all_of(samples, [&](const auto& one) { return by_name.at(one.name).image_id.has_value(); })) return;
  std::vector<BoxSample*> sorted;
  for (auto& sample : samples) sorted.push_back(&sample);
  std::ranges::sort(sorted, {}, &BoxSample::name);
  for (std::size_t i = 0; i < sorted.size(); ++i) sorted[i]->image_id = static_cast<std::int64_t>(i) + 1;
}

// The picture as a person sees it, from its header.
PictureInfo info_of(const BoxSample& sample, const ImageReading& reading) {
  HeldBytes held;
  const auto source = source_of(sample, held);
  return probe_picture(source.bytes, source.name, reading.decode);
}

// The part of the box inside the picture.
Rect cut(const Rect& box, int width, int height) {
  const double left = std::clamp(box.x, 0.0, static_cast<double>(width)),
               top = std::clamp(box.y, 0.0, static_cast<double>(height));
  const double right = std::clamp(box.right(), 0.0, static_cast<double>(width)),
               bottom = std::clamp(box.bottom(), 0.0, static_cast<double>(height));
  return {left, top, right - left, bottom - top};
}

}  // namespace

ImageSplit without_boxes(const BoxSplit& split) {
  ImageSplit pictures{split.origin, {}};
  for (const auto& sample : split.samples) {
    pictures.samples.push_back({sample.name, sample.bytes, 0, 0, -1, sample.fingerprint});
  }
  return pictures;
}

Rect stored_rect(const Rect& box, const BoxSample& sample) {
  const int turn = sample.stored_turn, back = turn == 6 ? 8 : turn == 8 ? 6 : turn;
  return upright_rect(box, back, sample.width, sample.height);
}

PictureSource source_of(const BoxSample& sample, HeldBytes& held) {
  held = read_range(sample.bytes, sample.name);
  return {held.view, sample.name};
}

BoxSplit check_boxes(RawBoxes raw, const std::vector<std::string>& labels, const ImageReading& reading,
                     std::vector<SkippedPicture>& skipped, std::vector<std::string>& notes) {
  BoxSplit split{raw.origin, {}};
  if (reading.strict && !raw.skipped.empty())
    fail(ErrorKind::data, "{} (strict is set)", raw.skipped.front().reason);
  skipped.insert(skipped.end(), raw.skipped.begin(), raw.skipped.end());
  std::map<std::string, RawPicture> by_name;
  for (auto& picture : raw.pictures) {
    if (!std::filesystem::exists(picture.file)) {
      const auto reason = fmt::format("{}: no such picture; {} names it", picture.file, picture.where);
      if (reading.strict) fail(ErrorKind::data, "{} (strict is set)", reason);
      skipped.push_back({picture.file, reason});
      continue;
    }
    BoxSample sample;
    sample.name = picture.file;
    sample.bytes.file = picture.file;
    sample.image_id = picture.image_id.value_or(0);
    if (const auto first = by_name.find(picture.file); first != by_name.end()) {
      fail(ErrorKind::data, "{}: the picture {} stands twice, first in {}; keep one of them, with all its boxes",
           picture.where, sample.name, first->second.where);
    }
    by_name.emplace(sample.name, std::move(picture));
    split.samples.push_back(std::move(sample));
  }
  if (split.empty()) {
    fail(ErrorKind::data, "{}: none of its {} pictures is there{}", raw.origin, raw.pictures.size(),
         skipped.empty() ? "" : "; the first: " + skipped.front().reason);
  }
  if (reading.check) drop_unusable(split, reading, skipped);
  number_pictures(split.samples, by_name);
  Flaws outside("boxes reach outside their picture and are cut"), empty("boxes have no area and are dropped"),
      beyond("boxes lie wholly outside their picture and are dropped"),
      twins("boxes are the same as another of their picture, class and all; they are kept"),
      sizes("pictures are not as large as their annotation says; their own size counts"),
      turned("pictures were annotated before their EXIF turn; their boxes are turned with them");
  std::int64_t id = 0;
  for (auto& sample : split.samples) {
    auto& picture = by_name.at(sample.name);
    const auto info = info_of(sample, reading);
    sample.width = info.width;
    sample.height = info.height;
    const bool said = picture.width > 0 && picture.height > 0;
    const bool differs = said && (picture.width != sample.width || picture.height != sample.height);
    const bool stored =
        differs && swaps_sides(info.orientation) && picture.width == sample.height && picture.height == sample.width;
    if (stored) sample.stored_turn = info.orientation;
    if (differs) (stored ? turned : sizes).add(picture.where);
    std::set<std::tuple<std::string, bool, double, double, double, double>> seen;
    for (auto& box : picture.boxes) {
      if (picture.normalized) {
        // Rounded: what was 96 pixels is 96 again, on the right side of the border between small, medium and large.
        const auto pixels = [](double share, int side) { return std::round(share * side * 1e6) / 1e6; };
        box.rect = {pixels(box.rect.x, sample.width), pixels(box.rect.y, sample.height),
                    pixels(box.rect.width, sample.width), pixels(box.rect.height, sample.height)};
      }
      if (stored) box.rect = upright_rect(box.rect, info.orientation, picture.width, picture.height);
      const auto place = std::find(labels.begin(), labels.end(), box.label);
      if (place == labels.end()) {
        const auto close = nearest(box.label, labels);
        fail(ErrorKind::data, "{}: class '{}' is none of {}{}", box.where, excerpt(box.label),
             excerpt(join(labels, ", "), 300),
             close.empty() ? "; correct it, or give training boxes of it" : "; did you mean " + close + "?");
      }
      if (box.rect.width <= 0 || box.rect.height <= 0) {
        empty.add(box.where);
        continue;
      }
      const Rect inside = cut(box.rect, sample.width, sample.height);
      if (inside.width <= 0 || inside.height <= 0) {
        beyond.add(box.where);
        continue;
      }
      if (!seen.emplace(box.label, box.crowd, box.rect.x, box.rect.y, box.rect.width, box.rect.height).second)
        twins.add(box.where);
      // Shares are rounded: what is less than a tenth of a pixel outside is not.
      const double lost =
          std::max(std::abs(inside.x - box.rect.x) + std::abs(inside.y - box.rect.y),
                   std::abs(inside.right() - box.rect.right()) + std::abs(inside.bottom() - box.rect.bottom()));
      if (lost > 0.1) outside.add(box.where);
      const double area = box.area >= 0 ? box.area : inside.area();
      sample.boxes.push_back({inside, static_cast<std::int32_t>(place - labels.begin()), box.crowd, area, ++id});
    }
  }
  for (const auto* flaws : {&empty, &beyond, &outside, &twins, &sizes, &turned}) flaws->note(notes);
  return split;
}

}  // namespace strop
