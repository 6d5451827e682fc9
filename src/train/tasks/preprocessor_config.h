// preprocessor_config.json, by which Transformers prepares pictures, written from an input form.
#pragma once

#include <filesystem>

#include "image/input_form.h"

namespace strop {

// Writes it for `form`: the base's own keys where `base` holds such a file, changed where the form differs.
void write_preprocessor(const std::filesystem::path& folder, const std::filesystem::path& base, const InputForm& form);

}  // namespace strop
