// Options inside a larger YAML document (a plan).
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>

#include "strop/options.h"

namespace strop {

// As read_options_yaml, from a map that is already parsed.
void read_options_node(Options& options, const YAML::Node& node, const std::string& file);
std::string options_to_yaml(const Options& options, const std::string& indent);

}  // namespace strop
