// A file mapped for reading: opening costs nothing, pages come in as they are used and can leave again.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace strop {

// What the readers of weight files advise where one is malformed.
inline constexpr const char* kDamaged = "the file is truncated or damaged: fetch it again";

class MappedFile {
 public:
  // Error(model) with the system's reason: missing, unreadable, a folder, no room for the map.
  explicit MappedFile(const std::filesystem::path& file);

  const std::filesystem::path& path() const { return path_; }
  std::span<const std::byte> bytes() const { return bytes_; }  // valid while the object lives; empty for an empty file

 private:
  std::filesystem::path path_;
  std::shared_ptr<const void> map_;  // unmaps when the object goes
  std::span<const std::byte> bytes_;
};

// Error(model) for the small text that Git LFS leaves where the weights were not fetched.
void refuse_git_lfs_pointer(std::string_view content, const std::string& file);

}  // namespace strop
