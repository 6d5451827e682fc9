// What tests of readers of boxes share.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace strop {

inline bool hold(const std::vector<std::string>& notes, const std::string& text) {
  return std::any_of(notes.begin(), notes.end(),
                     [&](const auto& note) { return note.find(text) != std::string::npos; });
}

// A COCO file of one picture, a.png, and the categories 7 (cat) and 3 (dog).
inline std::string coco(const std::string& annotations, const std::string& more_pictures = "") {
  return R"({"images": [{"id": 5, "file_name": "a.png", "width": 40, "height": 30})" + more_pictures +
         R"(], "categories": [{"id": 7, "name": "cat"}, {"id": 3, "name": "dog"}], "annotations": [)" + annotations +
         "]}";
}

}  // namespace strop
