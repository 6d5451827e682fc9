// The changing tensors of a model by name, whatever the stage: weights that differ from the file's, and adapters.
#pragma once

#include <map>
#include <set>
#include <string>

#include "models/model.h"

namespace strop {

// Copies of the adapters' tensors ("<module>.<tensor>") and of the `stored` ones, by on-disk name.
std::map<std::string, torch::Tensor> copy_tensors(const Model& model, const std::set<std::string>& stored);
// Writes them back in place. Names that the model lacks are ignored: they belong to a later stage.
void write_tensors(Model& model, const std::map<std::string, torch::Tensor>& tensors);

}  // namespace strop
