// The files by which sentence-transformers opens a text classifier that reads the mean of the tokens or the first one.
#pragma once

#include <filesystem>

#include "models/model.h"

namespace strop {

// modules.json and the folders that it names: Transformer, Pooling, Dense; the logits are its "embedding".
void write_sentence_transformers(const std::filesystem::path& folder, const Model& model);

}  // namespace strop
