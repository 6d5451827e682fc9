#include "weights/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/text.h"

namespace strop {

MappedFile::MappedFile(const std::filesystem::path& file) : path_(file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (descriptor < 0 || ::fstat(descriptor, &status) != 0) {
    const int why = errno;
    if (descriptor >= 0) ::close(descriptor);
    fail(ErrorKind::model, "{}: cannot be read: {}", file.string(), std::strerror(why));
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  // An empty range can't be mapped; the parsers then name the empty file.
  void* map =
      S_ISREG(status.st_mode) && size > 0 ? ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0) : nullptr;
  const int why = errno;
  ::close(descriptor);
  if (!S_ISREG(status.st_mode)) fail(ErrorKind::model, "{}: is no regular file, expected a weight file", file.string());
  if (map == MAP_FAILED) fail(ErrorKind::model, "{}: cannot be mapped: {}", file.string(), std::strerror(why));
  if (map != nullptr) map_.reset(map, [size](void* mapped) { ::munmap(mapped, size); });
  bytes_ = {static_cast<const std::byte*>(map), size};
}

void refuse_git_lfs_pointer(std::string_view content, const std::string& file) {
  if (!starts_with(content, "version https://git-lfs")) return;
  fail(ErrorKind::model, "{}: is a Git LFS pointer, expected the weights themselves: run 'git lfs pull' there", file);
}

}  // namespace strop
