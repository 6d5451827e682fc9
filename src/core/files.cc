#include "core/files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <utility>

namespace strop {
namespace fs = std::filesystem;
namespace {

std::string reason() { return std::strerror(errno); }

// Writes all bytes or returns false with errno set.
bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(descriptor, content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void make_parent(const fs::path& path) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (error) fail(ErrorKind::usage, "{}: cannot create the folder: {}", path.parent_path().string(), error.message());
}

class Sha256 {
 public:
  Sha256() { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
    std::string out;
    for (unsigned int i = 0; i < size; ++i) out += fmt::format("{:02x}", digest[i]);
    return out;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

}  // namespace

std::string read_file(const fs::path& path, ErrorKind kind, std::uint64_t limit) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) fail(kind, "{}: no such file", path.string());
  if (fs::is_directory(status)) fail(kind, "{}: is a folder; expected a file", path.string());
  std::ifstream in(path, std::ios::binary);
  if (!in) fail(kind, "{}: cannot be read: {}", path.string(), reason());
  std::string content;
  std::array<char, 1 << 16> chunk;
  while (in.read(chunk.data(), chunk.size()) || in.gcount() > 0) {
    content.append(chunk.data(), static_cast<std::size_t>(in.gcount()));
    if (content.size() > limit) fail(kind, "{}: larger than the limit of {} bytes", path.string(), limit);
  }
  return content;
}

AtomicFile::AtomicFile(const fs::path& path)
    : path_(path),
      sibling_(path.parent_path() / ("." + path.filename().string() + ".tmp" + std::to_string(::getpid()))) {
  make_parent(path);
  descriptor_ = ::open(sibling_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(ErrorKind::usage, "{}: cannot be written: {}", path.string(), reason());
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!sibling_.empty()) ::unlink(sibling_.c_str());
}

void AtomicFile::write(std::string_view piece) {
  if (!write_all(descriptor_, piece)) fail(ErrorKind::usage, "{}: cannot be written: {}", path_.string(), reason());
}

void AtomicFile::commit() {
  // close() may report what a network file system could not store.
  const bool synced = ::fsync(descriptor_) == 0 && ::close(std::exchange(descriptor_, -1)) == 0;
  if (!synced || ::rename(sibling_.c_str(), path_.c_str()) != 0) {
    fail(ErrorKind::usage, "{}: cannot be written: {}", path_.string(), reason());
  }
  sibling_.clear();
}

void write_file_atomic(const fs::path& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

void append_file(const fs::path& path, std::string_view content) {
  make_parent(path);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) fail(ErrorKind::usage, "{}: cannot be written: {}", path.string(), reason());
  const bool good = write_all(descriptor, content);
  const std::string why = good ? "" : reason();
  ::close(descriptor);
  if (!good) fail(ErrorKind::usage, "{}: cannot be written: {}", path.string(), why);
}

std::string sha256(std::string_view bytes) {
  Sha256 digest;
  digest.add(bytes);
  return digest.hex();
}

std::string sha256_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) fail(ErrorKind::usage, "{}: cannot be read: {}", path.string(), reason());
  Sha256 digest;
  std::array<char, 1 << 16> chunk;
  while (in.read(chunk.data(), chunk.size()) || in.gcount() > 0) {
    digest.add({chunk.data(), static_cast<std::size_t>(in.gcount())});
  }
  return digest.hex();
}

FolderLock::FolderLock(const fs::path& folder) {
  const fs::path file = folder / ".lock";
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(ErrorKind::usage, "{}: cannot be written: {}", folder.string(), reason());
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> owner{};
    const auto got = ::pread(descriptor_, owner.data(), owner.size() - 1, 0);
    ::close(descriptor_);
    descriptor_ = -1;
    fail(ErrorKind::usage, "{}: another run (process {}) is writing here; wait for it or choose another --out",
         folder.string(), got > 0 ? owner.data() : "unknown");
  }
  const std::string id = std::to_string(::getpid());
  if (::ftruncate(descriptor_, 0) != 0 || !write_all(descriptor_, id)) {
    const std::string why = reason();
    ::close(descriptor_);
    descriptor_ = -1;
    fail(ErrorKind::usage, "{}: cannot be written: {}", file.string(), why);
  }
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::int64_t free_disk_bytes(const fs::path& path) {
  std::error_code error;
  fs::path place = fs::absolute(path.empty() ? "." : path, error);
  while (!error && place.has_relative_path() && !fs::exists(place, error)) place = place.parent_path();
  const auto room = fs::space(place, error);
  return error ? 0 : static_cast<std::int64_t>(room.available);
}

fs::path cache_folder() {
  if (const char* own = std::getenv("STROP_CACHE"); own != nullptr && *own != '\0') return own;
  if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && *xdg != '\0') return fs::path(xdg) / "strop";
  const char* home = std::getenv("HOME");
  return fs::path(home != nullptr && *home != '\0' ? home : "/tmp") / ".cache" / "strop";
}

}  // namespace strop
