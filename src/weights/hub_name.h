// What `--model` may name, told apart before anything is fetched.
#pragma once

#include <string>

namespace strop {

// "name" or "org/name" as the hub allows: letters, digits, '-', '_', '.', at most 96 characters, no "--" or "..",
// no part that begins or ends with '-' or '.'.
bool is_hub_name(const std::string& name);

// Percent-encodes all but letters, digits, '-', '_', '.', '~' and (kept as separators) '/' unless encode_slash.
std::string url_encode(const std::string& text, bool encode_slash = false);

// False for what must not become a path below a folder: absolute, empty, or with a "..", "." or empty part.
bool is_safe_relative_path(const std::string& path);

}  // namespace strop
