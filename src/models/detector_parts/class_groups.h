// The classes of a detector by groups (models/detector.h), as the builders of its row need them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/layer_shapes.h"
#include "models/model.h"

namespace strop {

// The name, in the state, of what a group's branch writes: "outputs", "outputs.0" of the first increment, ...
std::string group_output(std::size_t group);
// The name of a group's block: `head`, "increments.0", ...
std::string group_block(std::size_t group, const std::string& head);

// Classes of each group that a file holds: the outputs of `layer` behind the name of each group's block. Empty: it
// holds no head.
std::vector<std::int64_t> stored_groups(const LayerShapes& shapes, const std::string& head, const std::string& layer);

// Classes of each group that a model gets: options.groups, else by the labels that are wanted: those of the file where
// they are kept, with one group more for the labels beyond them, or a single new head for others.
std::vector<std::int64_t> group_sizes(const std::vector<std::int64_t>& stored, const ModelOptions& options);

// Numbers of labels, counted through the groups.
std::vector<std::vector<std::int32_t>> group_labels(const std::vector<std::int64_t>& sizes);

// The side of the square pictures: image_size, else `usual`. Error(usage) where it does not divide by `stride`.
std::int64_t detector_side(const ModelOptions& options, std::int64_t usual, std::int64_t stride);

}  // namespace strop
