#include "models/resnet/resnet.h"

#include <set>

#include "core/error.h"
#include "models/config_labels.h"
#include "models/layer_shapes.h"
#include "models/picture_head.h"
#include "models/resnet/blocks.h"

namespace strop {
namespace {

using resnet::Names;
using resnet::Residual;
using resnet::Row;

constexpr std::int64_t kSide = 224;

// The block at this place; nothing where none is.
std::optional<Residual> block_at(const LayerShapes& shapes, const Names& names, std::int64_t stage, std::int64_t place,
                                 std::int64_t in) {
  const auto first = shapes.of(names.unit(stage, place, 0).conv), second = shapes.of(names.unit(stage, place, 1).conv),
             third = shapes.of(names.unit(stage, place, 2).conv);
  if (first.size() != 4 || second.size() != 4 || second[1] == 0 || first[1] != in) return std::nullopt;
  const bool bottleneck = !third.empty();
  return Residual{.stage = stage,
                  .place = place,
                  .in = in,
                  .mid = first[0],
                  .out = bottleneck ? third[0] : second[0],
                  .groups = bottleneck ? second[0] / second[1] : 1,
                  .stride = stage > 0 && place == 0 ? 2 : 1,
                  .bottleneck = bottleneck,
                  .projects = shapes.has(names.shortcut(stage, place).conv)};
}

std::optional<Row> read_row(const WeightFiles& files) {
  for (const auto& names : resnet::layouts()) {
    const LayerShapes shapes(files, names.prefix);
    const auto stem = shapes.of(names.stem.conv);
    if (stem.size() != 4 || stem[2] != 7) continue;
    Row row{names.layout, stem[0], {}, false};
    std::int64_t channels = stem[0];
    for (std::int64_t stage = 0; stage < 4; ++stage) {
      for (std::int64_t place = 0;; ++place) {
        const auto found = block_at(shapes, names, stage, place, channels);
        if (!found) break;
        channels = found->out;
        row.blocks.push_back(*found);
      }
    }
    if (!row.blocks.empty()) return row;
  }
  return std::nullopt;
}

void expect_only(const nlohmann::json& config, const char* key, const nlohmann::json& only, const std::string& where) {
  if (config.contains(key) && config[key] != only) {
    fail(ErrorKind::model, "{}: {} is {}; supported for ResNet: {}", where, key, config[key].dump(), only.dump());
  }
}

// timm's networks that are this row and nothing else: its others have the same names for layers that pool, blur or
// divide otherwise, which no weight tells.
bool is_plain(std::string architecture) {
  static const std::set<std::string> kPlain = {
      "resnet18",         "resnet34",         "resnet26",          "resnet50",          "resnet101",
      "resnet152",        "resnet200",        "wide_resnet50_2",   "wide_resnet101_2",  "resnext50_32x4d",
      "resnext101_32x4d", "resnext101_32x8d", "resnext101_32x16d", "resnext101_32x32d", "resnext101_32x48d",
      "resnext101_64x4d"};
  architecture = architecture.substr(0, architecture.find('.'));  // the name of its weights
  // As timm called the same networks before 0.9, by who trained them.
  for (const auto* trainer : {"tv_", "ig_", "ssl_", "swsl_", "gluon_"}) {
    if (architecture.starts_with(trainer)) architecture.erase(0, std::string_view(trainer).size());
  }
  if (architecture.ends_with("_v1b")) architecture.resize(architecture.size() - 4);
  return kPlain.contains(architecture);
}

// Networks that share the names and add to them.
void refuse_variants(const ModelFiles& files) {
  for (const auto& [name, view] : files.weights->tensors()) {
    for (const auto* part : {".se.", ".aa.", ".attn", ".bn4.", ".conv4."}) {
      if (name.find(part) == std::string::npos) continue;
      fail(ErrorKind::model,
           "{}: '{}' belongs to a variant of ResNet that is not supported; expected ResNet or ResNeXt",
           files.weights->file_of(name).string(), name);
    }
  }
}

}  // namespace

std::optional<Recognition> recognise_resnet(const ModelFiles& files) {
  const auto& given = files.config;
  const bool transformers = given.is_object() && given.contains("model_type");
  if (transformers && given["model_type"] != "resnet") return std::nullopt;
  auto row = read_row(*files.weights);
  if (!row) return std::nullopt;
  const bool named = !transformers && given.is_object() && given.contains("architecture");
  const auto name = named ? given["architecture"].get<std::string>() : "";
  if (named && !is_plain(name)) {
    fail(ErrorKind::model,
         "{}: architecture '{}' has the names of a ResNet, but may pool or divide otherwise, which is not supported; "
         "expected resnet18 to resnet200, wide_resnet50_2, wide_resnet101_2, resnext50_32x4d or resnext101_*",
         (files.place / "config.json").string(), name);
  }
  refuse_variants(files);
  Recognition found;
  found.config = given.is_object() ? given : nlohmann::json::object();
  if (transformers) {
    row->stride_first = given.value("downsample_in_bottleneck", false);
    found.why = "model_type of config.json, sizes from the weights";
  } else if (named) {
    found.why = "architecture '" + name + "' of config.json, sizes from the weights";
  } else {
    found.why = "names and shapes as " + row->layout + " write them";
  }
  const auto& names = find_layout(resnet::layouts(), row->layout);
  add_labels(found.config, LayerShapes(*files.weights, names.prefix).outputs(names.classifier));
  found.config["row"] = to_json(*row);
  return found;
}

std::unique_ptr<Model> build_resnet(const nlohmann::json& config, const ModelOptions& options,
                                    const std::string& where) {
  expect_only(config, "hidden_act", "relu", where);
  expect_only(config, "downsample_in_first_stage", false, where);
  const auto row = resnet::row_of(config.at("row"));
  const auto& names = find_layout(resnet::layouts(), row.layout);
  auto own_config = config;
  own_config.erase("row");
  auto model = std::make_unique<Model>("resnet", own_config, names.prefix);
  std::int64_t index = 0, side = options.image_size > 0 ? options.image_size : kSide;
  model->add(std::make_unique<resnet::Stem>(row, names, side, index++));
  side /= 4;
  for (const auto& one : row.blocks) {
    model->add(std::make_unique<resnet::ResidualBlock>(row, one, names, side, index++));
    side = (side + one.stride - 1) / one.stride;
  }
  model->add(std::make_unique<resnet::Pool>(index++));
  model->set_head_begin(static_cast<std::size_t>(index));
  model->add(std::make_unique<PictureHead>(names.classifier, row.blocks.back().out,
                                           static_cast<std::int64_t>(options.label_names.size()), 0.0, index++));
  model->set_inputs({{"pixels", Rows::sample}});
  model->label_names = options.label_names;
  model->task_architecture = "ResNetForImageClassification";
  model->input_form = InputForm();
  return model;
}

}  // namespace strop
