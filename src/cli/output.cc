#include "cli/output.h"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "config/schema.h"
#include "core/error.h"
#include "core/text.h"

namespace strop {

void print(const std::string& text) {
  std::cout << text << (ends_with(text, "\n") ? "" : "\n") << std::flush;
  if (!std::cout) fail(ErrorKind::usage, "standard output: can't be written; is the disk full or the reader gone?");
}

void refuse_own_input(const std::filesystem::path& out, const Options& options) {
  std::error_code none;
  for (const auto& key : schema()) {
    const auto given = key.values == "path" && key.name != "out" ? key.get(options) : "";
    if (given.empty() || !std::filesystem::equivalent(out, given, none)) continue;
    fail(ErrorKind::usage, "out: '{}' is the file that {} reads; expected another one", out.string(), key.name);
  }
}

std::string figures_text(const std::string& json) {
  const auto object = nlohmann::ordered_json::parse(json);
  std::size_t width = 0;
  for (const auto& [name, value] : object.items()) {
    if (value.is_primitive()) width = std::max(width, name.size());
  }
  std::string out;
  for (const auto& [name, value] : object.items()) {
    if (!value.is_primitive()) continue;
    const auto text = value.is_string()         ? value.get<std::string>()
                      : value.is_number_float() ? fmt::format("{:.5g}", value.get<double>())
                                                : value.dump();
    out += fmt::format("{:<{}}  {}\n", name, width, text);
  }
  return out;
}

}  // namespace strop
