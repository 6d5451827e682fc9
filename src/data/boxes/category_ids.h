// COCO's numbers ("category_id") of a model's classes.
#pragma once

#include <cstdint>
#include <map>
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

// The number of every label of a model in what it finds on the pictures of a file: the file's own where it names the
// class, else the model's (its place, from 1, where `own` is shorter), or, where that is another class's in the file,
// the next above all. file: numbers by name.
std::vector<std::int64_t> ids_in_file(const std::vector<std::int64_t>& own, const std::vector<std::string>& labels,
                                      const std::map<std::string, std::int64_t>& file);

}  // namespace strop
