// evaluate_predictions of strop/job.h: two files, no model.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <unordered_map>

#include "core/clock.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/text.h"
#include "data/boxes/coco_results.h"
#include "data/boxes/raw_boxes.h"
#include "eval/coco_ap.h"
#include "strop/job.h"

namespace strop {
namespace {

using Numbers = std::unordered_map<std::int64_t, std::size_t>;

// Boxes as the file has them: the pictures are not looked at, nothing is cut or dropped. Pictures come by their ids.
std::vector<JudgedPicture> true_boxes(const RawBoxes& raw, const std::string& file, Numbers& place_of_image) {
  std::unordered_map<std::string, std::int32_t> label_of;
  for (const auto& name : raw.labels) label_of.emplace(name, static_cast<std::int32_t>(label_of.size()));
  std::vector<std::size_t> order(raw.pictures.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return raw.pictures[a].image_id < raw.pictures[b].image_id; });
  std::vector<JudgedPicture> pictures;
  std::int64_t id = 0;
  for (const auto row : order) {
    const auto& picture = raw.pictures[row];
    place_of_image.emplace(picture.image_id.value(), pictures.size());
    auto& judged = pictures.emplace_back();
    for (const auto& box : picture.boxes) {
      judged.truths.push_back(
          {box.rect, label_of.at(box.label), box.crowd, box.area >= 0 ? box.area : box.rect.area(), ++id});
    }
  }
  if (id == 0) fail(ErrorKind::data, "{}: no annotations to hold the found boxes against", file);
  return pictures;
}

// A model may know more classes than the file tells of: what is found of those is neither right nor wrong.
void add_found(std::vector<JudgedPicture>& pictures, const std::vector<CocoResult>& results, const RawBoxes& raw,
               const Numbers& place_of_image, const std::string& file) {
  Numbers label_of;
  for (const auto id : raw.category_ids) label_of.emplace(id, label_of.size());
  std::set<std::int64_t> strangers;
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& one = results[i];
    const auto place = place_of_image.find(one.image_id);
    if (place == place_of_image.end()) {
      fail(ErrorKind::data, "{}: [{}]: image_id {} is none of the pictures of {}; are the two files of the same data?",
           file, i, one.image_id, raw.origin);
    }
    const auto label = label_of.find(one.category_id);
    if (label == label_of.end()) {
      strangers.insert(one.category_id);
      ++left_out;
      continue;
    }
    pictures[place->second].found.push_back({one.rect, static_cast<std::int32_t>(label->second), one.score});
  }
  if (left_out == 0) return;
  const auto found = excerpt(join_numbers(std::vector<std::int64_t>(strangers.begin(), strangers.end())), 200),
             known = excerpt(join_numbers(raw.category_ids), 200);
  if (left_out == results.size()) {
    fail(ErrorKind::data, "{}: its category ids ({}) are none of {} ({}); are the two files of the same data?", file,
         found, raw.origin, known);
  }
  log_warning("{}: {} of {} boxes are of categories ({}) that {} does not have ({}); they are left out", file, left_out,
              results.size(), found, raw.origin, known);
}

}  // namespace

std::string evaluate_predictions(const std::string& predictions, const Options& options) {
  const Stopwatch watch;
  if (!std::filesystem::is_regular_file(options.data)) {
    fail(ErrorKind::data, "data: '{}' is no file; found boxes are held against COCO's JSON file of annotations",
         options.data);
  }
  const auto raw = parse_coco(read_file(options.data, ErrorKind::data), options.data);
  const auto results = parse_coco_results(read_file(predictions, ErrorKind::data), predictions);
  Numbers place_of_image;
  auto pictures = true_boxes(raw, options.data, place_of_image);
  add_found(pictures, results, raw, place_of_image, predictions);
  auto metrics = box_metrics(pictures, raw.labels);
  metrics.confusion = box_confusion(pictures, raw.labels.size());
  auto figures = nlohmann::ordered_json::parse(metrics_json(metrics, "eval"));
  figures["eval_seconds"] = watch.seconds();
  const auto text = figures.dump(2);
  if (!options.out.empty()) write_file_atomic(std::filesystem::path(options.out) / "eval_results.json", text + "\n");
  return text;
}

}  // namespace strop
