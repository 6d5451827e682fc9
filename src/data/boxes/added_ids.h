// COCO's numbers ("category_id") of classes that a model gets beside its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace strop {

// The number of every label. labels: the model's own `known` ones first, then the added. own: the model's numbers;
// where they are fewer than `known`, the others have their place, from 1, as predictions do. file: the numbers of the
// added ones in the data's file, in their order; empty: it has none. An added class keeps the file's number unless
// another has it already; else it gets the next above all. What was decided is added to `notes`. Empty: neither the
// model nor the file has numbers.
std::vector<std::int64_t> ids_with_added(std::vector<std::int64_t> own, const std::vector<std::string>& labels,
                                         std::size_t known, const std::vector<std::int64_t>& file,
                                         std::vector<std::string>& notes);

}  // namespace strop
