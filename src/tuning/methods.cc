#include "core/error.h"
#include "core/text.h"
#include "tuning/adaptformer.h"
#include "tuning/bitfit.h"
#include "tuning/full.h"
#include "tuning/ia3.h"
#include "tuning/increment.h"
#include "tuning/layerwise.h"
#include "tuning/lora.h"
#include "tuning/method.h"
#include "tuning/norm_tuning.h"
#include "tuning/ssf.h"
#include "tuning/vpt.h"

namespace strop {

const std::vector<Method>& methods() {
  static const std::vector<Method> list = {
      {"head",
       "the task head alone, on cached features of the frozen encoder",
       Trains::weights,
       &head_stages,
       &open_weights,
       {},
       nullptr,
       nullptr,
       true},
      {"layerwise", "layer by layer: one block at a time, or the top k, each for few steps", Trains::weights,
       &layerwise_stages, &open_weights},
      {"lora", "low-rank adapters (LoRA, rsLoRA, LoRA+, DoRA)", Trains::adapters, &lora_stages, &open_lora, "LORA",
       &lora_peft_config, &read_lora},
      {"full", "all weights", Trains::weights, &full_stages, &open_weights},
      {"ia3", "trained factors on keys, values and the MLP", Trains::adapters, &ia3_stages, &open_ia3, "IA3",
       &ia3_peft_config, &read_ia3},
      {"bitfit", "the biases alone", Trains::parts, &bitfit_stages, &open_biases},
      {"ssf", "factors and shifts on the results of layers, folded in at the end", Trains::adapters, &ssf_stages,
       &open_ssf},
      {"adaptformer", "a bottleneck beside each MLP", Trains::adapters, &adaptformer_stages, &open_adaptformer,
       "ADAPTFORMER", &adaptformer_config, &read_adaptformer, false, Labels::data, false},
      {"vpt", "trained tokens beside the picture's, in each block or in the first", Trains::adapters, &vpt_stages,
       &open_vpt, "VPT", &vpt_config, &read_vpt, false, Labels::data, false, false},
      {"norm", "factors and shifts of the norm layers alone", Trains::parts, &norm_stages, &open_norms},
      {"incremental",
       "classes added to a detector: a branch of their own, the old answers untouched",
       Trains::weights,
       &increment_stages,
       &open_weights,
       {},
       nullptr,
       nullptr,
       false,
       Labels::model_and_data},
      {"join",
       "all weights of a detector at a low rate, its classes kept: what follows incremental",
       Trains::weights,
       &join_stages,
       &open_weights,
       {},
       nullptr,
       nullptr,
       false,
       Labels::model},
  };
  return list;
}

const Method& find_method(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& method : methods()) {
    if (method.name == name) return method;
    names.push_back(method.name);
  }
  const auto close = nearest(name, names);
  fail(ErrorKind::usage, "method: no '{}'{}; expected one of {}", name,
       close.empty() ? "" : " (did you mean '" + close + "'?)", join(names, ", "));
}

std::vector<std::string> names_of(const NamedLayers& layers) {
  std::vector<std::string> names;
  for (const auto& [name, layer] : layers) names.push_back(name);
  return names;
}

void fail_unmergeable(const std::string& method) {
  fail(ErrorKind::usage,
       "method {}: what it trains stands beside the weights and does not fold into them; use save=adapter, and the run "
       "folder (or --adapter) for eval and predict",
       method);
}

}  // namespace strop
