// The lines of a JSON text on which the members of its lists begin, for messages: a parsed tree no longer knows them.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace strop {

// Of each list that is a value of the outermost object, by its key: the line of each member, from 1. `text` has been
// parsed, so nothing is checked. Cost: one pass over the characters.
std::map<std::string, std::vector<std::size_t>> entry_lines(std::string_view text);

// What nlohmann::json says of a broken text, without its own number and the place ("[json.exception... column 9: ").
std::string json_fault(std::string_view what);

}  // namespace strop
