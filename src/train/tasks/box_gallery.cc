#include "train/tasks/box_gallery.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "image/draw.h"
#include "train/tasks/picture_gallery.h"

namespace strop {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t kShownPictures = 12, kShownInputs = 4;
constexpr std::int64_t kShownViews = 4;
constexpr int kSide = 320;
constexpr double kMeets = 0.5;

struct Mistakes {
  std::int64_t missed = 0, false_alarms = 0;
  std::int64_t all() const { return missed + false_alarms; }
};

// Greedy by score, each true box once.
Mistakes mistakes_of(const std::vector<TrueBox>& truths, const std::vector<FoundBox>& found) {
  Mistakes result;
  std::vector<char> met(truths.size(), 0);
  for (const auto& box : found) {
    if (box.score < kDrawnScore) continue;
    std::size_t best = truths.size();
    double most = kMeets;
    for (std::size_t i = 0; i < truths.size(); ++i) {
      const double iou = intersection_over_union(truths[i].rect, box.rect);
      if (met[i] != 0 || truths[i].label != box.label || iou < most) continue;
      most = iou;
      best = i;
    }
    if (best < truths.size()) met[best] = 1;
    else ++result.false_alarms;
  }
  for (std::size_t i = 0; i < truths.size(); ++i) result.missed += met[i] == 0 && !truths[i].crowd ? 1 : 0;
  return result;
}

}  // namespace

void draw_boxes(Picture& picture, const std::vector<TrueBox>& truths, const std::vector<FoundBox>& found, const std::vector<std::string>& names) {
  for (const auto& box : truths) draw_box(picture, box.rect, {255, 255, 255}, "");
  for (const auto& box : found) {
    if (box.score < kDrawnScore) continue;
    draw_box(picture, box.rect, label_colour(box.label), fmt::format("{} {:.0f}", names[static_cast<std::size_t>(box.label)], 100 * box.score));
  }
}

json gallery_of_boxes(const BoxSplit& split, const std::vector<std::vector<FoundBox>>& found, const std::vector<std::string>& names,
                      const DecodeOptions& decode) {
  std::vector<Mistakes> mistakes;
  for (std::size_t row = 0; row < split.size(); ++row) mistakes.push_back(mistakes_of(split.samples[row].boxes, found[row]));
  std::vector<std::size_t> order(split.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return mistakes[a].all() > mistakes[b].all(); });
  json gallery = json::array();
  for (std::size_t i = 0; i < std::min(kShownPictures, order.size()); ++i) {
    const auto& sample = split.samples[order[i]];
    try {
      HeldBytes held;
      Picture picture = decode_source(source_of(sample, held), decode);
      draw_boxes(picture, sample.boxes, found[order[i]], names);
      gallery.push_back({{"name", sample.name}, {"image", thumbnail_uri(picture.view(), kSide)},
                         {"missed", mistakes[order[i]].missed}, {"false_alarms", mistakes[order[i]].false_alarms}});
    } catch (const Error&) {  // it went bad or away since
    }
  }
  return gallery;
}

json gallery_of_inputs(const BoxSplit& train, const BoxWork& work, const std::vector<std::string>& names) {
  json gallery = json::array();
  if (work.augment == BoxAugmentForm{}) return gallery;
  const BoxMaker maker(train, work);
  for (std::size_t i = 0; i < std::min(kShownInputs, train.size()); ++i) {
    const auto row = static_cast<std::int64_t>(i * train.size() / std::min(kShownInputs, train.size()));
    json one = {{"name", train.samples[static_cast<std::size_t>(row)].name}, {"images", json::array()}};
    try {
      for (std::int64_t view = 0; view < kShownViews; ++view) {
        auto input = maker.input(row, view);
        for (const auto& box : input.boxes) draw_box(input.picture, box.rect, label_colour(box.label), names[static_cast<std::size_t>(box.label)]);
        one["images"].push_back(thumbnail_uri(input.picture.view(), kSide));
      }
    } catch (const Error&) {  // it went bad or away since
      continue;
    }
    gallery.push_back(one);
  }
  return gallery;
}

}  // namespace strop
