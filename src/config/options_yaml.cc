// Options as YAML, both ways.
#include <map>

#include "config/options_node.h"
#include "config/schema.h"
#include "config/values.h"
#include "config/yaml.h"
#include "core/error.h"
#include "core/text.h"

namespace strop {
namespace {

class Reader {
 public:
  Reader(Options& options, const std::string& file) : options_(options), file_(file) {}

  void read(const YAML::Node& map, const std::string& section) {
    for (const auto& pair : map) {
      const auto name = yaml_scalar(pair.first, "key", file_);
      const Key* key = lookup_key(name);
      const bool is_heading = pair.second.IsMap() && (key == nullptr || key->type != "map");
      if (is_heading && section.empty()) {
        read(pair.second, name);
      } else {
        set(pair.first, name, pair.second, section);
      }
    }
  }

 private:
  void set(const YAML::Node& name_node, const std::string& name, const YAML::Node& value, const std::string& section) {
    const auto place = yaml_place(file_, name_node);
    if (lookup_key(name) == nullptr) fail_unknown(name, place, section);
    const Key& key = find_key(name, place);
    const auto [earlier, is_new] = seen_.emplace(key.name, std::make_pair(name, place));
    if (!is_new) {
      const auto& [other_name, other_place] = earlier->second;
      fail(ErrorKind::usage, "{}: '{}' is given twice{} (first at {}); keep one", place, name,
           other_name == name ? "" : fmt::format(", also as '{}'", other_name), other_place);
    }
    if (value.IsNull()) return;
    set_option(options_, name, text_of(value, key), place);
  }

  std::string text_of(const YAML::Node& value, const Key& key) const {
    if (key.type == "list") return list_text(yaml_list(value, key.name, file_));
    if (key.type == "map") return map_text(yaml_map(value, key.name, file_));
    return yaml_scalar(value, key.name, file_);
  }

  // A map under a list's key, or under a misspelled map key, was taken for a section: say so.
  [[noreturn]] void fail_unknown(const std::string& name, const std::string& place, const std::string& section) const {
    const Key* heading = section.empty() ? nullptr : lookup_key(section);
    if (heading != nullptr && heading->type == "list") {
      fail(ErrorKind::usage, "{}: {}: expected a list such as [a, b], found a map", place, heading->name);
    }
    for (const auto& key : schema()) {
      if (key.type == "map" && !section.empty() && nearest(section, {key.name}) == key.name) {
        fail(ErrorKind::usage, "{}: unknown key '{}' under '{}'; did you mean '{}'?", place, name, section, key.name);
      }
    }
    find_key(name, place);
    fail(ErrorKind::internal, "{}: '{}' is unknown and known", place, name);
  }

  Options& options_;
  const std::string& file_;
  std::map<std::string, std::pair<std::string, std::string>> seen_;  // key -> name as written, place
};

std::string value_text(const Key& key, const Options& options) {
  if (key.type == "list") return yaml_flow(parse_list(key.get(options)));
  if (key.type == "map") return yaml_flow(parse_map(key.get(options)));
  return yaml_quote(key.get(options));
}

}  // namespace

void read_options_node(Options& options, const YAML::Node& node, const std::string& file) {
  Reader(options, file).read(node, "");
}

void read_options_yaml(Options& options, const std::string& text, const std::string& file) {
  Options result = options;
  read_options_node(result, load_yaml_map(text, file), file);
  options = std::move(result);
}

std::string options_to_yaml(const Options& options, const std::string& indent) {
  std::string out, group;
  for (const auto& key : schema()) {
    if (key.group != group) {
      out += fmt::format("{}{}### {}\n", group.empty() ? "" : "\n", indent, lower_ascii(key.group));
      group = key.group;
    }
    out += fmt::format("{}{}: {}\n", indent, key.name, value_text(key, options));
  }
  return out;
}

std::string options_to_yaml(const Options& options) { return options_to_yaml(options, ""); }

}  // namespace strop
