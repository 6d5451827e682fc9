#include "tuning/lora.h"

#include <torch/types.h>

#include <cmath>
#include <functional>
#include <set>

#include "core/error.h"
#include "core/text.h"
#include "nn/block.h"
#include "tuning/lora_adapter.h"
#include "tuning/lora_conv.h"
#include "tuning/pattern.h"
#include "tuning/seeded.h"

namespace strop {
namespace {

using torch::Tensor;

Patterns listed(const std::map<std::string, std::string>& patterns) { return {patterns.begin(), patterns.end()}; }

// The attention's query and value, under the names that the families give them.
const std::vector<std::string> kLoraTargets = {"query", "value", "q_proj", "v_proj",
                                               "q_lin", "v_lin", "qkv",    "in_proj"};

const Conv2d* as_conv(const Layer& layer) { return dynamic_cast<const Conv2d*>(&layer); }

// Where nothing is named: the attention's layers above, and convolutions that mix channels.
bool is_default(const std::string& module, const Layer& layer) {
  if (const auto* conv = as_conv(layer)) return conv->conv().groups == 1;
  return matches_modules(kLoraTargets, module, layer);
}

bool is_target(const Options& options, const std::string& module, const Layer& layer) {
  if (layer.kind() != LayerKind::linear && as_conv(layer) == nullptr) return false;
  const auto& wanted = options.target_modules;
  return (wanted.empty() ? is_default(module, layer) : matches_modules(wanted, module, layer)) &&
         !(!options.exclude_modules.empty() && matches_modules(options.exclude_modules, module, layer));
}

std::int64_t groups_of(const Layer& layer) {
  const auto* conv = as_conv(layer);
  return conv == nullptr ? 1 : conv->conv().groups;
}

std::int64_t rank_of(const Options& options, const std::string& module, const Layer& layer) {
  const auto rank = static_cast<std::int64_t>(
      pattern_value(listed(options.rank_pattern), module, static_cast<double>(options.lora_r), "rank_pattern"));
  const auto groups = groups_of(layer);
  return (rank + groups - 1) / groups * groups;
}

// Of the trained tensors.
struct Shapes {
  std::vector<std::int64_t> a, b, magnitude;
};
Shapes shapes_of(const Layer& layer, std::int64_t rank) {
  Shapes shapes = {layer.shape(), {layer.shape()[0], rank}, {layer.shape()[0]}};
  shapes.a[0] = rank;
  if (as_conv(layer) != nullptr) {
    shapes.b = {layer.shape()[0], rank / groups_of(layer), 1, 1};
    shapes.magnitude = {1, layer.shape()[0], 1, 1};
  }
  return shapes;
}

std::unique_ptr<Adapter> make_adapter(const Layer& layer, Tensor a, Tensor b, Tensor magnitude,
                                      const LoraSettings& settings) {
  if (const auto* conv = as_conv(layer)) {
    return std::make_unique<LoraConvAdapter>(*conv, std::move(a), std::move(b), std::move(magnitude), settings);
  }
  return std::make_unique<LoraAdapter>(std::move(a), std::move(b), std::move(magnitude), settings);
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
    const auto rank = rank_of(options, name, *layer);
    const auto shapes = shapes_of(*layer, rank);
    const double alpha = pattern_value(
        listed(options.alpha_pattern), name,
        options.lora_alpha > 0 ? options.lora_alpha : 2.0 * static_cast<double>(options.lora_r), "alpha_pattern");
    auto generator = generator_of(options, name);
    const double bound = 1.0 / std::sqrt(static_cast<double>(layer->weight.numel() / layer->shape()[0]));
    Tensor a = torch::empty(shapes.a).uniform_(-bound, bound, generator).requires_grad_();
    Tensor b = torch::zeros(shapes.b).requires_grad_();
    Tensor magnitude;
    if (options.use_dora) {
      magnitude = layer->weight.detach().flatten(1).norm(2, 1).reshape(shapes.magnitude).requires_grad_();
    }
    layer->adapter = make_adapter(*layer, a, b, magnitude,
                                  {scale_of(alpha, rank, options.use_rslora), options.lora_dropout,
                                   options.loraplus_lr_ratio > 0 ? options.loraplus_lr_ratio : 1.0, name_hash(name)});
  }
}

nlohmann::json lora_peft_config(const Options& options, const NamedLayers& adapted) {
  const double alpha = options.lora_alpha > 0 ? options.lora_alpha : 2.0 * static_cast<double>(options.lora_r);
  nlohmann::json config = {{"r", options.lora_r},
                           {"lora_alpha", alpha},
                           {"lora_dropout", options.lora_dropout},
                           {"use_rslora", options.use_rslora},
                           {"use_dora", options.use_dora},
                           {"bias", "none"},
                           {"fan_in_fan_out", false},
                           {"init_lora_weights", true},
                           {"target_modules", names_of(adapted)}};
  nlohmann::json ranks = nlohmann::json::object(), alphas = nlohmann::json::object();
  bool one_rank = true;
  for (const auto& [module, layer] : adapted) {
    ranks[module] = rank_of(options, module, *layer);
    one_rank = one_rank && ranks[module] == options.lora_r;
    if (!options.alpha_pattern.empty())
      alphas[module] = pattern_value(listed(options.alpha_pattern), module, alpha, "alpha_pattern");
  }
  if (one_rank) ranks = nlohmann::json::object();
  config["rank_pattern"] = ranks;
  config["alpha_pattern"] = alphas;
  return config;
}

std::unique_ptr<Adapter> read_lora(const nlohmann::json& config, const std::string& module, const Layer& layer,
                                   const std::map<std::string, Tensor>& tensors) {
  for (const auto* key : {"use_qalora", "arrow_config", "use_bdlora", "kasa_config", "monteclora_config", "lora_bias",
                          "layer_replication", "alora_invocation_tokens"}) {
    if (config.contains(key) && !config[key].is_null() && config[key] != false) {
      fail(ErrorKind::model, "adapter_config.json: {} is {}; this variant of LoRA is not supported", key,
           config[key].dump());
    }
  }
  // These begin on the base's own weights; the others stand on what PEFT made of them.
  static const std::set<std::string> kOnBase = {"gaussian", "eva", "orthogonal", "mica"};
  if (const auto begun = config.find("init_lora_weights");
      begun != config.end() && begun->is_string() && !kOnBase.contains(lower_ascii(begun->get<std::string>()))) {
    fail(ErrorKind::model,
         "adapter_config.json: init_lora_weights is {}: such an adapter stands on changed weights of the base and is "
         "not supported; save it from PEFT with path_initial_model_for_weight_conversion: then it is a plain one",
         begun->dump());
  }
  const auto find = [&](const std::string& name) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) fail(ErrorKind::model, "adapter: '{}' has no tensor {}", module, name);
    return found->second.to(torch::kFloat).clone();
  };
  Tensor a = find("lora_A.weight"), b = find("lora_B.weight");
  const auto rank = a.dim() > 0 ? a.size(0) : 0;
  const auto groups = groups_of(layer);
  const bool whole = rank > 0 && rank % groups == 0 && (layer.kind() == LayerKind::linear || as_conv(layer) != nullptr);
  auto shapes = whole ? shapes_of(layer, rank) : Shapes{};
  if (groups > 1 && whole) shapes.a[1] *= groups;  // PEFT's A has none
  if (!whole || a.sizes() != shapes.a || b.sizes() != shapes.b) {
    fail(
        ErrorKind::model,
        "adapter: '{}' has lora_A [{}] and lora_B [{}]; the base's layer is [{}]: this adapter belongs to another base",
        module, join_numbers(a.sizes().vec()), join_numbers(b.sizes().vec()), join_numbers(layer.shape()));
  }
  if (groups > 1) {
    a = without_zeros(as_conv(layer)->conv(), a);
    if (!a.defined()) {
      fail(ErrorKind::model,
           "adapter: lora_A of '{}' mixes the {} groups of this convolution: such an adapter does not fold into it and "
           "is not supported",
           module, groups);
    }
  }
  const auto patterns = [&](const char* key) {
    Patterns result;
    for (const auto& one : config.value(key, nlohmann::json::array()))
      result.emplace_back(one[0].get<std::string>(), one[1].dump());
    return result;
  };
  const auto said = config.find("r");
  const auto expected = said != config.end() && said->is_number_integer()
                            ? pattern_value(patterns("rank_pattern"), module, said->get<double>(), "rank_pattern")
                            : 0.0;
  if (expected != static_cast<double>(rank)) {
    fail(ErrorKind::model,
         "adapter_config.json: r is {} for '{}', but its lora_A has {} rows: config and weights are not "
         "those of one adapter",
         said == config.end() ? "absent" : said->dump(), module, rank);
  }
  const double alpha =
      pattern_value(patterns("alpha_pattern"), module, config.value("lora_alpha", 8.0), "alpha_pattern");
  const bool dora = config.value("use_dora", false);
  return make_adapter(layer, a, b, dora ? find("lora_magnitude_vector") : Tensor(),
                      {scale_of(alpha, rank, config.value("use_rslora", false)), config.value("lora_dropout", 0.0), 1.0,
                       name_hash(module)});
}

}  // namespace strop
