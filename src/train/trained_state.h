// The changing tensors of a model by name, whatever the stage: weights that differ from the file's, and adapters.
#pragma once

#include <map>
#include <set>
#include <string>

#include "models/model.h"

namespace strop {

// Copies of the adapters' tensors ("<module>.<tensor>") and of the `stored` ones, by on-disk name.
std::map<std::string, torch::Tensor> copy_tensors(const Model& model, const std::set<std::string>& stored);
// Error(model) with the name of a stored tensor that holds numbers that are not finite; nothing where none does. For
// when a loss or features turn out not to be: a look at every weight.
void refuse_bad_weights(const Model& model);
// Writes them back in place. Names that the model lacks are ignored: they belong to a later stage.
void write_tensors(Model& model, const std::map<std::string, torch::Tensor>& tensors);

}  // namespace strop
