#include "train/tasks/box_inspect.h"

#include <algorithm>

#include "core/files.h"
#include "core/text.h"
#include "data/boxes/write_boxes.h"
#include "train/opened.h"
#include "train/tasks/box_gallery.h"
#include "train/tasks/boxes.h"
#include "train/tasks/contact_sheet.h"
#include "train/tasks/picture_keys.h"

namespace strop {
namespace {

using json = nlohmann::ordered_json;

json split_part(const char* name, const BoxSplit& split, const std::vector<std::string>& labels, std::string& text) {
  std::vector<std::int64_t> counts(labels.size());
  std::int64_t boxes = 0, small = 0, medium = 0;
  for (const auto& sample : split.samples) {
    for (const auto& box : sample.boxes) {
      ++boxes;
      ++counts[static_cast<std::size_t>(box.label)];
      small += box.area <= 32 * 32 ? 1 : 0;
      medium += box.area > 32 * 32 && box.area <= 96 * 96 ? 1 : 0;
    }
  }
  json by_class = json::object();
  std::vector<std::string> words;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    by_class[labels[i]] = counts[i];
    words.push_back(fmt::format("{} {}", labels[i], counts[i]));
  }
  text += fmt::format("{:<12}{:>8} pictures, {} boxes ({}); {} small, {} medium, {} large\n", name, split.size(), boxes,
                      excerpt(join(words, ", "), 400), small, medium, boxes - small - medium);
  return {{"name", name},     {"origin", split.origin},         {"pictures", split.size()},
          {"boxes", boxes},   {"by_class", by_class},           {"small", small},
          {"medium", medium}, {"large", boxes - small - medium}};
}

// As training makes inputs for the model, or for a usual detector where none is given.
BoxWork shown_work(const Options& options) {
  InputForm form{.width = 416, .height = 416, .fit = Fit::letterbox};
  std::int64_t stride = 32;
  if (options.model.empty()) {
    form = with_keys(form, options);
  } else {
    const auto opened = open_for_use(options);
    form = *opened.model->input_form;
    if (form.fit == Fit::crop) form.fit = Fit::letterbox;  // a classifier's, which a detector on it has not
    if (opened.model->detector) stride = opened.model->detector->stride();
  }
  return training_work(form, stride, options);
}

json show_augmented(const BoxData& data, Options options, std::int64_t samples, const std::filesystem::path& file,
                    std::string& text) {
  constexpr std::int64_t kSheetViews = 5;
  constexpr int kSheetTile = 256;
  if (options.augment.empty()) options.augment = {"medium"};
  const auto work = shown_work(options);
  std::vector<std::vector<Picture>> rows;
  const auto wanted = static_cast<std::size_t>(std::clamp<std::int64_t>(samples, 1, 100));
  for (auto& one : box_views(data.train, work, data.label_names, wanted, kSheetViews, kSheetTile))
    rows.push_back(std::move(one.pictures));
  write_sheet(rows, file, kSheetTile);
  auto changes = describe(work.augment);
  const auto& sides = work.sides.all();
  if (!sides.empty()) changes += fmt::format(", sides of {} to {} pixels", sides.front(), sides.back());
  const auto as = describe(work.form);
  text += fmt::format("\naugmented pictures ({}; {}), each row the picture and five inputs of it: {}\n", changes, as,
                      file.string());
  return {{"changes", changes}, {"input", as}};
}

}  // namespace

json inspect_boxes(const Options& options, const InspectOptions& what, const ImageReading& reading, std::string& text) {
  const auto format = what.write.empty() ? BoxFormat::none : box_format_named(what.format);
  if (format != BoxFormat::none) check_new_folder(what.write);
  const auto sheet = what.augment ? sheet_file(options.out) : std::filesystem::path();
  const auto data = load_box_data(options, reading);
  json part = {
      {"label_names", data.label_names}, {"splits", json::array()}, {"notes", data.notes}, {"skipped", json::array()}};
  text += fmt::format("data    {}\nlabels  {}\n", options.data, excerpt(join(data.label_names, ", "), 200));
  for (const auto& [name, split] :
       {std::pair{"train", &data.train}, {"validation", &data.validation}, {"test", &data.test}}) {
    if (!split->empty()) part["splits"].push_back(split_part(name, *split, data.label_names, text));
  }
  for (const auto& note : data.notes) text += "note    " + note + "\n";
  for (const auto& one : data.skipped) part["skipped"].push_back({{"name", one.name}, {"reason", one.reason}});
  if (what.augment) {
    part["augmented"] = show_augmented(data, options, what.samples, sheet, text);
    part["contact_sheet"] = sheet.string();
  }
  if (format == BoxFormat::none) return part;
  const auto written = write_box_data(data, format, what.write);
  text +=
      fmt::format("written {} ({}): {} pictures, {} boxes\n", what.write, what.format, written.pictures, written.boxes);
  for (const auto& note : written.notes) text += "note    " + note + "\n";
  part["written"] = {{"folder", what.write},
                     {"format", what.format},
                     {"pictures", written.pictures},
                     {"boxes", written.boxes},
                     {"notes", written.notes}};
  return part;
}

}  // namespace strop
