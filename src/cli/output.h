// What the verbs print.
#pragma once

#include <filesystem>
#include <string>

#include "strop/options.h"

namespace strop {

// Text to standard output with one newline at its end. Error(usage) where it can't be written (a full disk).
void print(const std::string& text);

// Error(usage) where the file `out` is one that `options` name to be read.
void refuse_own_input(const std::filesystem::path& out, const Options& options);

// The figures of a flat JSON object, one "name  value" a line; lists and objects are left to --json.
std::string figures_text(const std::string& json);

}  // namespace strop
