#include "models/vit/read_dims.h"

#include "core/error.h"
#include "models/family.h"

namespace strop::vit {

using nlohmann::json;

namespace {

// A width and a height, or one number for both.
std::pair<std::int64_t, std::int64_t> sides(const json& config, const char* key, std::int64_t fallback,
                                            const std::string& where) {
  if (!config.contains(key)) return {fallback, fallback};
  const auto& value = config[key];
  if (value.is_array() && value.size() == 2 && value[0].is_number_integer() && value[1].is_number_integer()) {
    return {value[0].get<std::int64_t>(), value[1].get<std::int64_t>()};
  }
  const auto side = config_integer(config, key, 1, where);
  return {side, side};
}

}  // namespace

std::int64_t integer_or(const json& config, const char* key, std::int64_t fallback, const std::string& where) {
  return config.contains(key) ? config_integer(config, key, 1, where) : fallback;
}

void refuse_others(const json& config, const char* key, const json& only, const std::string& where) {
  if (config.contains(key) && !config[key].is_null() && config[key] != only) {
    fail(ErrorKind::model, "{}: {} is {}; supported for vision transformers: {}", where, key, config[key].dump(),
         only.dump());
  }
}

// Keys that both formats share (those of timm are made by the recognition); defaults are Transformers'.
Dims read_dims(const json& config, const std::string& where) {
  Dims dims{};
  dims.width = integer_or(config, "hidden_size", 768, where);
  dims.heads = integer_or(config, "num_attention_heads", 12, where);
  dims.layers = integer_or(config, "num_hidden_layers", 12, where);
  dims.mlp = integer_or(config, "intermediate_size", 3072, where);
  dims.channels = integer_or(config, "num_channels", 3, where);
  if (dims.channels != 3)
    fail(ErrorKind::model, "{}: takes pictures of {} channels; supported: 3", where, dims.channels);
  const auto [height, width] = sides(config, "image_size", 224, where);
  const auto [patch, across] = sides(config, "patch_size", 16, where);
  if (patch != across)
    fail(ErrorKind::model, "{}: patch_size is {}; square patches are supported", where, config["patch_size"].dump());
  dims.patch = patch;
  dims.rows = height / patch;
  dims.columns = width / patch;
  if (dims.rows < 1 || dims.columns < 1) {
    fail(ErrorKind::model, "{}: a picture of {} x {} holds no patch of {}", where, height, width, patch);
  }
  if (dims.width % dims.heads != 0) {
    fail(ErrorKind::model, "{}: hidden_size {} is not a multiple of num_attention_heads {}", where, dims.width,
         dims.heads);
  }
  dims.eps = config.value("layer_norm_eps", 1e-12);
  dims.hidden_dropout = config.value("hidden_dropout_prob", 0.0);
  dims.attention_dropout = config.value("attention_probs_dropout_prob", 0.0);
  dims.qkv_bias = config.value("qkv_bias", true);
  dims.first_placed = true;
  return dims;
}

}  // namespace strop::vit
