// What the verbs print.
#pragma once

#include <string>

namespace strop {

// Text to standard output with one newline at its end. Error(usage) where it can't be written (a full disk).
void print(const std::string& text);

// The figures of a flat JSON object, one "name  value" a line; lists and objects are left to --json.
std::string figures_text(const std::string& json);

}  // namespace strop
