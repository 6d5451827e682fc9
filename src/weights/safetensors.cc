#include "weights/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "weights/safetensors_header.h"

namespace strop {

SafetensorsFile::SafetensorsFile(const std::filesystem::path& file) : path_(file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (descriptor < 0 || ::fstat(descriptor, &status) != 0) {
    const int why = errno;
    if (descriptor >= 0) ::close(descriptor);
    fail(ErrorKind::model, "{}: cannot be read: {}", file.string(), std::strerror(why));
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  // An empty range can't be mapped; the parser then names the empty file.
  void* map =
      S_ISREG(status.st_mode) && size > 0 ? ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0) : nullptr;
  const int why = errno;
  ::close(descriptor);
  if (!S_ISREG(status.st_mode))
    fail(ErrorKind::model, "{}: is no regular file, expected a .safetensors file", file.string());
  if (map == MAP_FAILED) fail(ErrorKind::model, "{}: cannot be mapped: {}", file.string(), std::strerror(why));
  if (map != nullptr) map_.reset(map, [size](void* mapped) { ::munmap(mapped, size); });
  const std::span<const std::byte> content(static_cast<const std::byte*>(map), size);
  auto header = parse_safetensors_header(content, file.string());
  for (auto& [name, entry] : header.tensors) {
    tensors_.emplace(name, TensorView{std::move(entry.dtype), std::move(entry.shape),
                                      content.subspan(header.data_start + entry.begin, entry.end - entry.begin)});
  }
  metadata_ = std::move(header.metadata);
}

}  // namespace strop
