#include "weights/hub_cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "core/error.h"
#include "core/files.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/text.h"

namespace strop {
namespace fs = std::filesystem;
namespace {

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    fail(ErrorKind::usage, "{}: cannot create the folder: {}; set HF_HOME to a place that can be written",
         folder.string(), error.message());
  }
}

}  // namespace

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

fs::path hub_cache_folder() {
  if (const auto cache = environment("HF_HUB_CACHE"); !cache.empty()) return cache;
  if (const auto home = environment("HF_HOME"); !home.empty()) return fs::path(home) / "hub";
  if (const auto xdg = environment("XDG_CACHE_HOME"); !xdg.empty()) return fs::path(xdg) / "huggingface/hub";
  const auto home = environment("HOME");
  return fs::path(home.empty() ? "/tmp" : home) / ".cache/huggingface/hub";
}

HubCache::HubCache(const std::string& model) {
  const std::string name = "models--" + join(split(model, '/'), "--");
  folder_ = hub_cache_folder() / name;
  locks_ = hub_cache_folder() / ".locks" / name;
}

std::string HubCache::commit_of(const std::string& revision) const {
  const bool is_commit = revision.size() == 40 && revision.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (is_commit) return revision;
  const auto file = folder_ / "refs" / revision;
  std::error_code error;
  return fs::is_regular_file(file, error) ? std::string(trim(read_file(file, ErrorKind::model, 4096))) : "";
}

void HubCache::set_commit(const std::string& revision, const std::string& commit) const {
  if (revision != commit) write_file_atomic(folder_ / "refs" / revision, commit);
}

void HubCache::link(const std::string& commit, const std::string& file, const std::string& etag) const {
  const fs::path place = snapshot(commit) / file;
  make_folder(place.parent_path());
  const fs::path target = fs::path(blob(etag)).lexically_relative(place.parent_path());
  std::error_code error;
  if (fs::read_symlink(place, error) == target) return;
  // Made aside and renamed, so that another process always finds the old link or the new one.
  const fs::path sibling = place.string() + ".tmp" + std::to_string(::getpid());
  fs::remove(sibling, error);
  fs::create_symlink(target, sibling, error);
  if (!error) fs::rename(sibling, place, error);
  if (error) {
    fail(ErrorKind::usage, "{}: cannot be linked to {}: {}; set HF_HOME to a disk with symbolic links", place.string(),
         target.string(), error.message());
  }
}

BlobLock::BlobLock(const fs::path& file, const std::string& what) {
  make_folder(file.parent_path());
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(ErrorKind::usage, "{}: cannot be written: {}", file.string(), std::strerror(errno));
  bool told = false;
  while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && (errno == EWOULDBLOCK || errno == EINTR)) {
    if (!told) log_info("{}: another process is fetching it; waiting", what);
    told = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (interrupted()) {
      ::close(descriptor_);
      throw_if_interrupted();
    }
  }
}

BlobLock::~BlobLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace strop
