// What a vision transformer's files say it is.
#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "models/config_labels.h"
#include "models/vit/names.h"
#include "models/vit/vit.h"

namespace strop {
namespace {

using nlohmann::json;
using Shape = std::vector<std::int64_t>;

struct Shapes {
  const std::map<std::string, TensorView>& tensors;

  bool has(const std::string& name) const { return tensors.count(name) != 0; }
  Shape of(const std::string& name) const {
    const auto found = tensors.find(name);
    return found == tensors.end() ? Shape() : found->second.shape;
  }
  std::int64_t size(const std::string& name, std::size_t dimension) const {
    const auto shape = of(name);
    return dimension < shape.size() ? shape[dimension] : 0;
  }
  // Blocks "<before>0<behind>" ... "<before>N-1<behind>".
  std::int64_t blocks(const std::string& before, const std::string& behind) const {
    std::int64_t count = 0;
    while (has(before + std::to_string(count) + behind)) ++count;
    return count;
  }
};

// Nothing in the shapes tells the heads: the published sizes have 64 numbers a head, a few widths excepted.
std::int64_t usual_heads(std::int64_t width) {
  if (width == 1152 || width == 1280 || width == 1408) return 16;
  return std::max<std::int64_t>(1, width / 64);
}

// Sides of the square grid that `positions` are, beside the first tokens; 0 where they are no square.
std::int64_t grid_side(std::int64_t positions) {
  const auto side = std::llround(std::sqrt(static_cast<double>(positions)));
  return side * side == positions ? side : 0;
}

// The grid of a table of positions: rows, columns, and whether the first tokens stand in it.
struct Grid {
  std::int64_t rows, columns;
  bool first_placed;
};

// `size` is timm's img_size, which tells where the grid is no square: [height, width].
Grid grid_of(std::int64_t positions, std::int64_t first, const json& size, std::int64_t patch) {
  if (patch > 0 && size.is_array() && size.size() == 2 && size[0].is_number_integer() && size[1].is_number_integer()) {
    const auto rows = size[0].get<std::int64_t>() / patch, columns = size[1].get<std::int64_t>() / patch;
    if (rows * columns == positions || rows * columns == positions - first)
      return {rows, columns, rows * columns != positions};
  }
  const auto inside = grid_side(positions - first), side = inside > 0 ? inside : grid_side(positions);
  return {side, side, inside > 0};
}

// --- Transformers' names without config.json: a config as it would have been written ---

std::optional<Recognition> recognise_transformers_names(const Shapes& shapes) {
  std::string prefix;
  for (const auto* candidate : {"vit.", "deit.", "dinov2.", ""}) {
    if (shapes.has(std::string(candidate) + "embeddings.patch_embeddings.projection.weight") &&
        shapes.has(std::string(candidate) + "encoder.layer.0.attention.attention.query.weight")) {
      prefix = candidate;
      break;
    }
    if (*candidate == '\0') return std::nullopt;
  }
  const std::string layer = prefix + "encoder.layer.";
  const bool dinov2 = shapes.has(layer + "0.layer_scale1.lambda1");
  const bool deit = shapes.has(prefix + "embeddings.distillation_token");
  const auto up = layer + (dinov2 ? "0.mlp.fc1.weight" : "0.intermediate.dense.weight");
  const auto projection = prefix + "embeddings.patch_embeddings.projection.weight";
  const auto width = shapes.size(projection, 0), patch = shapes.size(projection, 3);
  const auto side = grid_side(shapes.size(prefix + "embeddings.position_embeddings", 1) - (deit ? 2 : 1));
  json config = {{"model_type", dinov2 ? "dinov2"
                                : deit ? "deit"
                                       : "vit"},
                 {"hidden_size", width},
                 {"num_hidden_layers", shapes.blocks(layer, ".attention.attention.query.weight")},
                 {"num_attention_heads", usual_heads(width)},
                 {"hidden_act", "gelu"},
                 {"layer_norm_eps", dinov2 ? 1e-6 : 1e-12},
                 {"image_size", side * patch},
                 {"patch_size", patch},
                 {"num_channels", shapes.size(projection, 1)},
                 {"qkv_bias", shapes.has(layer + "0.attention.attention.query.bias")}};
  if (dinov2) {
    config["mlp_ratio"] = shapes.size(up, 0) / std::max<std::int64_t>(1, width);
    config["use_mask_token"] = shapes.has(prefix + "embeddings.mask_token");
  } else {
    config["intermediate_size"] = shapes.size(up, 0);
  }
  const bool teacher = shapes.has("distillation_classifier.weight");
  if (teacher) config["architectures"] = {"DeiTForImageClassificationWithTeacher"};
  const auto classes = shapes.size(teacher ? "cls_classifier.weight" : "classifier.weight", 0);
  add_labels(config, classes);
  return Recognition{config, "names and shapes as Transformers writes them; " + std::to_string(usual_heads(width)) +
                                 " heads, as usual for this width"};
}

// --- timm and torchvision ---

// Sizes by the names of a library, and what is there.
json sizes_by(const Shapes& shapes, const vit::Names& names, const Grid& grid, std::int64_t heads) {
  const auto first = names.block + "0.", projection = names.projection + ".weight";
  const auto query = "." + names.query_key_value + names.query_suffix;
  const auto patch = shapes.size(projection, 3);
  const json pixels =
      grid.rows == grid.columns ? json(grid.rows * patch) : json{grid.rows * patch, grid.columns * patch};
  return {{"hidden_size", shapes.size(projection, 0)},
          {"num_hidden_layers", shapes.blocks(names.block, query)},
          {"num_attention_heads", heads > 0 ? heads : usual_heads(shapes.size(projection, 0))},
          {"intermediate_size", shapes.size(first + names.up + ".weight", 0)},
          {"image_size", pixels},
          {"patch_size", patch},
          {"num_channels", shapes.size(projection, 1)},
          {"qkv_bias", shapes.has(first + names.query_key_value + bias_suffix(names.query_suffix))},
          {"layer_norm_eps", 1e-6},
          {"first_placed", grid.first_placed}};
}

bool is_timm_name(const std::string& name) {
  for (const auto* part :
       {"cls_token", "dist_token", "pos_embed", "patch_embed.proj.", "norm.", "fc_norm.", "head.", "head_dist."}) {
    if (starts_with(name, part)) return true;
  }
  if (!starts_with(name, "blocks.")) return false;
  const auto dot = name.find('.', std::string("blocks.").size());
  const std::string rest = dot == std::string::npos ? "" : name.substr(dot + 1);
  for (const auto* part :
       {"norm1.", "attn.qkv.", "attn.proj.", "ls1.gamma", "norm2.", "mlp.fc1.", "mlp.fc2.", "ls2.gamma"}) {
    if (starts_with(rest, part)) return true;
  }
  return false;
}

// timm's name for a network of these sizes, where the file came without config.json. Without its distillation token a
// DeiT differs from a ViT in nothing but how pictures are normalised: `deit` is what the file's name says.
std::string usual_architecture(const json& sizes, bool deit) {
  const auto width = sizes["hidden_size"].get<std::int64_t>(), patch = sizes["patch_size"].get<std::int64_t>();
  const std::string size = width == 192    ? "tiny"
                           : width == 384  ? "small"
                           : width == 768  ? "base"
                           : width == 1024 ? "large"
                           : width == 1280 ? "huge"
                                           : "giant";
  const std::string patches = "_patch" + std::to_string(patch),
                    image = "_" + std::to_string(sizes["image_size"].get<std::int64_t>());
  if (!sizes["first_placed"].get<bool>()) return "deit3_" + size + patches + image;
  if (sizes["layer_scale"].get<bool>()) return "vit_" + size + patches + "_dinov2";
  const bool distilled = sizes["distilled"].get<bool>();
  return (distilled ? "deit_" + size + "_distilled" : (deit ? "deit_" : "vit_") + size) + patches + image;
}

// What makes timm's network of any name one of these sizes.
json model_arguments(const json& sizes) {
  json arguments = {{"img_size", sizes["image_size"]},
                    {"patch_size", sizes["patch_size"]},
                    {"embed_dim", sizes["hidden_size"]},
                    {"depth", sizes["num_hidden_layers"]},
                    {"num_heads", sizes["num_attention_heads"]},
                    {"mlp_ratio", sizes["intermediate_size"].get<double>() / sizes["hidden_size"].get<double>()},
                    {"qkv_bias", sizes["qkv_bias"]}};
  if (sizes["average"].get<bool>()) arguments["global_pool"] = "avg";
  if (sizes["layer_scale"].get<bool>()) arguments["init_values"] = 1e-5;
  return arguments;
}

std::optional<Recognition> recognise_timm(const ModelFiles& files, const Shapes& shapes) {
  if (!shapes.has("patch_embed.proj.weight") || !shapes.has("blocks.0.attn.qkv.weight") || !shapes.has("pos_embed") ||
      !shapes.has("cls_token")) {
    return std::nullopt;
  }
  for (const auto& [name, view] : shapes.tensors) {
    if (is_timm_name(name)) continue;
    fail(ErrorKind::model, "{}: '{}' belongs to a variant of timm's vision transformer that is not supported",
         files.weights->file_of(name).string(), name);
  }
  json config = files.config.is_object() ? files.config : json::object();
  const auto arguments = config.value("model_args", json::object());
  const bool distilled = shapes.has("dist_token");
  const bool named = config.contains("architecture"), deit = starts_with(files.place.filename().string(), "deit");
  const auto grid =
      grid_of(shapes.size("pos_embed", 1), distilled ? 2 : 1, named ? arguments.value("img_size", json()) : json(),
              shapes.size("patch_embed.proj.weight", 3));
  const bool average = shapes.has("fc_norm.weight") || config.value("global_pool", "token") == "avg";
  auto& sizes = config["strop"] =
      sizes_by(shapes, vit::timm_names(distilled, average), grid, arguments.value("num_heads", std::int64_t{0}));
  sizes["distilled"] = distilled;
  sizes["layer_scale"] = shapes.has("blocks.0.ls1.gamma");
  sizes["average"] = average;
  if (!named) {
    config["architecture"] = usual_architecture(config["strop"], deit);
    config["model_args"] = model_arguments(config["strop"]);
  }
  add_labels(config, shapes.size("head.weight", 0));
  return Recognition{config, named ? "timm's architecture in config.json"
                             : deit || distilled
                                 ? "names and shapes as timm writes them, DeiT by the file's name or tokens"
                                 : "names and shapes as timm writes them; were it a DeiT, the file's name "
                                   "must begin with deit"};
}

std::optional<Recognition> recognise_torchvision(const ModelFiles& files, const Shapes& shapes) {
  const std::string first = "encoder.layers.encoder_layer_0.";
  if (!shapes.has("conv_proj.weight") || !shapes.has("class_token") ||
      !shapes.has(first + "self_attention.in_proj_weight")) {
    return std::nullopt;
  }
  json config = files.config.is_object() ? files.config : json::object();
  const bool old = shapes.has(first + "mlp.linear_1.weight");
  const auto names = vit::torchvision_names(old);
  const auto grid = grid_of(shapes.size(names.positions, 1), 1, config.value("image_size", json()),
                            shapes.size("conv_proj.weight", 3));
  config["strop"] = sizes_by(shapes, names, grid, config.value("num_attention_heads", std::int64_t{0}));
  config["strop"]["old_names"] = old;
  add_labels(config, shapes.size(names.head + ".weight", 0));
  return Recognition{.config = config, .why = "names and shapes as torchvision writes them", .whole = true};
}

}  // namespace

std::optional<Recognition> recognise_vit(const ModelFiles& files) {
  if (auto typed = recognise_by_type(files, {"vit", "deit", "dinov2"})) return typed;
  if (files.config.is_object() && files.config.contains("model_type")) return std::nullopt;
  const Shapes shapes{files.weights->tensors()};
  if (auto timm = recognise_timm(files, shapes)) return timm;
  if (auto torchvision = recognise_torchvision(files, shapes)) return torchvision;
  return recognise_transformers_names(shapes);
}

}  // namespace strop
