#include "train/tasks/boxes.h"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/text.h"
#include "data/augment_plan.h"
#include "planner/stage_length.h"
#include "train/evaluate.h"
#include "train/tasks/box_source.h"
#include "train/tasks/picture_gallery.h"
#include "train/tasks/picture_keys.h"

namespace strop {
namespace {

// The share of the epochs, at the end, in which no pictures are joined.
constexpr double kUnmixedShare = 0.15;
// Of the words of augment for pictures, those that boxes follow.
const std::vector<std::string>& box_words() {
  static const std::vector<std::string> words = {"none",   "light",  "medium", "strong", "flip",
                                                 "jitter", "affine", "mosaic", "crop",   "copy"};
  return words;
}

}  // namespace

std::int64_t unmixed_from(double epochs) {
  const auto share = std::llround(std::ceil((1 - kUnmixedShare) * epochs)), all = std::llround(std::ceil(epochs));
  return all > 1 ? std::min(share, all - 1) : share;
}

Boxes::Boxes(BoxSplit split, const DecodeOptions& decode) : split_(std::move(split)), decode_(decode) {
  for (const auto& sample : split_.samples) labels_.push_back(sample.boxes.empty() ? -1 : sample.boxes.front().label);
}

std::vector<std::int64_t> Boxes::class_counts(std::size_t classes) const {
  std::vector<std::int64_t> counts(classes);
  for (const auto& sample : split_.samples) {
    for (const auto& box : sample.boxes) counts[static_cast<std::size_t>(box.label)] += box.crowd ? 0 : 1;
  }
  return counts;
}

std::unique_ptr<BatchSource> Boxes::source(const Opened& opened, const Options& options, bool training) const {
  BoxWork work;
  if (!training) {
    work.form = *opened.model->input_form;
    work.decode = decode_options(options);
  } else {
    const auto& model = *opened.model;
    if (options.multi_scale > 0 && model.one_size) {
      fail(ErrorKind::usage, "multi_scale: {} ({}) takes pictures of one size alone; leave it out", opened.base_name,
           model.family());
    }
    work = training_work(*model.input_form, model.detector->stride(), options);
    if (options.time.empty() || options.max_steps > 0)
      work.mixing_ends = unmixed_from(epochs_of(options, static_cast<double>(split_.size())));
  }
  return std::make_unique<BoxSource>(split_, work, std::max<std::int64_t>(1, options.views), at::get_num_threads(),
                                     options.strict, pictures_at_once(opened.model->picture_tokens));
}

std::string Boxes::thumbnail_of(std::size_t row) const {
  try {
    HeldBytes held;
    return thumbnail_uri(decode_source(source_of(split_.samples[row], held), decode_).view());
  } catch (const Error&) {  // it went bad or away since: the page says its name
    return "";
  }
}

BoxAugmentForm box_augment_form(const Options& options) {
  const auto plan = parse_augment(options.augment);
  const bool known =
      std::ranges::all_of(plan.pictures, [](const auto& word) { return std::ranges::count(box_words(), word) > 0; });
  if (!known || !plan.operations.empty() || plan.rdrop || plan.cutmix) {
    fail(ErrorKind::usage, "augment: found '{}'; pictures with boxes take {} and mixup", join(options.augment, ","),
         join(box_words(), ", "));
  }
  BoxAugmentForm form;
  for (const auto& word : plan.pictures) {
    if (word == "none" || word == "light" || word == "medium" || word == "strong") form = box_augment_level(word);
  }
  for (const auto& word : plan.pictures) {
    if (word == "flip") form.flip = 0.5;
    else if (word == "jitter") form.jitter = {0.4, 0.4, 0.7, 0.015};
    else if (word == "affine") form.affine = {10, 0, 1, 1, 2};
    else if (word == "mosaic") form.mosaic = 1;
    else if (word == "crop") form.crop = 0.5;
    else if (word == "copy") form.copy = 0.5;
  }
  if (plan.mixup) form.mixup = std::max(form.mixup, 0.15);
  return form;
}

BoxWork training_work(const InputForm& form, std::int64_t stride, const Options& options) {
  BoxWork work;
  work.form = form;
  work.augment = box_augment_form(options);
  work.decode = decode_options(options);
  work.seed = static_cast<std::uint64_t>(options.seed);
  if (options.multi_scale > 0) work.sides = InputSides(form, options.multi_scale, stride, work.seed);
  return work;
}

void settle_multi_scale(Options& options) {
  if (options.multi_scale == 0) return;
  const bool keeps = options.cache == "ram" || options.cache == "disk";
  // Methods that leave all below a head or a branch frozen.
  const bool would_keep =
      options.cache == "auto" && (tunes_head_alone(options) || labels_of_method(options) == Labels::model_and_data);
  if (keeps || would_keep) {
    fail(ErrorKind::usage,
         "multi_scale: {} keeps what frozen layers make of pictures of one size; use cache=none, or multi_scale=0",
         keeps ? "cache=" + options.cache : "method=" + options.method);
  }
  options.cache = "none";
}

BoxAnswers find_boxes(const Model& model, const BoxSplit& split, BatchSource& source, torch::ScalarType precision,
                      std::int64_t batch_size, const DecodeSettings& settings, bool stops) {
  torch::NoGradGuard no_grad;
  const auto batches = batches_in_order(source.size(), std::min(batch_size, source.rows_at_once()));
  source.prefetch(batches, 0);
  Pass pass;
  pass.precision = precision;
  BoxAnswers all;
  for (const auto& samples : batches) {
    if (stops) throw_if_interrupted();
    State state = source.make(samples, 0);
    model.forward(state, pass, source.first_block(), model.size());
    for (auto& found : model.detector->decode(state, settings)) {
      const auto row = all.found.size();
      const auto& sample = split.samples[row];
      if (source.labels()[row] < 0) {
        all.unmade.push_back(row);
        found.clear();
      }
      const auto place = placement_of(sample.width, sample.height, *model.input_form);
      for (auto& box : found) box.rect = place.to_picture(box.rect, sample.width, sample.height);
      std::erase_if(found, [](const FoundBox& box) { return box.rect.area() <= 0; });  // in the margin
      all.found.push_back(std::move(found));
    }
  }
  return all;
}

namespace {

// Those that were made, in the order of the image ids.
std::vector<JudgedPicture> judged(const BoxSplit& split, const BoxAnswers& answers) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < split.size(); ++i) {
    if (!std::ranges::binary_search(answers.unmade, i)) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return split.samples[a].image_id < split.samples[b].image_id; });
  std::vector<JudgedPicture> pictures;
  for (const auto row : order) pictures.push_back({split.samples[row].boxes, answers.found[row]});
  return pictures;
}

}  // namespace

BoxMetrics measure_boxes(const BoxSplit& split, const BoxAnswers& answers, const std::vector<std::string>& names) {
  return box_metrics(judged(split, answers), names);
}

BoxMetrics measure_boxes_fully(const Model& model, const BoxSplit& split, const BoxAnswers& answers) {
  const auto pictures = judged(split, answers);
  auto metrics = box_metrics(pictures, model.label_names);
  metrics.confusion = box_confusion(pictures, model.label_names.size());
  if (const auto known = known_labels(model); !known.empty()) {
    metrics.added = added_classes(metrics, known, model.detector->groups().back());
  }
  return metrics;
}

std::vector<std::int32_t> known_labels(const Model& model) {
  std::vector<std::int32_t> labels;
  const auto groups = model.detector->groups();
  for (std::size_t i = 0; i + 1 < groups.size(); ++i) labels.insert(labels.end(), groups[i].begin(), groups[i].end());
  return labels;
}

}  // namespace strop
