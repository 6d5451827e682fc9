#include "train/tasks/preprocessor_config.h"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "models/read_input_form.h"
#include "train/write_files.h"

namespace strop {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

constexpr const char* kFile = "preprocessor_config.json";
// Pillow's numbers.
constexpr std::array kFilters = {Filter::nearest, Filter::lanczos, Filter::bilinear, Filter::bicubic, Filter::box};

json keys_of_base(const fs::path& base) {
  const auto file = base / kFile;
  if (!fs::is_directory(base) || !fs::exists(file)) return json::object();
  auto config = json::parse(read_file(file, ErrorKind::model, 16 << 20), nullptr, false);
  return config.is_object() ? config : json::object();
}

}  // namespace

void write_preprocessor(const fs::path& folder, const fs::path& base, const InputForm& form) {
  auto config = keys_of_base(base);
  const json square = {{"height", form.height}, {"width", form.width}};
  config["image_processor_type"] = processor_type(config, form);
  // Older files' name of the class, what the classes with their own ways read, and our own keys, which may differ now.
  for (const char* key :
       {"feature_extractor_type", "crop_pct", "include_top", "rescale_offset", "fit", "channel_order"})
    config.erase(key);
  config["do_resize"] = true;
  if (form.fit == Fit::crop || (form.fit == Fit::squash && form.crop_pct < 1)) {
    config["do_center_crop"] = true;
    config["crop_size"] = square;
    if (form.fit == Fit::crop) config["size"] = {{"shortest_edge", before_cut(form.height, form)}};
    else config["size"] = {{"height", before_cut(form.height, form)}, {"width", before_cut(form.width, form)}};
  } else {
    if (config.contains("do_center_crop")) config["do_center_crop"] = false;
    config["size"] = square;
  }
  std::size_t number = 0;
  while (kFilters[number] != form.interpolation) ++number;
  config["resample"] = number;
  config["do_rescale"] = true;
  config["rescale_factor"] = 1.0 / 255;
  config["do_normalize"] = true;
  config["image_mean"] = {form.mean[0], form.mean[1], form.mean[2]};
  config["image_std"] = {form.std[0], form.std[1], form.std[2]};
  // Others have no words for these (unread_elsewhere); without them the file means the same to them and to us.
  if (form.fit == Fit::letterbox) config["fit"] = fit_name(form.fit);
  if (form.bgr) config["channel_order"] = "bgr";
  write_json_file(folder / kFile, config);
}

std::string unread_elsewhere(const InputForm& form) {
  std::vector<std::string> keys, instead;
  const auto add = [&](const char* key, const char* other) {
    keys.emplace_back(key);
    instead.emplace_back(other);
  };
  if (form.fit == Fit::letterbox) add("fit=letterbox", "stretch or cut the picture");
  if (form.bgr) add("channel_order=bgr", "give red first");
  if (keys.empty()) return "";
  return fmt::format("{}: Transformers and timm do not read {}: they would {}, so prepare pictures for them yourself",
                     kFile, join(keys, " and "), join(instead, " and "));
}

}  // namespace strop
