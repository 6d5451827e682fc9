// preprocessor_config.json, by which Transformers prepares pictures, written from an input form.
#pragma once

#include <filesystem>
#include <string>

#include "image/input_form.h"

namespace strop {

// Writes it for `form`: the base's own keys where `base` holds such a file, changed where the form differs.
void write_preprocessor(const std::filesystem::path& folder, const std::filesystem::path& base, const InputForm& form);

// Which keys of the form only strop reads, and what others do instead; "" where the files say all of it to everyone.
std::string unread_elsewhere(const InputForm& form);

}  // namespace strop
