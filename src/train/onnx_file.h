// A network of pictures as an ONNX file, for programs that only use it.
#pragma once

#include <filesystem>

#include "models/model.h"

namespace strop {

// Input `pixels` (batch x 3 x height x width, fp32, normalised as the input form says), output `logits` (batch x
// labels); of a detector instead `boxes` and `scores` (Detector::export_to), an increment's own as `boxes.0`,
// `scores.0` and so on, whose classes follow in `labels`. The batch is free, the picture's size is that of the model's
// input form. metadata_props: `task`, `family`, `labels` (a JSON array in the order of the outputs) and `input` (a JSON
// object: what to do with a picture). Adapters must have been merged. Error(model): the family can't be written so, or
// the network is too large for the format.
void write_onnx(const Model& model, const std::filesystem::path& file);

}  // namespace strop
