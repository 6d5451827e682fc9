// Pictures, and one label each.
#include <ATen/Parallel.h>
#include <torch/types.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/text.h"
#include "data/augment_plan.h"
#include "data/image_data.h"
#include "image/draw.h"
#include "image/encode.h"
#include "train/tasks/classification.h"
#include "train/tasks/image_source.h"
#include "train/tasks/picture_gallery.h"
#include "train/tasks/picture_inspect.h"
#include "train/tasks/picture_keys.h"
#include "train/tasks/pictures.h"
#include "train/tasks/preprocessor_config.h"
#include "train/tasks/tasks.h"

namespace strop {
namespace {

using json = nlohmann::ordered_json;

const Pictures& pictures_of(const TaskSplit& split) { return dynamic_cast<const Pictures&>(split); }

class ImageClassification : public Classification {
 public:
  std::string name() const override { return kImageClassification; }
  bool claims(const std::string& data) const override { return looks_like_image_data(data); }

  void settle(Options& options) const override {
    const auto plan = parse_augment(options.augment);
    for (const auto& word : plan.pictures) {
      if (word != "mosaic" && word != "copy") continue;
      fail(ErrorKind::usage, "augment: {} is for pictures with boxes; labelled ones take mixup and cutmix", word);
    }
    if (options.multi_scale > 0) {
      fail(ErrorKind::usage, "multi_scale: is for pictures with boxes; labelled ones take progressive_resizing");
    }
    if (!plan.operations.empty() || plan.rdrop) {
      fail(ErrorKind::usage,
           "augment: aeda, swap, delete and rdrop are for texts; pictures take none, light, medium, strong, crop, "
           "flip, vertical_flip, jitter, affine, randaugment, trivialaugment, rand-*, erasing, mixup and cutmix");
    }
    if (options.progressive_resizing > 0) settle_progressive(options);
    if (!options.augment.empty()) return;
    // A head alone is solved on features, where each view costs a pass through the whole network.
    options.augment = {tunes_head_alone(options) || options.method == "auto" ? "none" : "light"};
  }

  TaskData load(const Options& options) const override {
    auto data = load_image_data(options, reading(options));
    TaskData result;
    result.train = std::make_unique<Pictures>(std::move(data.train), decode_options(options));
    if (!data.validation.empty())
      result.validation = std::make_unique<Pictures>(std::move(data.validation), decode_options(options));
    if (!data.test.empty()) result.test = std::make_unique<Pictures>(std::move(data.test), decode_options(options));
    result.groups = std::move(data.groups);
    result.label_names = std::move(data.label_names);
    result.notes = std::move(data.notes);
    for (const auto& one : data.skipped) result.skipped.push_back(one.reason);
    return result;
  }

  std::unique_ptr<TaskSplit> load_evaluation(const Options& options, const Opened& opened,
                                             std::vector<std::string>& notes) const override {
    std::vector<SkippedPicture> skipped;
    auto split = load_evaluation_pictures(options, opened.model->label_names, reading(options), skipped, notes);
    for (const auto& one : skipped) notes.push_back("skipped: " + one.reason);
    return std::make_unique<Pictures>(std::move(split), decode_options(options));
  }

  std::unique_ptr<TaskSplit> load_prediction(const Options& options, const Opened&) const override {
    std::vector<SkippedPicture> skipped;
    auto how = reading(options);
    how.check = how.strict;  // else each file keeps its line, and a damaged one says so there
    auto split = load_prediction_pictures(options.data, options, how, skipped);
    for (const auto& one : skipped) log_warning("skipped: {}", one.reason);
    return std::make_unique<Pictures>(std::move(split), decode_options(options));
  }

  void open_inputs(Opened& opened, const Options& options) const override {
    if (!opened.model->input_form) {
      fail(ErrorKind::internal, "{}: the {} family says nothing of its input form", opened.base_name,
           opened.model->family());
    }
    auto& form = *opened.model->input_form;
    if (opened.record) form = form_of_record(opened.record->input, form);
    form = with_keys(form, options);
    if (const auto least = opened.model->least_side; std::min(form.width, form.height) < least) {
      fail(ErrorKind::usage,
           "image_size: found {} x {} pixels, expected sides of {} or more: from less, the patches and strides of {} "
           "leave nothing",
           form.width, form.height, least, opened.base_name);
    }
  }

  InputRecord input_record(const Opened& opened, const Options& options) const override {
    InputRecord record;
    if (options.columns.count("label") != 0) record.label_column = options.columns.at("label");
    write_form(*opened.model->input_form, record);
    return record;
  }

  void save_inputs(const std::filesystem::path& folder, const Opened& opened) const override {
    write_preprocessor(folder, opened.base_folder, *opened.model->input_form);
    if (const auto warning = unread_elsewhere(*opened.model->input_form); !warning.empty()) log_warning("{}", warning);
  }

  std::string describe_inputs(const Opened& opened) const override { return describe(*opened.model->input_form); }

  std::vector<std::string> doubts(const Opened& opened, const Options& options, const TaskData& data) const override {
    return doubts_about_form(opened, options, pictures_of(*data.train).split());
  }

  void add_facts(PlanFacts& facts, const Opened& opened, const TaskSplit& rows, BatchSource& train,
                 const Options& options) const override {
    add_picture_facts(facts, opened, rows, train, options);
  }

  json gallery(const Opened& opened, const TaskData& data, const Options& options, const TaskSplit& split,
               const Measured& measured) const override {
    return {{"mistakes", gallery_of_mistakes(split, measured.predictions)},
            {"augmented", gallery_of_views(pictures_of(*data.train).split(), *opened.model->input_form, options)}};
  }

  json inspect_data(const Options& options, const InspectOptions& what, std::string& text) const override {
    return inspect_pictures(options, what, reading(options), text);
  }

 protected:
  json row_keys(const TaskSplit& split, std::size_t row) const override { return {{"file", split.text_of(row)}}; }
  // options.draw: the picture with its label, as NUMBER-NAME.jpg.
  void answered(const TaskSplit& split, std::size_t row, const std::string& label, double score,
                const Options& options) const override {
    if (options.draw.empty()) return;
    const auto& sample = pictures_of(split).split().samples[row];
    HeldBytes held;
    Picture picture = decode_source(source_of(sample, held), decode_options(options));
    draw_label(picture, fmt::format("{} {:.0f}%", label, 100 * score));
    const auto name =
        fmt::format("{:06}-{}.jpg", row, excerpt(std::filesystem::path(sample.name).stem().string(), 120));
    write_file_atomic(std::filesystem::path(options.draw) / name, encode_jpeg(picture.view(), 90));
  }

 private:
  // Its sizes follow the epochs: what keeps features, or knows no number of epochs, has no use for it.
  static void settle_progressive(Options& options) {
    if (tunes_head_alone(options) || options.method == "auto" || options.lp_ft || options.head_init == "closed_form") {
      fail(ErrorKind::usage,
           "progressive_resizing: a solved head reads features of one size; use it with gradient steps alone");
    }
    if (options.cache == "ram" || options.cache == "disk") {
      fail(ErrorKind::usage, "progressive_resizing: cache={} would keep features of pictures that grow; use cache=none",
           options.cache);
    }
    if (!options.time.empty())
      fail(ErrorKind::usage, "progressive_resizing: say num_train_epochs or max_steps in place of time");
    options.cache = "none";
  }
  static ImageReading reading(const Options& options) {
    return {
        .strict = options.strict, .check = true, .threads = at::get_num_threads(), .decode = decode_options(options)};
  }
};

}  // namespace

const Task& image_classification() {
  static const ImageClassification task;
  return task;
}

}  // namespace strop
