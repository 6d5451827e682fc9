#include "data/boxes/entry_lines.h"

namespace strop {

std::map<std::string, std::vector<std::size_t>> entry_lines(std::string_view text) {
  std::map<std::string, std::vector<std::size_t>> lines;
  std::vector<std::size_t>* list = nullptr;  // the one that is being read
  std::string_view key;                      // the last text at the outermost object's level
  std::size_t line = 1;
  int depth = 0;
  bool awaited = false;  // a member of the list may begin
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') ++line;
    if (c == '\n' || c == '\r' || c == ' ' || c == '\t') continue;
    if (depth == 2 && list != nullptr && awaited && c != ']') {
      list->push_back(line);
      awaited = false;
    }
    if (c == '"') {
      const auto begin = ++i;
      while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
      if (depth == 1) key = text.substr(begin, i - begin);
    } else if (c == '{' || c == '[') {
      if (++depth == 2 && c == '[') {
        list = &lines[std::string(key)];
        list->clear();  // of a key that stands twice the last one counts
        awaited = true;
      }
    } else if (c == '}' || c == ']') {
      if (--depth == 1) list = nullptr;
    } else if (c == ',' && depth == 2) {
      awaited = true;
    }
  }
  return lines;
}

std::string json_fault(std::string_view what) {
  const auto place = what.find(", column ");
  const auto begin = place == std::string_view::npos ? what.find("] ") : what.find(": ", place);
  std::string fault(begin == std::string_view::npos ? what : what.substr(begin + 2));
  if (fault.find("invalid literal") != std::string::npos) fault += " (NaN and Infinity are none of JSON's numbers)";
  return fault;
}

}  // namespace strop
