// Pictures, and boxes on them.
#include <ATen/Parallel.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/text.h"
#include "data/boxes/category_ids.h"
#include "image/draw.h"
#include "image/encode.h"
#include "planner/stage_length.h"
#include "train/tasks/box_gallery.h"
#include "train/tasks/box_inspect.h"
#include "train/tasks/box_source.h"
#include "train/tasks/boxes.h"
#include "train/tasks/join_boxes.h"
#include "train/tasks/picture_gallery.h"
#include "train/tasks/picture_keys.h"
#include "train/tasks/pictures.h"
#include "train/tasks/preprocessor_config.h"
#include "train/tasks/tasks.h"
#include "train/write_files.h"

namespace strop {
namespace {

using json = nlohmann::ordered_json;

const BoxSplit& boxes_of(const TaskSplit& split) { return dynamic_cast<const Boxes&>(split).split(); }

DecodeSettings decode_settings(const Options& options) {
  return {
      .least_score = options.conf, .nms_iou = options.nms_iou, .max_det = options.max_det, .best_class_only = false};
}

ImageReading reading_of(const Options& options) {
  return {.strict = options.strict, .check = true, .threads = at::get_num_threads(), .decode = decode_options(options)};
}

// The classes that the method keeps: those of the model, which has to name them.
std::vector<std::string> kept_labels(const Options& options) {
  if (labels_of_method(options) == Labels::data) return {};
  auto labels = labels_of_base(options.model, options.revision);
  if (labels.empty()) {
    fail(ErrorKind::model,
         "{}: method {} keeps the classes of a detector, and this model names none; put a list of them beside it "
         "(coco.names, one a line)",
         options.model, options.method);
  }
  return labels;
}

class ObjectDetection : public Task {
 public:
  std::string name() const override { return kObjectDetection; }
  bool claims(const std::string& data) const override { return looks_like_box_data(data); }
  bool reads_data_of(const Task& other) const override { return other.name() == kImageClassification; }

  void settle(Options& options) const override {
    box_augment_form(options);  // refuses what it does not know
    if (options.progressive_resizing > 0) {
      fail(ErrorKind::usage, "progressive_resizing: is for labelled pictures; those with boxes take multi_scale");
    }
    if (options.method == "auto") options.method = "full";
    for (const auto& [asked, key] :
         {std::pair{options.lp_ft, "lp_ft=true"}, {options.head_init == "closed_form", "head_init=closed_form"}}) {
      if (!asked) continue;
      fail(ErrorKind::usage,
           "{}: a head that finds boxes can't be solved in closed form; leave it out, or train the head by a run of "
           "its own (method=head) and give its folder as --model",
           key);
    }
    if (options.method == "head") options.head_solver = "sgd";  // boxes have no closed form
    if (options.augment.empty()) options.augment = {"light"};
    settle_multi_scale(options);
    if (options.class_weights != "none")
      fail(ErrorKind::usage, "class_weights: boxes are not weighted by class; leave it out");
    if (options.train_sampling_strategy == "balanced")
      fail(ErrorKind::usage, "train_sampling_strategy: balanced is for one label a sample; a picture holds many boxes");
    if (options.fit == "crop") fail(ErrorKind::usage, "fit: crop would cut boxes off; expected letterbox or squash");
  }

  // Convolutions that begin anew find nothing at first: on 205 pictures of blood cells AP50 of an added class was 3 %
  // after 84 steps and 68 % after 420.
  std::vector<std::string> doubts(const Opened& opened, const Options& options, const TaskData& data) const override {
    constexpr double kFewSteps = 200;
    std::vector<std::string> lines;
    if (data.known > 0 && data.label_names.front() == "LABEL_0") {
      lines.push_back(
          fmt::format("{}: its {} classes have no names, and keep LABEL_0 and so on; a list of them beside the weights "
                      "(coco.names, one a line) names them",
                      opened.base_name, data.known));
    }
    if (labels_of_method(options) != Labels::model_and_data || !options.time.empty()) return lines;
    const auto rows = static_cast<double>(data.train->size());
    const double an_epoch = steps_an_epoch(options, rows), steps = epochs_of(options, rows) * an_epoch;
    if (steps >= kFewSteps) return lines;
    lines.push_back(
        fmt::format("{:.0f} steps are few for classes that begin anew; num_train_epochs={:.0f} makes some hundred",
                    steps, std::ceil(2 * kFewSteps / an_epoch)));
    return lines;
  }

  TaskData load(const Options& options) const override {
    const auto kept = kept_labels(options);
    auto data = load_box_data(options, reading_of(options), kept);
    if (labels_of_method(options) == Labels::model && data.label_names.size() > kept.size()) {
      fail(ErrorKind::usage, "{}: the model has no class '{}', and method {} adds none; use method=incremental",
           options.data, data.label_names[kept.size()], options.method);
    }
    TaskData result;
    result.label_names = data.label_names;
    result.category_ids = std::move(data.category_ids);
    result.known = kept.size();
    result.added_ids = std::move(data.added_ids);
    result.train = std::make_unique<Boxes>(std::move(data.train), decode_options(options));
    if (!data.validation.empty())
      result.validation = std::make_unique<Boxes>(std::move(data.validation), decode_options(options));
    if (!data.test.empty()) result.test = std::make_unique<Boxes>(std::move(data.test), decode_options(options));
    result.notes = std::move(data.notes);
    for (const auto& one : data.skipped) result.skipped.push_back(one.reason);
    return result;
  }

  std::vector<std::string> complete(TaskData& data, const Opened& opened, const Options& options) const override {
    if (labels_of_method(options) == Labels::model_and_data) {
      std::vector<std::string> notes;
      data.category_ids =
          ids_with_added(opened.model->category_ids, data.label_names, data.known, data.added_ids, notes);
      return notes;
    }
    if (labels_of_method(options) != Labels::model) return {};
    auto train = boxes_of(*data.train);
    auto notes = join_boxes(train, opened, options, reading_of(options), data.skipped);
    data.train = std::make_unique<Boxes>(std::move(train), decode_options(options));
    return notes;
  }

  std::unique_ptr<TaskSplit> load_evaluation(const Options& options, const Opened& opened,
                                             std::vector<std::string>& notes) const override {
    std::vector<SkippedPicture> skipped;
    auto split = load_evaluation_boxes(options, opened.model->label_names, reading_of(options), skipped, notes);
    for (const auto& one : skipped) notes.push_back("skipped: " + one.reason);
    return std::make_unique<Boxes>(std::move(split), decode_options(options));
  }

  std::unique_ptr<TaskSplit> load_prediction(const Options& options, const Opened&) const override {
    std::vector<SkippedPicture> skipped;
    const auto say = [&] {
      for (const auto& one : skipped) log_warning("skipped: {}", one.reason);
    };
    if (looks_like_box_data(options.data)) {
      std::vector<std::string> notes;
      auto split = load_evaluation_boxes(options, {}, reading_of(options), skipped, notes);
      for (const auto& note : notes) log_info("data: {}", note);
      say();
      return std::make_unique<Boxes>(std::move(split), decode_options(options));
    }
    const auto pictures = load_prediction_pictures(options.data, options, reading_of(options), skipped);
    say();
    BoxSplit split{pictures.origin, {}};
    for (const auto& picture : pictures.samples) {
      HeldBytes held;
      const auto source = source_of(picture, held);
      const auto info = probe_picture(source.bytes, source.name, decode_options(options));
      split.samples.push_back(
          {picture.name, picture.bytes, info.width, info.height, static_cast<std::int64_t>(split.size()) + 1, {}});
    }
    return std::make_unique<Boxes>(std::move(split), decode_options(options));
  }

  void open_inputs(Opened& opened, const Options& options) const override {
    auto& form = *opened.model->input_form;
    if (opened.record) form = form_of_record(opened.record->input, form);
    form = with_keys(form, options);
  }
  InputRecord input_record(const Opened& opened, const Options&) const override {
    InputRecord record;
    write_form(*opened.model->input_form, record);
    return record;
  }
  void save_inputs(const std::filesystem::path& folder, const Opened& opened) const override {
    write_preprocessor(folder, opened.base_folder, *opened.model->input_form);
  }
  std::string describe_inputs(const Opened& opened) const override { return describe(*opened.model->input_form); }
  void add_facts(PlanFacts& facts, const Opened& opened, const TaskSplit& rows, BatchSource& train,
                 const Options& options) const override {
    add_picture_facts(facts, opened, rows, train, options);
    const auto& sides = dynamic_cast<const BoxSource&>(train).sides();
    facts.largest_input = sides.largest_area();
    facts.mean_input = sides.mean_area();
    facts.input_bytes *= facts.largest_input;
  }

  std::string headline() const override { return "map"; }
  std::vector<std::string> figures() const override { return {"map", "map_50"}; }
  Evaluation evaluate(const Opened& opened, const TaskSplit& split, BatchSource& source, torch::ScalarType precision,
                      const Options& options) const override {
    const auto& boxes = boxes_of(split);
    const auto answers = find_boxes(*opened.model, boxes, source, precision, options.per_device_eval_batch_size,
                                    decode_settings(options), false);
    const auto metrics = measure_boxes(boxes, answers, opened.model->label_names);
    return {{"map", metrics.map}, {"map_50", metrics.map_50}};
  }

  Measured measure(const Opened& opened, const TaskSplit& split, const Options& options) const override {
    auto answers = found_on(opened, split, options);
    auto metrics = measure_boxes_fully(*opened.model, boxes_of(split), answers);
    return {std::move(metrics), {}, std::move(answers.found), std::move(answers.unmade)};
  }

  std::optional<KnownBefore> measure_known(const Opened& opened, const TaskSplit& split,
                                           const Options& options) const override {
    const auto known = known_labels(*opened.model);
    if (known.empty()) return std::nullopt;
    auto answers = found_on(opened, split, options);
    KnownBefore before{known, {}, {}};
    const auto is_known = [&](const TrueBox& box) {
      return !box.crowd && std::find(known.begin(), known.end(), box.label) != known.end();
    };
    const auto& samples = boxes_of(split).samples;
    if (std::any_of(samples.begin(), samples.end(),
                    [&](const BoxSample& one) { return std::ranges::any_of(one.boxes, is_known); })) {
      before.ap = added_classes(measure_boxes(boxes_of(split), answers, opened.model->label_names), known, {}).base;
    }
    before.found = std::move(answers.found);
    return before;
  }

  // One COCO results array: category ids of the pictures' file, else of the model's, xywh in pixels of the picture,
  // falling scores on each picture.
  void predict(const Opened& opened, const TaskSplit& split, const Options& options, std::ostream& out) const override {
    const auto& boxes = boxes_of(split);
    const auto all = found_on(opened, split, options);
    const auto& names = opened.model->label_names;
    const auto ids = ids_in_file(opened.model->category_ids, names, boxes.category_ids);
    bool first = true;
    out << "[";
    for (std::size_t row = 0; row < boxes.size(); ++row) {
      const auto& sample = boxes.samples[row];
      for (const auto& box : all.found[row]) {
        const auto rect = stored_rect(box.rect, sample);
        const auto label = static_cast<std::size_t>(box.label);
        const auto rounded = [](double value) { return std::round(value * 1000) / 1000; };
        const json entry = {{"image_id", sample.image_id},
                            {"category_id", ids[label]},
                            {"bbox", {rounded(rect.x), rounded(rect.y), rounded(rect.width), rounded(rect.height)}},
                            {"score", box.score},
                            {"category_name", names[label]},
                            {"file", sample.name}};
        out << (first ? "\n" : ",\n") << json_text(entry, -1);
        first = false;
      }
      if (!options.draw.empty() && !std::ranges::binary_search(all.unmade, row))
        draw(sample, all.found[row], names, options, row);
    }
    out << "\n]\n";
  }

  json gallery(const Opened& opened, const TaskData& data, const Options& options, const TaskSplit& split,
               const Measured& measured) const override {
    const auto& model = *opened.model;
    const auto work = training_work(*model.input_form, model.detector->stride(), options);
    const auto& names = model.label_names;
    return {{"boxes", gallery_of_boxes(boxes_of(split), {measured.found, measured.unmade}, names, work.decode)},
            {"augmented", gallery_of_inputs(boxes_of(*data.train), work, names)}};
  }

  json inspect_data(const Options& options, const InspectOptions& what, std::string& text) const override {
    return inspect_boxes(options, what, reading_of(options), text);
  }
  bool writes_data() const override { return true; }

 private:
  static BoxAnswers found_on(const Opened& opened, const TaskSplit& split, const Options& options) {
    const auto source = split.source(opened, options, false);
    return find_boxes(*opened.model, boxes_of(split), *source, torch::kFloat, options.per_device_eval_batch_size,
                      decode_settings(options), true);
  }

  // options.draw: the picture with its boxes, as NUMBER-NAME.jpg.
  static void draw(const BoxSample& sample, const std::vector<FoundBox>& found, const std::vector<std::string>& names,
                   const Options& options, std::size_t row) {
    HeldBytes held;
    Picture picture = decode_source(source_of(sample, held), decode_options(options));
    draw_boxes(picture, {}, found, names, options.conf == Options().conf ? kDrawnScore : options.conf);
    const auto name =
        fmt::format("{:06}-{}.jpg", row, excerpt(std::filesystem::path(sample.name).stem().string(), 120));
    write_file_atomic(std::filesystem::path(options.draw) / name, encode_jpeg(picture.view(), 90));
  }
};

}  // namespace

const Task& object_detection() {
  static const ObjectDetection task;
  return task;
}

}  // namespace strop
