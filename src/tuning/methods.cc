#include "core/error.h"
#include "core/text.h"
#include "tuning/full.h"
#include "tuning/ia3.h"
#include "tuning/layerwise.h"
#include "tuning/lora.h"
#include "tuning/method.h"

namespace strop {

const std::vector<Method>& methods() {
  static const std::vector<Method> list = {
      {"head", "the task head alone, on cached features of the frozen encoder", &head_stages, &open_weights,
       {}, nullptr, nullptr, true},
      {"layerwise", "layer by layer: one block at a time, or the top k, each for few steps", &layerwise_stages, &open_weights},
      {"lora", "low-rank adapters (LoRA, rsLoRA, LoRA+, DoRA)", &lora_stages, &open_lora, "LORA", &lora_peft_config, &read_lora},
      {"full", "all weights", &full_stages, &open_weights},
      {"ia3", "trained factors on keys, values and the MLP", &ia3_stages, &open_ia3, "IA3", &ia3_peft_config, &read_ia3},
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

}  // namespace strop
