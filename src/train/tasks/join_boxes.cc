#include "train/tasks/join_boxes.h"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include <algorithm>

#include "core/error.h"
#include "core/text.h"
#include "train/tasks/box_source.h"
#include "train/tasks/boxes.h"
#include "train/tasks/picture_keys.h"

namespace strop {
namespace {

// Of a found box with a true one: they are of the same thing.
constexpr double kSameThing = 0.5;

std::string find_unlabelled(BoxSplit& split, const Opened& opened, const Options& options) {
  const auto& names = opened.model->label_names;
  std::vector<std::int32_t> missing;
  std::vector<std::string> missing_names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (std::ranges::find(split.labelled, names[i]) != split.labelled.end()) continue;
    missing.push_back(static_cast<std::int32_t>(i));
    missing_names.push_back(names[i]);
  }
  if (missing.empty()) return split.origin + ": labels all classes";
  const auto listed = excerpt(join(missing_names, ", "), 200);
  if (options.pseudo_labels == 0)
    return fmt::format("{}: does not label {}, and teaches that nothing of it is there (pseudo_labels=0)", split.origin,
                       listed);
  BoxWork work;
  work.form = *opened.model->input_form;
  work.decode = decode_options(options);
  BoxSource source(split, work, 1, at::get_num_threads(), options.strict,
                   pictures_at_once(opened.model->picture_tokens));
  const DecodeSettings settings = {
      .least_score = options.pseudo_labels, .nms_iou = options.nms_iou, .max_det = options.max_det};
  const auto answers =
      find_boxes(*opened.model, split, source, torch::kFloat, options.per_device_eval_batch_size, settings, true);
  std::int64_t count = 0;
  for (std::size_t row = 0; row < split.size(); ++row) {
    auto& boxes = split.samples[row].boxes;
    const auto labelled = boxes.size();
    for (const auto& box : answers.found[row]) {
      const auto same_thing = [&](const TrueBox& other) {
        return intersection_over_union(other.rect, box.rect) >= kSameThing;
      };
      if (std::ranges::find(missing, box.label) == missing.end() ||
          std::any_of(boxes.begin(), boxes.begin() + static_cast<std::ptrdiff_t>(labelled), same_thing))
        continue;
      boxes.push_back({box.rect, box.label, false, box.rect.area(), static_cast<std::int64_t>(boxes.size()) + 1});
      ++count;
    }
  }
  return fmt::format(
      "{}: does not label {}; {} boxes that the model finds of them (score {:.2g} and more) count as true",
      split.origin, listed, count, options.pseudo_labels);
}

}  // namespace

std::vector<std::string> join_boxes(BoxSplit& train, const Opened& opened, const Options& options,
                                    const ImageReading& reading, std::vector<std::string>& skipped) {
  std::vector<std::string> notes = {find_unlabelled(train, opened, options)};
  if (options.replay_data.empty()) return notes;
  Options before = options;
  before.data = options.replay_data;
  before.validation_file.clear();
  before.test_file.clear();
  before.val_size = 0;
  before.max_train_samples = options.replay_samples;
  auto replay = load_box_data(before, reading, opened.model->label_names);
  if (replay.label_names.size() > opened.model->label_names.size()) {
    fail(ErrorKind::data, "replay_data: {} has the class '{}', which the model lacks; expected pictures of {}",
         options.replay_data, replay.label_names[opened.model->label_names.size()],
         excerpt(join(opened.model->label_names, ", "), 200));
  }
  for (const auto& one : replay.skipped) skipped.push_back(one.reason);
  for (const auto& note : replay.notes) notes.push_back("replay_data: " + note);
  notes.push_back("replay_data: " + find_unlabelled(replay.train, opened, options));
  train.samples.insert(train.samples.end(), replay.train.samples.begin(), replay.train.samples.end());
  return notes;
}

}  // namespace strop
