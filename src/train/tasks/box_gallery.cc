#include "train/tasks/box_gallery.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "image/draw.h"
#include "train/tasks/contact_sheet.h"
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

// Most of it lies in a crowd of its class.
bool is_of_a_crowd(const FoundBox& box, const std::vector<TrueBox>& truths) {
  return std::ranges::any_of(truths, [&](const TrueBox& truth) {
    return truth.crowd && truth.label == box.label && intersection(truth.rect, box.rect) >= kMeets * box.rect.area();
  });
}

// Greedy by score, each true box once. What is found in a crowd is neither right nor wrong.
Mistakes mistakes_of(const std::vector<TrueBox>& truths, const std::vector<FoundBox>& found) {
  Mistakes result;
  std::vector<char> met(truths.size(), 0);
  for (const auto& box : found) {
    if (box.score < kDrawnScore) continue;
    std::size_t best = truths.size();
    double most = kMeets;
    for (std::size_t i = 0; i < truths.size(); ++i) {
      const double iou = intersection_over_union(truths[i].rect, box.rect);
      if (met[i] != 0 || truths[i].crowd || truths[i].label != box.label || iou < most) continue;
      most = iou;
      best = i;
    }
    if (best < truths.size()) met[best] = 1;
    else if (!is_of_a_crowd(box, truths)) ++result.false_alarms;
  }
  for (std::size_t i = 0; i < truths.size(); ++i) result.missed += met[i] == 0 && !truths[i].crowd ? 1 : 0;
  return result;
}

}  // namespace

void draw_boxes(Picture& picture, const std::vector<TrueBox>& truths, const std::vector<FoundBox>& found,
                const std::vector<std::string>& names, double least_score) {
  for (const auto& box : truths) draw_box(picture, box.rect, {255, 255, 255}, "");
  for (const auto& box : found) {
    if (box.score < least_score) continue;
    draw_box(picture, box.rect, label_colour(box.label),
             fmt::format("{} {:.0f}", names[static_cast<std::size_t>(box.label)], 100 * box.score));
  }
}

json gallery_of_boxes(const BoxSplit& split, const BoxAnswers& answers, const std::vector<std::string>& names,
                      const DecodeOptions& decode) {
  std::vector<Mistakes> mistakes;
  std::vector<std::size_t> order;
  for (std::size_t row = 0; row < split.size(); ++row) {
    mistakes.push_back(mistakes_of(split.samples[row].boxes, answers.found[row]));
    if (!std::ranges::binary_search(answers.unmade, row)) order.push_back(row);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return mistakes[a].all() > mistakes[b].all(); });
  json gallery = json::array();
  for (std::size_t i = 0; i < std::min(kShownPictures, order.size()); ++i) {
    const auto& sample = split.samples[order[i]];
    try {
      HeldBytes held;
      Picture picture = decode_source(source_of(sample, held), decode);
      draw_boxes(picture, sample.boxes, answers.found[order[i]], names);
      gallery.push_back({{"name", sample.name},
                         {"image", thumbnail_uri(picture.view(), kSide)},
                         {"missed", mistakes[order[i]].missed},
                         {"false_alarms", mistakes[order[i]].false_alarms}});
    } catch (const Error&) {  // it went bad or away since
    }
  }
  return gallery;
}

std::vector<BoxViews> box_views(const BoxSplit& train, BoxWork work, const std::vector<std::string>& names,
                                std::size_t samples, std::int64_t views, int side) {
  const auto drawn = [&](const BoxedPicture& input) {
    Picture small = at_most(input.picture.view(), side);
    const double scale = static_cast<double>(small.width()) / input.picture.width();
    for (const auto& box : input.boxes) {
      draw_box(small, {box.rect.x * scale, box.rect.y * scale, box.rect.width * scale, box.rect.height * scale},
               label_colour(box.label), names[static_cast<std::size_t>(box.label)]);
    }
    return small;
  };
  if (work.augment.copy > 0) work.copies = std::make_shared<CopySources>(train);
  BoxWork plain = work;
  plain.augment = {};
  const BoxMaker as_it_is(train, plain);
  std::vector<BoxViews> all;
  samples = std::min(samples, train.size());
  for (std::size_t i = 0; i < samples; ++i) {
    const auto row = i * train.size() / samples;
    BoxViews one{train.samples[row].name, {}};
    try {
      one.pictures.push_back(drawn(as_it_is.input(static_cast<std::int64_t>(row), 0)));
      for (std::int64_t view = 0; view < views; ++view) {
        if (work.sides.vary()) work.form.width = work.form.height = work.sides.at(view * InputSides::kSteps);
        one.pictures.push_back(drawn(BoxMaker(train, work).input(static_cast<std::int64_t>(row), view)));
      }
    } catch (const Error&) {  // it went bad or away since
      continue;
    }
    all.push_back(std::move(one));
  }
  return all;
}

json gallery_of_inputs(const BoxSplit& train, const BoxWork& work, const std::vector<std::string>& names) {
  json gallery = json::array();
  if (work.augment == BoxAugmentForm{} && !work.sides.vary()) return gallery;
  for (const auto& one : box_views(train, work, names, kShownInputs, kShownViews, kSide)) {
    json images = json::array();
    for (const auto& picture : one.pictures) images.push_back(thumbnail_uri(picture.view(), kSide));
    gallery.push_back({{"name", one.name}, {"images", images}});
  }
  return gallery;
}

}  // namespace strop
