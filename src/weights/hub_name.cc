#include "weights/hub_name.h"

#include <algorithm>

#include "core/error.h"
#include "core/text.h"

namespace strop {
namespace {

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_part(const std::string& part) {
  const auto edge = [](char c) { return c == '-' || c == '.'; };
  return !part.empty() && !edge(part.front()) && !edge(part.back()) &&
         std::all_of(part.begin(), part.end(), [](char c) { return is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

}  // namespace

bool is_hub_name(const std::string& name) {
  const auto parts = split(name, '/');
  return parts.size() <= 2 && name.size() <= 96 && name.find("--") == std::string::npos &&
         name.find("..") == std::string::npos && std::all_of(parts.begin(), parts.end(), is_part);
}

std::string url_encode(const std::string& text, bool encode_slash) {
  std::string out;
  for (const char c : text) {
    if (is_alnum(c) || c == '-' || c == '_' || c == '.' || c == '~' || (c == '/' && !encode_slash)) out += c;
    else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

bool is_safe_relative_path(const std::string& path) {
  const auto parts = split(path, '/');
  return path.find('\0') == std::string::npos && std::none_of(parts.begin(), parts.end(), [](const std::string& part) {
           return part.empty() || part == "." || part == "..";
         });
}

}  // namespace strop
