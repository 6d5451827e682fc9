// The project's own sources as text: for the tests that hold the tree to its rules.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/text.h"
#include "helpers.h"

namespace strop {

struct SourceFile {
  std::string path;  // from the project's root, as "src/core/text.cc"
  std::vector<std::string> lines;
};

// The .h, .cc and .py files below a folder of the project, in order of their paths; none where it is absent.
inline std::vector<SourceFile> sources_below(const std::string& folder) {
  const std::filesystem::path root = STROP_SOURCE_DIR;
  std::vector<SourceFile> files;
  if (!std::filesystem::exists(root / folder)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
    const auto suffix = entry.path().extension();
    if (!entry.is_regular_file() || (suffix != ".h" && suffix != ".cc" && suffix != ".py")) continue;
    files.push_back({entry.path().lexically_relative(root).string(), split(slurp(entry.path()), '\n')});
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

}  // namespace strop
