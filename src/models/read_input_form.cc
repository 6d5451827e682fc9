#include "models/read_input_form.h"

#include <cmath>

#include "core/error.h"
#include "core/files.h"

namespace strop {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

// One JSON object of a file, and the messages about it.
struct Source {
  const json& object;
  std::string where;

  bool has(const char* key) const { return object.contains(key) && !object[key].is_null(); }
  bool says(const char* key, bool fallback) const {
    return has(key) && object[key].is_boolean() ? object[key].get<bool>() : fallback;
  }
  // By the name of the class that reads the file.
  bool is_a(const std::string& word) const {
    const auto holds = [&](const char* key) {
      return has(key) && object[key].is_string() && object[key].get<std::string>().find(word) != std::string::npos;
    };
    return holds("image_processor_type") || holds("feature_extractor_type");
  }
  [[noreturn]] void refuse(const char* key, const char* expected) const {
    fail(ErrorKind::model, "{}: {} is {}; expected {}", where, key, object[key].dump(), expected);
  }
  int side(const char* key, const json& value) const {
    if (!value.is_number() || value.get<double>() < 1 || value.get<double>() > 1 << 14)
      refuse(key, "sides of 1 to 16384 pixels");
    return value.get<int>();
  }
  std::array<float, 3> colours(const char* key, const std::array<float, 3>& fallback) const {
    if (!has(key)) return fallback;
    const auto& value = object[key];
    if (value.is_number()) return {value.get<float>(), value.get<float>(), value.get<float>()};
    if (!value.is_array() || value.size() != 3) refuse(key, "three numbers");
    std::array<float, 3> result{};
    for (std::size_t i = 0; i < 3; ++i) {
      if (!value[i].is_number()) refuse(key, "three numbers");
      result[i] = value[i].get<float>();
    }
    return result;
  }
  void set_crop_pct(InputForm& form) const {
    if (!has("crop_pct")) return;
    const auto& value = object["crop_pct"];
    if (!value.is_number() || value.get<double>() <= 0 || value.get<double>() > 1)
      refuse("crop_pct", "a share above 0, at most 1");
    form.crop_pct = value.get<double>();
  }
  void set_size(InputForm& form, int height, int width) const {
    form.height = height;
    form.width = width;
  }
};

void read_timm(const Source& from, InputForm& form) {
  if (from.has("input_size")) {
    const auto& size = from.object["input_size"];
    if (!size.is_array() || size.size() != 3) from.refuse("input_size", "[channels, height, width]");
    from.set_size(form, from.side("input_size", size[1]), from.side("input_size", size[2]));
  }
  if (from.has("interpolation") && from.object["interpolation"].is_string() &&
      from.object["interpolation"] != "random") {
    form.interpolation = parse_filter(from.object["interpolation"].get<std::string>());
  }
  from.set_crop_pct(form);
  if (from.has("crop_mode")) {
    const auto& mode = from.object["crop_mode"];
    form.fit = mode == "squash" ? Fit::squash : mode == "border" ? Fit::letterbox : Fit::crop;
  }
  form.mean = from.colours("mean", form.mean);
  form.std = from.colours("std", form.std);
}

// Pillow's numbers of filters.
Filter filter_of(const Source& from) {
  const auto& value = from.object["resample"];
  switch (value.is_number_integer() ? value.get<int>() : -1) {
    case 0: return Filter::nearest;
    case 1: return Filter::lanczos;
    case 2: return Filter::bilinear;
    case 3: return Filter::bicubic;
    case 4: return Filter::box;
    default: from.refuse("resample", "0 (nearest), 1 (lanczos), 2 (bilinear), 3 (bicubic) or 4 (box)");
  }
}

// Sides of `key`: {"height", "width"}, {"shortest_edge"} or a number; 0 where the key gives none of them.
struct Sides {
  int height = 0, width = 0, shortest = 0;
  bool whole = false;  // the whole picture is wanted: detectors' processors
};
Sides sides_of(const Source& from, const char* key) {
  Sides sides;
  if (!from.has(key)) return sides;
  const auto& value = from.object[key];
  if (value.is_number()) {
    const int side = from.side(key, value);
    // One number is the shortest edge to some classes (crop_pct is ConvNeXt's key), both sides to the others.
    if (from.has("crop_pct") || from.is_a("Bit") || from.is_a("ConvNext") || from.is_a("MobileNet"))
      sides.shortest = side;
    else sides.height = sides.width = side;
  } else if (value.contains("shortest_edge")) {
    sides.shortest = from.side(key, value["shortest_edge"]);
    sides.whole = value.contains("longest_edge");
  } else if (value.contains("height") && value.contains("width")) {
    sides.height = from.side(key, value["height"]);
    sides.width = from.side(key, value["width"]);
  } else {
    from.refuse(key, "height and width, or shortest_edge");
  }
  return sides;
}

// What the processor makes of a level p of 0 .. 255, (p * factor - offset - mean) / std, as mean and std of p / 255.
// EfficientNet's divides by image_std once more for a classifier (its files' is the root of ImageNet's).
void read_levels(const Source& from, InputForm& form) {
  const bool normalises = from.says("do_normalize", true), rescales = from.says("do_rescale", true);
  const bool again = from.is_a("EfficientNet") && from.says("include_top", true);
  double factor = 1;
  if (rescales) {
    factor = from.has("rescale_factor") && from.object["rescale_factor"].is_number()
                 ? from.object["rescale_factor"].get<double>()
                 : 1.0 / 255;
    if (!(factor > 0)) from.refuse("rescale_factor", "above 0, as 1/255");
  }
  const double offset = rescales && from.says("rescale_offset", false) ? 1 : 0;
  const auto mean = from.colours("image_mean", form.mean), std = from.colours("image_std", form.std);
  for (std::size_t i = 0; i < 3; ++i) {
    const double divisor = (normalises ? std[i] : 1.0) * (again ? std[i] : 1.0);
    form.mean[i] = static_cast<float>(((normalises ? mean[i] : 0.0) + offset) / (255 * factor));
    form.std[i] = static_cast<float>(divisor / (255 * factor));
  }
}

void read_transformers(const Source& from, InputForm& form) {
  const Sides size = sides_of(from, "size"), crop = sides_of(from, "crop_size");
  const int cut = std::max(crop.height, crop.shortest);
  if (from.says("do_center_crop", false) && cut > 0) {
    from.set_size(form, cut, crop.height > 0 ? crop.width : cut);
    form.fit = size.shortest > 0 ? Fit::crop : Fit::squash;  // of both sides the proportions change
    if (size.height != size.width) from.refuse("size", "sides that are alike, where the centre is cut out");
    const int edge = std::max(size.shortest, size.height);
    form.crop_pct = edge > 0 ? std::min(1.0, static_cast<double>(cut) / edge) : 1.0;
  } else if (size.height > 0) {
    from.set_size(form, size.height, size.width);
    form.fit = Fit::squash;
    form.crop_pct = 1;
  } else if (size.shortest > 0) {
    // ConvNext's processor: below 384 the short side to size / crop_pct and the centre, else both sides to size.
    // Detectors' keep the proportions and fill up batches; here all pictures are squares.
    from.set_size(form, size.shortest, size.shortest);
    form.fit = size.shortest < 384 && !size.whole ? Fit::crop : Fit::squash;
    form.crop_pct = form.fit == Fit::squash ? 1 : form.crop_pct;
    if (form.fit == Fit::crop) from.set_crop_pct(form);
  }
  if (from.has("fit") && from.object["fit"].is_string()) form.fit = parse_fit(from.object["fit"].get<std::string>());
  if (from.has("channel_order")) form.bgr = from.object["channel_order"] == "bgr";
  if (from.has("resample")) form.interpolation = filter_of(from);
  read_levels(from, form);
}

}  // namespace

InputForm read_input_form(const ModelFiles& files, const InputForm& base) {
  InputForm form = base;
  const auto& own = files.config;
  form.floors = own.is_object() && own.contains("model_type");  // a folder of Transformers
  if (own.is_object() && own.contains("pretrained_cfg") && own["pretrained_cfg"].is_object()) {
    read_timm({own["pretrained_cfg"], (files.place / "config.json").string() + ": pretrained_cfg"}, form);
  } else if (own.is_object() && own.contains("architecture") && !own.contains("model_type")) {
    read_timm({own, (files.place / "config.json").string()}, form);  // timm's older files
  }
  const auto file = files.place / "preprocessor_config.json";
  if (fs::is_directory(files.place) && fs::exists(file)) {
    const auto config = json::parse(read_file(file, ErrorKind::model, 1 << 20), nullptr, false);
    if (!config.is_object()) fail(ErrorKind::model, "{}: expected a JSON object", file.string());
    read_transformers({config, file.string()}, form);
  }
  for (std::size_t i = 0; i < 3; ++i) {
    if (!(form.std[i] > 0))
      fail(ErrorKind::model, "{}: a standard deviation of the input is {}; expected above 0", files.place.string(),
           form.std[i]);
  }
  return form;
}

std::string processor_type(const nlohmann::ordered_json& config, const InputForm& form) {
  std::string type;
  for (const char* key : {"feature_extractor_type", "image_processor_type"}) {
    if (config.contains(key) && config[key].is_string()) type = config[key].get<std::string>();
  }
  const auto holds = [&](const std::string& word) { return type.find(word) != std::string::npos; };
  const bool squash = form.fit == Fit::squash, cuts = squash && form.crop_pct < 1;
  const bool other_way =
      squash ? holds("Bit") || holds("MobileNet") || (cuts && holds("ViT")) : holds("ViT") || holds("DeiT");
  if (type.empty() || holds("ConvNext") || holds("EfficientNet") || other_way)
    return cuts ? "DeiTImageProcessor" : squash ? "ViTImageProcessor" : "BitImageProcessor";
  const std::string old = "FeatureExtractor";  // of which the image processors of the same name took the place
  if (const auto at = type.find(old); at != std::string::npos) type.replace(at, old.size(), "ImageProcessor");
  return type;
}

}  // namespace strop
