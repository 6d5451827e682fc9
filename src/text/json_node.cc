#include "text/json_node.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"

namespace strop {

using nlohmann::json;

JsonNode::JsonNode(const json& value, std::string file) : JsonNode(value, std::move(file), "") {}

JsonNode::JsonNode(const json& value, std::string file, std::string path)
    : value_(&value), file_(std::move(file)), path_(std::move(path)) {}

bool JsonNode::is_null() const { return value_->is_null(); }
bool JsonNode::is_object() const { return value_->is_object(); }
bool JsonNode::is_string() const { return value_->is_string(); }

JsonNode JsonNode::at(std::string_view key) const {
  if (!value_->is_object()) wrong("an object");
  const auto found = value_->find(key);
  if (found == value_->end()) fail(ErrorKind::model, "{}: the key '{}' is missing", place(), key);
  return {*found, file_, path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key)};
}

std::optional<JsonNode> JsonNode::find(std::string_view key) const {
  if (!value_->is_object()) wrong("an object");
  const auto found = value_->find(key);
  if (found == value_->end() || found->is_null()) return std::nullopt;
  return at(key);
}

std::vector<JsonNode> JsonNode::items() const {
  if (!value_->is_array()) wrong("an array");
  std::vector<JsonNode> out;
  for (const auto& item : *value_) out.push_back({item, file_, fmt::format("{}[{}]", path_, out.size())});
  return out;
}

std::vector<std::pair<std::string, JsonNode>> JsonNode::members() const {
  if (!value_->is_object()) wrong("an object");
  std::vector<std::pair<std::string, JsonNode>> out;
  for (const auto& [key, value] : value_->items()) out.emplace_back(key, at(key));
  return out;
}

bool JsonNode::as_bool() const {
  if (!value_->is_boolean()) wrong("true or false");
  return value_->get<bool>();
}

const std::string& JsonNode::as_string() const {
  if (!value_->is_string()) wrong("a string");
  return value_->get_ref<const std::string&>();
}

double JsonNode::as_number() const {
  if (!value_->is_number()) wrong("a number");
  return value_->get<double>();
}

std::int32_t JsonNode::as_id() const {
  if (!value_->is_number_unsigned() || value_->get<std::uint64_t>() > INT32_MAX) wrong("a whole number from 0 on");
  return static_cast<std::int32_t>(value_->get<std::uint64_t>());
}

std::string JsonNode::place() const { return path_.empty() ? file_ : file_ + ": " + excerpt(path_, 120); }

void JsonNode::wrong(std::string_view what) const {
  // Only scalars are shown: a whole object says less than its type.
  const std::string value = value_->is_primitive() ? excerpt(value_->dump()) + " " : "";
  fail(ErrorKind::model, "{}: found {}({}), expected {}", place(), value, value_->type_name(), what);
}

void JsonNode::unsupported(std::string_view supported) const {
  fail(ErrorKind::model, "{}: '{}' is not supported; supported: {}", place(), excerpt(as_string()), supported);
}

}  // namespace strop
