#include "tuning/lora.h"

#include <torch/torch.h>

#include <cmath>
#include <functional>

#include "core/error.h"
#include "core/text.h"
#include "nn/block.h"
#include "tuning/lora_adapter.h"
#include "tuning/pattern.h"
#include "tuning/seeded.h"

namespace strop {
namespace {

using torch::Tensor;

// The attention's query and value, under the names that the families give them.
const std::vector<std::string> kLoraTargets = {"query", "value", "q_proj", "v_proj", "q_lin", "v_lin", "qkv"};

const std::vector<std::string>& targets(const Options& options) {
  return options.target_modules.empty() ? kLoraTargets : options.target_modules;
}

bool is_target(const Options& options, const std::string& module, const Layer& layer) {
  return layer.kind() == LayerKind::linear && matches_modules(targets(options), module, layer) &&
         !(!options.exclude_modules.empty() && matches_modules(options.exclude_modules, module, layer));
}

double scale_of(double alpha, std::int64_t rank, bool rslora) {
  return alpha / (rslora ? std::sqrt(static_cast<double>(rank)) : static_cast<double>(rank));
}

}  // namespace

std::vector<Stage> lora_stages(const ModelFacts& model, const Options& options) {
  return {light_stage(model, options, "lora")};
}

void open_lora(Block& block, const Options& options) {
  for (const auto& [name, layer] : block.layers()) {
    if (!is_target(options, name, *layer)) continue;
    const auto rank = static_cast<std::int64_t>(
        pattern_value(options.rank_pattern, name, static_cast<double>(options.lora_r), "rank_pattern"));
    const double alpha = pattern_value(options.alpha_pattern, name, options.lora_alpha > 0 ? options.lora_alpha : 2.0 * static_cast<double>(options.lora_r), "alpha_pattern");
    const auto out = layer->shape()[0], in = layer->shape()[1];
    auto generator = generator_of(options, name);
    const double bound = 1.0 / std::sqrt(static_cast<double>(in));
    Tensor a = torch::empty({rank, in}).uniform_(-bound, bound, generator).requires_grad_();
    Tensor b = torch::zeros({out, rank}).requires_grad_();
    Tensor magnitude;
    if (options.use_dora) magnitude = layer->weight.detach().norm(2, 1).requires_grad_();
    layer->adapter = std::make_unique<LoraAdapter>(
        a, b, magnitude,
        LoraSettings{scale_of(alpha, rank, options.use_rslora), options.lora_dropout,
                     options.loraplus_lr_ratio > 0 ? options.loraplus_lr_ratio : 1.0, name_hash(name)});
  }
}

nlohmann::json lora_peft_config(const Options& options, const std::vector<std::string>& modules) {
  const double alpha = options.lora_alpha > 0 ? options.lora_alpha : 2.0 * static_cast<double>(options.lora_r);
  nlohmann::json config = {{"r", options.lora_r},
                           {"lora_alpha", alpha},
                           {"lora_dropout", options.lora_dropout},
                           {"use_rslora", options.use_rslora},
                           {"use_dora", options.use_dora},
                           {"bias", "none"},
                           {"fan_in_fan_out", false},
                           {"init_lora_weights", true},
                           {"target_modules", modules}};
  nlohmann::json ranks = nlohmann::json::object(), alphas = nlohmann::json::object();
  for (const auto& module : modules) {
    if (!options.rank_pattern.empty()) {
      ranks[module] = static_cast<std::int64_t>(pattern_value(options.rank_pattern, module, static_cast<double>(options.lora_r), "rank_pattern"));
    }
    if (!options.alpha_pattern.empty()) alphas[module] = pattern_value(options.alpha_pattern, module, alpha, "alpha_pattern");
  }
  config["rank_pattern"] = ranks;
  config["alpha_pattern"] = alphas;
  return config;
}

std::unique_ptr<Adapter> read_lora(const nlohmann::json& config, const std::string& module, const Layer& layer,
                                   const std::map<std::string, Tensor>& tensors) {
  for (const auto* key : {"use_qalora", "arrow_config", "use_bdlora", "kasa_config", "monteclora_config", "lora_bias", "layer_replication", "alora_invocation_tokens"}) {
    if (config.contains(key) && !config[key].is_null() && config[key] != false) {
      fail(ErrorKind::model, "adapter_config.json: {} is {}; this variant of LoRA is not supported", key, config[key].dump());
    }
  }
  const auto find = [&](const std::string& name) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) fail(ErrorKind::model, "adapter: '{}' has no tensor {}", module, name);
    return found->second.to(torch::kFloat).clone();
  };
  Tensor a = find("lora_A.weight"), b = find("lora_B.weight");
  const auto rank = a.dim() == 2 ? a.size(0) : 0;
  if (a.dim() != 2 || b.dim() != 2 || layer.shape().size() != 2 || a.size(1) != layer.shape()[1] ||
      b.size(0) != layer.shape()[0] || b.size(1) != rank) {
    fail(ErrorKind::model, "adapter: '{}' has lora_A [{}] and lora_B [{}]; the base's layer is [{}]: this adapter belongs to another base",
         module, join_numbers(a.sizes().vec()), join_numbers(b.sizes().vec()), join_numbers(layer.shape()));
  }
  const auto patterns = [&](const char* key) {
    std::map<std::string, std::string> result;
    if (config.contains(key) && config[key].is_object()) {
      for (const auto& [name, value] : config[key].items()) result[name] = value.dump();
    }
    return result;
  };
  const double alpha = pattern_value(patterns("alpha_pattern"), module, config.value("lora_alpha", 8.0), "alpha_pattern");
  const bool dora = config.value("use_dora", false);
  return std::make_unique<LoraAdapter>(
      a, b, dora ? find("lora_magnitude_vector") : Tensor(),
      LoraSettings{scale_of(alpha, rank, config.value("use_rslora", false)), config.value("lora_dropout", 0.0), 1.0, name_hash(module)});
}

}  // namespace strop
