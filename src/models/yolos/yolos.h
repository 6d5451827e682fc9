// YOLOS (arXiv 2106.00666), a detector that is a vision transformer with detection tokens beside the patches, as a row:
//   embeddings -> layer 0 ... layer L-1 -> layernorm -> heads -> increments.0 ...
//
// Files of Transformers (YolosForObjectDetection), read and saved under the same names. Its class probabilities are a
// softmax with a class of "nothing", so classes that are added get heads of their own, of classes and boxes, on the
// same frozen tokens; Transformers does not open these. Parity: tests/models/yolos_test.cc.
#pragma once

#include <memory>
#include <optional>

#include "models/family.h"

namespace strop {

// By model_type yolos. Error(model): weights with YOLOS's names and no config.json, which alone says how many heads
// there are and what grid the table of positions is.
std::optional<Recognition> recognise_yolos(const ModelFiles& files);

// config keys read: those of models/vit/read_dims.h, hidden_act num_detection_tokens use_mid_position_embeddings
// class_cost bbox_cost giou_cost bbox_loss_coefficient giou_loss_coefficient eos_coefficient, and "groups" as the
// recognition writes it. Pictures are squares of image_size, else of the shorter side of the config's. Error(model)
// naming the key for what cannot be, Error(usage) for a side that is no whole number of patches.
std::unique_ptr<Model> build_yolos(const nlohmann::json& config, const ModelOptions& options, const std::string& where);

}  // namespace strop
