#include "config/yaml.h"

#include <cctype>
#include <nlohmann/json.hpp>

#include "config/schema.h"
#include "config/values.h"
#include "core/error.h"
#include "core/text.h"

namespace strop {
namespace {

[[noreturn]] void fail_kind(const YAML::Node& node, const std::string& key, const std::string& file,
                            const char* expected) {
  fail(ErrorKind::usage, "{}: {}: expected {}, found {}", yaml_place(file, node), key, expected, yaml_kind(node));
}

// Runs `parse` on a scalar's text; its errors get the place and the key.
template <typename Parse>
auto parse_placed(const YAML::Node& node, const std::string& key, const std::string& file, Parse parse) {
  try {
    return parse(node.Scalar());
  } catch (const Error& error) {
    fail(error.kind(), "{}: {}: {}", yaml_place(file, node), key, error.what());
  }
}

nlohmann::ordered_json to_json(const YAML::Node& node) {
  if (node.IsMap()) {
    auto object = nlohmann::ordered_json::object();
    for (const auto& pair : node) object[pair.first.Scalar()] = to_json(pair.second);
    return object;
  }
  if (node.IsSequence()) {
    auto array = nlohmann::ordered_json::array();
    for (const auto& item : node) array.push_back(to_json(item));
    return array;
  }
  if (!node.IsScalar()) return nullptr;
  // The tag "!" marks a quoted scalar: text, whatever it looks like.
  if (node.Tag() != "!") {
    const auto plain = nlohmann::ordered_json::parse(node.Scalar(), nullptr, /*allow_exceptions=*/false);
    if (plain.is_number() || plain.is_boolean()) return plain;
  }
  return node.Scalar();
}

}  // namespace

YAML::Node load_yaml_map(const std::string& text, const std::string& file) {
  std::vector<YAML::Node> documents;
  try {
    documents = YAML::LoadAll(text);
  } catch (const YAML::Exception& error) {
    fail(ErrorKind::usage, "{}:{}: this is no YAML: {}; expected lines such as 'learning_rate: 1e-4'", file,
         error.mark.line + 1, excerpt(error.msg, 120));
  }
  if (documents.empty() || (documents.size() == 1 && documents[0].IsNull())) return YAML::Node(YAML::NodeType::Map);
  if (documents.size() > 1) {
    fail(ErrorKind::usage, "{}: expected one YAML document, found {}; remove the lines '---'",
         yaml_place(file, documents[1]), documents.size());
  }
  if (!documents[0].IsMap()) {
    fail(ErrorKind::usage, "{}: expected keys such as 'learning_rate: 1e-4', found {}", yaml_place(file, documents[0]),
         yaml_kind(documents[0]));
  }
  return documents[0];
}

std::string yaml_place(const std::string& file, const YAML::Node& node) {
  return fmt::format("{}:{}", file, node.Mark().line + 1);
}

std::string yaml_kind(const YAML::Node& node) {
  if (node.IsMap()) return "a map";
  if (node.IsSequence()) return "a list";
  if (node.IsScalar()) return fmt::format("'{}'", excerpt(node.Scalar()));
  return "nothing";
}

std::string yaml_scalar(const YAML::Node& node, const std::string& key, const std::string& file) {
  if (!node.IsScalar()) fail_kind(node, key, file, "one value");
  return node.Scalar();
}

std::vector<std::string> yaml_list(const YAML::Node& node, const std::string& key, const std::string& file) {
  if (node.IsScalar()) return parse_placed(node, key, file, parse_list);
  if (!node.IsSequence()) fail_kind(node, key, file, "a list such as [a, b]");
  std::vector<std::string> items;
  for (const auto& item : node) items.push_back(yaml_scalar(item, key, file));
  return items;
}

std::map<std::string, std::string> yaml_map(const YAML::Node& node, const std::string& key, const std::string& file) {
  if (node.IsScalar()) return parse_placed(node, key, file, parse_map);
  if (!node.IsMap()) fail_kind(node, key, file, "a map such as {a: 1, b: 2}");
  std::map<std::string, std::string> items;
  for (const auto& pair : node) {
    const auto name = yaml_scalar(pair.first, key, file);
    if (!items.emplace(name, yaml_scalar(pair.second, key + "." + name, file)).second) {
      fail(ErrorKind::usage, "{}: {}: '{}' is given twice", yaml_place(file, pair.first), key, name);
    }
  }
  return items;
}

std::string yaml_quote(const std::string& text) {
  bool plain = !text.empty() && (std::isalnum(static_cast<unsigned char>(text[0])) != 0 || starts_with(text, "-0") ||
                                 (text.size() > 1 && text[0] == '-' && text[1] > '0' && text[1] <= '9') ||
                                 text[0] == '/' || starts_with(text, "./") || starts_with(text, "../"));
  for (const char c : text) {
    plain = plain && (std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("_-./+ ").find(c) < 6);
  }
  const auto word = lower_ascii(text);
  if (word == "null" || ends_with(text, " ")) plain = false;
  if (plain) return text;
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string yaml_flow(const std::vector<std::string>& items) {
  std::vector<std::string> quoted;
  for (const auto& item : items) quoted.push_back(yaml_quote(item));
  return "[" + join(quoted, ", ") + "]";
}

std::string yaml_flow(const std::map<std::string, std::string>& items) {
  std::vector<std::string> pairs;
  for (const auto& [name, value] : items) pairs.push_back(yaml_quote(name) + ": " + yaml_quote(value));
  return "{" + join(pairs, ", ") + "}";
}

std::string yaml_to_json(const std::string& text, const std::string& file) {
  return to_json(load_yaml_map(text, file)).dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace strop
