// One value of a JSON file together with where it stands, so that whoever reads it can say what is wrong with it:
// "tokenizer.json: model.unk_token: found 3 (number), expected a string". Every failure is Error(model).
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strop {

class JsonNode {
 public:
  // `value` and what it holds must outlive the node. `file` is named in the errors.
  JsonNode(const nlohmann::json& value, std::string file);

  bool is_null() const;
  bool is_object() const;
  bool is_string() const;
  // A member that must be there.
  JsonNode at(std::string_view key) const;
  // A member that may be absent or null.
  std::optional<JsonNode> find(std::string_view key) const;
  std::vector<JsonNode> items() const;                            // of an array
  std::vector<std::pair<std::string, JsonNode>> members() const;  // of an object

  bool as_bool() const;
  const std::string& as_string() const;
  double as_number() const;
  std::int32_t as_id() const;  // a whole number in [0, 2^31)

  // "file: key.path".
  std::string place() const;
  // found this value, expected `what`.
  [[noreturn]] void wrong(std::string_view what) const;
  // This value is a name that strop does not know; `supported` lists those it does.
  [[noreturn]] void unsupported(std::string_view supported) const;

 private:
  JsonNode(const nlohmann::json& value, std::string file, std::string path);

  const nlohmann::json* value_;
  std::string file_;
  std::string path_;
};

}  // namespace strop
