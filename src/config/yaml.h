// YAML with places: what the readers of options and plans share.
#pragma once

#include <yaml-cpp/yaml.h>

#include <map>
#include <string>
#include <vector>

namespace strop {

// The one document in `text`, a map or nothing. Error(usage) with file:line where it is anything else.
YAML::Node load_yaml_map(const std::string& text, const std::string& file);
// "train.yaml:7".
std::string yaml_place(const std::string& file, const YAML::Node& node);
// "text", "a list", "a map" or "nothing": for messages.
std::string yaml_kind(const YAML::Node& node);

// The text of a scalar; Error(usage) naming `key` where the node is something else.
std::string yaml_scalar(const YAML::Node& node, const std::string& key, const std::string& file);
// A list of scalars, or a scalar "a,b". Error(usage) as above.
std::vector<std::string> yaml_list(const YAML::Node& node, const std::string& key, const std::string& file);
// A map of scalars, or a scalar "a=1,b=2". Error(usage) as above, and for a name given twice.
std::map<std::string, std::string> yaml_map(const YAML::Node& node, const std::string& key, const std::string& file);

// A scalar as YAML: plain where that reads back the same text, else in double quotes.
std::string yaml_quote(const std::string& text);
std::string yaml_flow(const std::vector<std::string>& items);            // [a, b]
std::string yaml_flow(const std::map<std::string, std::string>& items);  // {a: 1, b: 2}

}  // namespace strop
