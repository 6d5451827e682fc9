#include "train/tasks/box_inspect.h"

#include <algorithm>

#include "core/files.h"
#include "core/text.h"
#include "data/boxes/write_boxes.h"

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
  return {{"name", name}, {"origin", split.origin}, {"pictures", split.size()}, {"boxes", boxes}, {"by_class", by_class},
          {"small", small}, {"medium", medium}, {"large", boxes - small - medium}};
}

}  // namespace

json inspect_boxes(const Options& options, const InspectOptions& what, const ImageReading& reading, std::string& text) {
  const auto format = what.write.empty() ? BoxFormat::none : box_format_named(what.format);
  if (format != BoxFormat::none) check_new_folder(what.write);
  const auto data = load_box_data(options, reading);
  json part = {{"label_names", data.label_names}, {"splits", json::array()}, {"notes", data.notes}, {"skipped", json::array()}};
  text += fmt::format("data    {}\nlabels  {}\n", options.data, excerpt(join(data.label_names, ", "), 200));
  for (const auto& [name, split] : {std::pair{"train", &data.train}, {"validation", &data.validation}, {"test", &data.test}}) {
    if (!split->empty()) part["splits"].push_back(split_part(name, *split, data.label_names, text));
  }
  for (const auto& note : data.notes) text += "note    " + note + "\n";
  for (const auto& one : data.skipped) part["skipped"].push_back({{"name", one.name}, {"reason", one.reason}});
  if (format == BoxFormat::none) return part;
  const auto written = write_box_data(data, format, what.write);
  text += fmt::format("written {} ({}): {} pictures, {} boxes\n", what.write, what.format, written.pictures, written.boxes);
  for (const auto& note : written.notes) text += "note    " + note + "\n";
  part["written"] = {{"folder", what.write}, {"format", what.format}, {"pictures", written.pictures}, {"boxes", written.boxes}, {"notes", written.notes}};
  return part;
}

}  // namespace strop
