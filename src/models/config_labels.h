// id2label of a config that lacks it: timm's label names, a list beside the weights, else a number for each output of
// the file's head.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace strop {

// `classes`: outputs of the head that the file holds; with 0 nothing is added.
void add_labels(nlohmann::json& config, std::int64_t classes);

// From the one file *.names in the folder of `place`, one label a line: how detectors are handed on. Error(model) where
// there are not as many as `classes`, or one twice.
void add_listed_labels(nlohmann::json& config, const std::filesystem::path& place, std::int64_t classes);

}  // namespace strop
