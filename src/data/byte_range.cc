#include "data/byte_range.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"

namespace strop {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;

class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

[[noreturn]] void fail_system(const std::string& name) {
  fail(ErrorKind::data, "{}: cannot be read: {}", name, std::strerror(errno));
}

std::uint64_t size_of(const OpenFile& file, const std::string& name) {
  struct stat status {};
  if (file.descriptor() < 0 || ::fstat(file.descriptor(), &status) != 0) fail_system(name);
  // A pipe or a device would block (opening it too, but for O_NONBLOCK) or never end.
  if (!S_ISREG(status.st_mode)) fail(ErrorKind::data, "{}: is not a regular file", name);
  return static_cast<std::uint64_t>(status.st_size);
}

std::string read_part(const OpenFile& file, std::uint64_t offset, std::uint64_t size, const std::string& name) {
  if (size > kMostBytes) fail(ErrorKind::data, "{}: found {} bytes, above the limit of {}", name, size, kMostBytes);
  std::string bytes(size, '\0');
  std::uint64_t done = 0;
  while (done < size) {
    const auto got = ::pread(file.descriptor(), bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_system(name);
    if (got == 0) fail(ErrorKind::data, "{}: the file ends after {} of {} bytes", name, done, size);
    done += static_cast<std::uint64_t>(got);
  }
  return bytes;
}

}  // namespace

HeldBytes read_range(const ByteRange& range, const std::string& name) {
  if (range.memory != nullptr) {
    const std::string_view all(*range.memory);
    if (range.offset > all.size()) fail(ErrorKind::data, "{}: lies behind the end of {}", name, range.file);
    return {range.memory, all.substr(range.offset, range.size)};
  }
  const OpenFile file(range.file);
  const std::uint64_t whole = size_of(file, name);
  if (range.offset > whole) fail(ErrorKind::data, "{}: lies behind the end of {}", name, range.file);
  const std::uint64_t size = range.size == ByteRange::kWhole ? whole - range.offset : range.size;
  auto bytes = std::make_shared<const std::string>(read_part(file, range.offset, size, name));
  const std::string_view view(*bytes);
  return {std::move(bytes), view};
}

}  // namespace strop
