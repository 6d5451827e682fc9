// config.json of a saved model: the one that came in, with the labels and the input form of the new task.
#pragma once

#include <nlohmann/json.hpp>

#include "models/model.h"

namespace strop {

// timm's keys (num_classes, pretrained_cfg) where the config names an `architecture`, as timm's do; else Transformers'
// (architectures, problem_type). id2label and label2id in both, and the pictures' size where the config has one.
nlohmann::json saved_config(const Model& model);

}  // namespace strop
