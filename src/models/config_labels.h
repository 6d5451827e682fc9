// id2label of a config that lacks it: timm's label names, else a number for each output of the file's head.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

namespace strop {

// `classes`: outputs of the head that the file holds; with 0 nothing is added.
void add_labels(nlohmann::json& config, std::int64_t classes);

}  // namespace strop
