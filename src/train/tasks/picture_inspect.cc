#include "train/tasks/picture_inspect.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"
#include "data/augment_plan.h"
#include "train/opened.h"
#include "train/tasks/contact_sheet.h"
#include "train/tasks/picture_gallery.h"
#include "train/tasks/picture_keys.h"

namespace strop {
namespace fs = std::filesystem;
namespace {

using json = nlohmann::ordered_json;

struct Sizes {
  int least_width = 0, least_height = 0, most_width = 0, most_height = 0;
};

// Of the first thousand pictures, by their headers.
Sizes sizes_of(const ImageSplit& split, const DecodeOptions& decode) {
  Sizes sizes;
  for (std::size_t i = 0; i < std::min<std::size_t>(1000, split.size()); ++i) {
    const auto& sample = split.samples[i];
    PictureInfo info;
    info.width = sample.raw_width;
    info.height = sample.raw_height;
    try {
      HeldBytes held;
      const auto source = source_of(sample, held);
      if (source.raw_width == 0) info = probe_picture(source.bytes, source.name, decode);
    } catch (const Error&) {  // listed among the skipped
      continue;
    }
    const bool first = sizes.most_width == 0;
    sizes.least_width = first ? info.width : std::min(sizes.least_width, info.width);
    sizes.least_height = first ? info.height : std::min(sizes.least_height, info.height);
    sizes.most_width = std::max(sizes.most_width, info.width);
    sizes.most_height = std::max(sizes.most_height, info.height);
  }
  return sizes;
}

json split_part(const char* name, const ImageSplit& split, const std::vector<std::string>& labels,
                const DecodeOptions& decode, std::string& text) {
  json counts = json::object();
  std::vector<std::string> words;
  std::vector<std::int64_t> by_class(labels.size());
  for (const auto& sample : split.samples) {
    if (sample.label >= 0) ++by_class[static_cast<std::size_t>(sample.label)];
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    counts[labels[i]] = by_class[i];
    words.push_back(fmt::format("{} {}", labels[i], by_class[i]));
  }
  const auto sizes = sizes_of(split, decode);
  text += fmt::format("{:<12}{:>8} pictures ({}); {} x {} to {} x {} pixels\n", name, split.size(),
                      excerpt(join(words, ", "), 400), sizes.least_width, sizes.least_height, sizes.most_width,
                      sizes.most_height);
  return {{"name", name},
          {"origin", split.origin},
          {"pictures", split.size()},
          {"by_class", counts},
          {"least_size", {sizes.least_width, sizes.least_height}},
          {"most_size", {sizes.most_width, sizes.most_height}}};
}

// As the model wants its pictures, where one is given.
InputForm form_of(const Options& options) {
  return options.model.empty() ? with_keys({}, options) : *open_for_use(options).model->input_form;
}

}  // namespace

json inspect_pictures(const Options& options, const InspectOptions& what, const ImageReading& reading,
                      std::string& text) {
  const auto file = what.augment ? sheet_file(options.out) : fs::path();
  const auto data = load_image_data(options, reading);
  json part = {
      {"label_names", data.label_names}, {"splits", json::array()}, {"notes", data.notes}, {"skipped", json::array()}};
  text += fmt::format("data    {}\nlabels  {}\n", options.data, excerpt(join(data.label_names, ", "), 200));
  for (const auto& [name, split] :
       {std::pair{"train", &data.train}, {"validation", &data.validation}, {"test", &data.test}}) {
    if (!split->empty()) part["splits"].push_back(split_part(name, *split, data.label_names, reading.decode, text));
  }
  for (const auto& note : data.notes) text += "note    " + note + "\n";
  for (const auto& one : data.skipped) part["skipped"].push_back({{"name", one.name}, {"reason", one.reason}});
  if (!what.augment) return part;
  Options shown = options;
  if (shown.augment.empty()) shown.augment = {"medium"};
  const auto form = form_of(options);
  const auto plan = parse_augment(shown.augment);
  const std::string mixes = std::string(plan.mixup ? ", mixup" : "") + (plan.cutmix ? ", cutmix" : "");
  const auto changes = describe(augment_form(shown), form) + mixes, as = describe(form);
  write_sheet(sheet_rows(data.train, form, shown, what.samples), file);
  text += fmt::format("\naugmented pictures ({}; {}), each row the picture and five views of it: {}\n", changes, as,
                      file.string());
  part["augmented"] = {{"changes", changes}, {"input", as}};
  part["contact_sheet"] = file.string();
  return part;
}

}  // namespace strop
