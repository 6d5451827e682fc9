// Which inverted-residual network a file holds: its blocks by the tensors' names and shapes, the rest by config.json
// or, without it, by what the library whose names they are does.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/text.h"
#include "models/config_labels.h"
#include "models/efficientnet/efficientnet.h"
#include "models/efficientnet/names.h"
#include "models/efficientnet/row.h"
#include "models/layer_shapes.h"

namespace strop {
namespace efficientnet {
namespace {

using nlohmann::json;

double number_or(const json& config, const char* key, double fallback) {
  return config.contains(key) && config[key].is_number() ? config[key].get<double>() : fallback;
}

// The block at this place, without stride and activation; nothing where none is.
std::optional<Inverted> block_at(const LayerShapes& shapes, const Names& names, Place place, std::int64_t in) {
  for (const bool squeezes : {true, false}) {
    for (const bool expands : {true, false}) {
      place.expands = expands;
      place.squeezes = squeezes;
      const auto own = names.block(place);
      const auto depthwise = shapes.of(own.depthwise.conv), project = shapes.of(own.project.conv);
      if (depthwise.size() != 4 || depthwise[1] != 1 || project.size() != 4 || project[1] != depthwise[0]) continue;
      if (squeezes && shapes.outputs(own.reduce) == 0) continue;
      if (expands ? shapes.outputs(own.expand.conv) != depthwise[0] : depthwise[0] != in) continue;
      return Inverted{.stage = place.stage,
                      .place = place.place,
                      .in = in,
                      .mid = depthwise[0],
                      .out = project[0],
                      .kernel = depthwise[2],
                      .stride = 1,
                      .squeezed = squeezes ? shapes.outputs(own.reduce) : 0,
                      .expands = expands,
                      .activation = Activation::none,
                      .residual = false,
                      .pad = Pad::half};
    }
  }
  return std::nullopt;
}

// Stages of so many blocks.
void divide_by(const std::vector<std::int64_t>& repeats, Row& row) {
  std::size_t i = 0;
  for (std::size_t stage = 0; stage < repeats.size(); ++stage) {
    for (std::int64_t place = 0; place < repeats[stage]; ++place, ++i) {
      row.blocks[i].stage = static_cast<std::int64_t>(stage);
      row.blocks[i].place = place;
    }
  }
}

// Stages of layouts that count blocks through: as published where the count is, else by the change of channels.
void divide_into_stages(Row& row) {
  static const std::vector<std::vector<std::int64_t>> kPublished = {
      {1, 2, 3, 4, 3, 3, 1}, {1, 2, 3, 4, 2, 3}, {1, 2, 3, 2, 3}};
  const auto count = static_cast<std::int64_t>(row.blocks.size());
  const std::vector<std::int64_t>* repeats = nullptr;
  if (row.family == "mobilenet_v2" && count == 17) repeats = &kPublished[0];
  if (row.family == "mobilenet_v3" && count == 15) repeats = &kPublished[1];
  if (row.family == "mobilenet_v3" && count == 11) repeats = &kPublished[2];
  if (repeats != nullptr) return divide_by(*repeats, row);
  std::int64_t stage = 0, place = 0;
  for (std::size_t i = 0; i < row.blocks.size(); ++i) {
    if (i > 0 && row.blocks[i].in != row.blocks[i].out) {
      ++stage;
      place = 0;
    }
    row.blocks[i].stage = stage;
    row.blocks[i].place = place++;
  }
}

std::string family_of(const Row& row) {
  if (row.wide > 0) return "mobilenet_v3";
  if (row.layout == "torchvision-v2" || row.layout == "transformers-v2") return "mobilenet_v2";
  if (row.layout != "timm") return "efficientnet";
  const bool plain = std::all_of(row.blocks.begin(), row.blocks.end(),
                                 [](const Inverted& one) { return one.kernel == 3 && one.squeezed == 0; });
  return plain ? "mobilenet_v2" : "efficientnet";
}

std::vector<std::int64_t> published_strides(const Row& row) {
  if (row.family != "mobilenet_v3") return {1, 2, 2, 2, 1, 2, 1};
  return row.blocks[0].squeezed > 0 ? std::vector<std::int64_t>{2, 2, 2, 1, 2}  // the small one
                                    : std::vector<std::int64_t>{1, 2, 2, 2, 1, 2};
}

// Transformers' config.json says what no weight tells for sure: two stages may be as wide as each other.
std::vector<std::int64_t> strides_of_config(const json& config, Row& row) {
  using Numbers = std::vector<std::int64_t>;
  const auto numbers = [&](const char* key, const Numbers& usual) {  // what equals its class's default is left out
    return config.contains(key) && config[key].is_array() ? config[key].get<Numbers>() : usual;
  };
  const double depth = number_or(config, "depth_coefficient", 3.1);
  auto repeats = numbers("num_block_repeats", {1, 2, 2, 3, 3, 4, 1});
  for (auto& one : repeats) one = static_cast<std::int64_t>(std::ceil(depth * static_cast<double>(one)));
  if (std::accumulate(repeats.begin(), repeats.end(), std::size_t{0}) == row.blocks.size()) divide_by(repeats, row);
  return numbers("strides", published_strides(row));
}

void set_strides(Row& row, const std::vector<std::int64_t>& strides) {
  const bool small = row.blocks[0].squeezed > 0;  // of the two MobileNetV3
  const bool v3 = row.family == "mobilenet_v3";
  for (auto& one : row.blocks) {
    const auto stage = static_cast<std::size_t>(one.stage);
    one.stride = one.place == 0 && stage < strides.size() ? strides[stage] : 1;
    one.activation = v3 && one.stage < (small ? 2 : 3) ? Activation::relu : row.activation;
    // In Transformers a stage's first EfficientNet block, and MobileNetV2's first, adds nothing whatever the sizes.
    const bool never =
        (row.layout == "transformers" && one.place == 0) || (row.layout == "transformers-v2" && &one == &row.blocks[0]);
    one.residual = one.in == one.out && one.stride == 1 && !never;
    one.pad = row.pad;
  }
}

std::optional<Row> read_row(const WeightFiles& files) {
  for (const auto& names : layouts()) {
    const LayerShapes shapes(files, names.prefix);
    Row row{};
    row.layout = names.layout;
    row.stem = shapes.outputs(names.stem.conv);
    if (row.stem == 0) continue;
    std::int64_t channels = row.stem;
    Place place{};
    while (true) {
      place.number = static_cast<std::int64_t>(row.blocks.size());
      auto found = block_at(shapes, names, place, channels);
      if (!found && names.by_stage && place.place > 0) {
        ++place.stage;
        place.place = 0;
        continue;
      }
      if (!found) break;
      channels = found->out;
      row.blocks.push_back(*found);
      ++place.place;
    }
    if (row.blocks.empty()) continue;
    row.wide = names.wide.empty() ? 0 : shapes.outputs(names.wide);
    row.family = family_of(row);
    if (!names.by_stage) divide_into_stages(row);
    row.top = shapes.outputs(names.top(row.stages(), static_cast<std::int64_t>(row.blocks.size())).conv);
    if (row.top == 0 || (row.wide == 0) != names.wide.empty()) continue;
    return row;
  }
  return std::nullopt;
}

bool squeezes(const Row& row) {
  return std::any_of(row.blocks.begin(), row.blocks.end(), [](const Inverted& one) { return one.squeezed > 0; });
}

// No weight tells strides and activations, so they are the published ones; and so must be what weights do tell, the
// kernels and squeeze-excites of the stages: MNASNet, FBNet, the minimal MobileNetV3 and others have the same names.
// Returns what is otherwise, "" where nothing is.
std::string unlike_published(const Row& row) {
  using Numbers = std::vector<std::int64_t>;
  const bool first = row.blocks[0].squeezed > 0;  // of the two MobileNetV3: the small one
  const bool v3 = row.family == "mobilenet_v3";
  const Numbers kernels = row.family == "efficientnet" ? Numbers{3, 3, 5, 3, 5, 5, 3}
                          : !v3                        ? Numbers(7, 3)
                          : first                      ? Numbers{3, 3, 5, 5, 5}
                                                       : Numbers{3, 3, 5, 3, 3, 5};
  const Numbers squeezed = !v3 ? Numbers(7, first ? 1 : 0) : first ? Numbers{1, 0, 1, 1, 1} : Numbers{0, 0, 1, 0, 1, 1};
  for (const auto& one : row.blocks) {
    const auto stage = static_cast<std::size_t>(one.stage);
    if (stage >= kernels.size()) return fmt::format("{} stages; expected {}", row.stages(), kernels.size());
    if (one.kernel != kernels[stage])
      return fmt::format("stage {} has kernels of {}; expected {}", stage, one.kernel, kernels[stage]);
    if ((one.squeezed > 0) != (squeezed[stage] > 0))
      return fmt::format("stage {} {} squeeze-excite", stage, one.squeezed > 0 ? "has" : "lacks");
  }
  return "";
}

// 0 .. 4 of the published EfficientNets.
std::size_t variant_of(const Row& row) {
  switch (row.blocks.back().out) {
    case 320: return row.blocks.size() > 16 ? 1 : 0;
    case 352: return 2;
    case 384: return 3;
    case 448: return 4;
    default: return 0;
  }
}

// What the library does whose names these are; `tensorflow`: with the paddings and the eps of weights that came from
// there.
void set_habits(Row& row, bool tensorflow) {
  const bool torchvision = starts_with(row.layout, "torchvision"), v3 = row.family == "mobilenet_v3";
  const bool lite = row.family == "efficientnet" && !squeezes(row);
  row.activation = v3                                      ? Activation::hardswish
                   : row.family == "efficientnet" && !lite ? Activation::silu
                                                           : Activation::relu6;
  row.pad = tensorflow ? Pad::same : Pad::half;
  row.eps = tensorflow || (torchvision && v3) ? 1e-3 : 1e-5;
  row.dropout = row.layout == "timm" || row.layout == "timm-v3" ? 0.0 : 0.2;
  row.half = ((lite || v3) && tensorflow) || row.layout == "transformers-v2";
  row.bicubic = v3 ? !torchvision && !tensorflow : !torchvision || row.family == "efficientnet";
  row.size = 224;
  row.crop_pct = 0.875;
  if (row.family != "efficientnet") return;
  static constexpr std::int64_t kSizes[] = {224, 240, 260, 300, 380}, kLite[] = {224, 240, 260, 280, 300},
                                kTorchvision[] = {224, 240, 288, 300, 380};
  static constexpr double kCrops[] = {0.875, 0.882, 0.890, 0.904, 0.922},
                          kTorchvisionCrops[] = {0.875, 0.9375, 1.0, 0.9375, 380.0 / 384};
  const auto variant = variant_of(row);
  row.size = (torchvision ? kTorchvision : lite ? kLite : kSizes)[variant];
  row.crop_pct = (torchvision ? kTorchvisionCrops : kCrops)[variant];
}

// timm's name of a published network; "" for others.
std::string timm_name(const Row& row, bool tensorflow) {
  const std::string before = tensorflow ? "tf_" : "";
  if (row.family == "efficientnet")
    return before + "efficientnet_" + (squeezes(row) ? "b" : "lite") + std::to_string(variant_of(row));
  if (row.family == "mobilenet_v2")
    return row.stem == 32 && row.top == 1280 && row.blocks.size() == 17 ? "mobilenetv2_100" : "";
  if (row.wide == 1280) return before + "mobilenetv3_large_100";
  return row.wide == 1024 ? before + "mobilenetv3_small_100" : "";
}

void read_transformers(const json& config, Row& row) {
  const bool v2 = row.family == "mobilenet_v2";
  row.eps = number_or(config, v2 ? "layer_norm_eps" : "batch_norm_eps", 1e-3);
  row.dropout = number_or(config, v2 ? "classifier_dropout_prob" : "dropout_rate", v2 ? 0.8 : 0.5);
  row.size = static_cast<std::int64_t>(number_or(config, "image_size", static_cast<double>(row.size)));
  if (config.contains("hidden_act") && config["hidden_act"].is_string())
    row.activation = parse_activation(config["hidden_act"].get<std::string>());
  if (v2 && config.contains("tf_padding") && config["tf_padding"] == false) row.pad = Pad::half;
}

// Transformers pads its EfficientNet by a table, whatever the size of the picture; TensorFlow, whose weights they are,
// by the size.
void set_padding(const json& config, Row& row) {
  row.pad = Pad::even;
  const auto listed = config.value("depthwise_padding", std::vector<std::int64_t>());
  for (std::size_t i = 0; i < row.blocks.size(); ++i) {
    const bool is_listed = std::ranges::find(listed, static_cast<std::int64_t>(i)) != listed.end();
    row.blocks[i].pad = row.blocks[i].stride == 2 && !is_listed ? Pad::even : Pad::half;
  }
}

// What changes the answers and no weight tells.
void expect_usual(const json& config, const char* key, const json& only, const ModelFiles& files) {
  if (!config.contains(key) || config[key] == only) return;
  fail(ErrorKind::model, "{}: {} is {}; supported: {}", (files.place / "config.json").string(), key, config[key].dump(),
       only.dump());
}

std::optional<Recognition> recognise(const ModelFiles& files, const std::string& family) {
  const auto& given = files.config;
  const bool transformers = given.is_object() && given.contains("model_type");
  if (transformers && given["model_type"] != family) return std::nullopt;
  auto row = read_row(*files.weights);
  if (!row || row->family != family) return std::nullopt;
  Recognition found;
  found.config = given.is_object() ? given : nlohmann::json::object();
  const std::string name = given.is_object() && given.contains("architecture") && given["architecture"].is_string()
                               ? given["architecture"].get<std::string>()
                               : "";
  const auto known = {"efficientnet_b", "efficientnet_lite", "tf_efficientnet_b", "tf_efficientnet_lite",
                      "mobilenetv2_",   "mobilenetv3_",      "tf_mobilenetv3_"};
  if (!name.empty() &&
      std::none_of(known.begin(), known.end(), [&](const char* start) { return starts_with(name, start); })) {
    return std::nullopt;
  }
  if (!starts_with(row->layout, "transformers")) {  // whose config.json says them
    // B5 to B8 have other sizes and, of torchvision, another eps; none of them is checked against its library.
    if (const auto out = row->blocks.back().out;
        family == "efficientnet" && (out == 512 || out == 576 || out == 640 || out == 704)) {
      fail(ErrorKind::model,
           "{}: is one of EfficientNet B5 to B8 (its last block gives {} channels); of such files B0 to B4 are "
           "supported",
           files.place.string(), out);
    }
    if (const auto unlike = unlike_published(*row); !unlike.empty()) {
      fail(ErrorKind::model,
           "{}: has the names of {}, but {}: another network with these names (MNASNet, FBNet, a minimal "
           "MobileNetV3), "
           "which is not supported",
           files.place.string(), family, unlike);
    }
    found.whole = true;
  }
  const bool timm = starts_with(row->layout, "timm");
  const bool tensorflow = timm ? starts_with(name.empty() ? files.place.filename().string() : name, "tf_")
                               : !starts_with(row->layout, "torchvision");
  set_habits(*row, tensorflow);
  if (transformers) {
    expect_usual(given, "pooling_type", "mean", files);
    expect_usual(given, "output_stride", 32, files);
    read_transformers(given, *row);
    found.why = "model_type of config.json";
  } else if (!name.empty()) {
    found.why = "architecture '" + name + "' of config.json, sizes from the weights";
  } else {
    found.why = "names and shapes as " + row->layout.substr(0, row->layout.find('-')) + " writes them";
    if (timm) {
      found.why += tensorflow ? "; TensorFlow's padding and eps, as the file's name begins with tf_"
                              : "; were these weights trained in TensorFlow, the file's name must begin with tf_";
      if (const auto usual = timm_name(*row, tensorflow); !usual.empty()) found.config["architecture"] = usual;
    }
  }
  const bool told = transformers && row->family == "efficientnet";
  set_strides(*row, told ? strides_of_config(given, *row) : published_strides(*row));
  if (told) set_padding(given, *row);
  const auto& names = find_layout(layouts(), row->layout);
  add_labels(found.config, LayerShapes(*files.weights, names.prefix).outputs(names.classifier));
  found.config["row"] = to_json(*row);
  return found;
}

}  // namespace
}  // namespace efficientnet

std::optional<Recognition> recognise_efficientnet(const ModelFiles& files) {
  return efficientnet::recognise(files, "efficientnet");
}
std::optional<Recognition> recognise_mobilenet_v2(const ModelFiles& files) {
  return efficientnet::recognise(files, "mobilenet_v2");
}
std::optional<Recognition> recognise_mobilenet_v3(const ModelFiles& files) {
  return efficientnet::recognise(files, "mobilenet_v3");
}

}  // namespace strop
