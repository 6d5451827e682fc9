#include "weights/hub_download.h"

#include <chrono>
#include <thread>

#include "core/clock.h"
#include "core/error.h"
#include "core/files.h"
#include "core/git_blob_id.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/text.h"

namespace strop {
namespace fs = std::filesystem;
namespace {

constexpr int kAttempts = 5;  // in a row without a byte; 3 s of waiting between them
constexpr double kSecondsBetweenNews = 10;

std::int64_t size_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

void need_space(const fs::path& folder, std::int64_t bytes, const std::string& name) {
  std::error_code error;
  fs::create_directories(folder, error);
  const auto space = fs::space(folder, error);
  if (!error && bytes > 0 && space.available < static_cast<std::uintmax_t>(bytes)) {
    fail(ErrorKind::usage, "{}: needs {} in {}, which has {} free; make room or set HF_HOME to another disk", name,
         human_bytes(static_cast<double>(bytes)), folder.string(), human_bytes(static_cast<double>(space.available)));
  }
}

// Leaves the whole file at `partial`, or throws; what came stays there.
void download(const HubApi& api, const std::string& commit, const HubFile& file, const fs::path& partial) {
  const std::string name = api.model() + "/" + file.path;
  const Stopwatch watch;
  double next_news = kSecondsBetweenNews;
  const auto progress = [&](std::uint64_t have) {
    if (watch.seconds() < next_news) return;
    next_news = watch.seconds() + kSecondsBetweenNews;
    const auto done = static_cast<double>(have);
    log_info("{}: {}{}", name, human_bytes(done),
             file.bytes > 0 ? fmt::format(" ({:.0f} %)", 100 * done / static_cast<double>(file.bytes)) : "");
  };
  for (int attempt = 1;; ++attempt) {
    const auto before = size_of(partial);
    const auto reply = http_download(api.download(commit, file.path), partial, progress);
    const auto have = size_of(partial);
    const bool is_success = reply.status / 100 == 2;
    if (reply.status == 416 || (is_success && reply.problem.empty() && have >= file.bytes)) return;
    if (have > before) attempt = 0;  // only attempts in a row that bring nothing count
    const bool may_pass = is_success || reply.status >= 500 || reply.status == 429 || reply.status == 0;
    if (!may_pass || attempt == kAttempts) {
      if (!is_success) api.check(reply, file.path);
      fail(ErrorKind::model, "{}: the connection broke off at {} of {} bytes ({}); run again to go on from there", name,
           have, file.bytes, reply.problem.empty() ? "closed by the hub" : reply.problem);
    }
    log_info("{}: broke off at {}; going on", name, human_bytes(static_cast<double>(have)));
    std::this_thread::sleep_for(std::chrono::milliseconds(100 << attempt));
    throw_if_interrupted();
  }
}

void verify(const HubApi& api, const HubFile& file, const fs::path& partial) {
  const auto size = size_of(partial);
  const std::string name = api.model() + "/" + file.path;
  if (file.bytes >= 0 && size != file.bytes) {
    fs::remove(partial);
    fail(ErrorKind::model, "{}: {} bytes came, expected {}; removed: run again", name, size, file.bytes);
  }
  const auto found = file.has_sha256()   ? sha256_file(partial)
                     : file.has_git_id() ? git_blob_id(read_file(partial, ErrorKind::model))
                                         : file.etag;
  if (found == file.etag) return;
  fs::remove(partial);
  fail(ErrorKind::model, "{}: {} {} came, expected {}; removed: run again, or try another HF_ENDPOINT", name,
       file.has_sha256() ? "SHA-256" : "git's SHA-1", found, file.etag);
}

}  // namespace

void fetch_to_cache(const HubApi& api, const HubCache& cache, const std::string& commit, const std::string& path) {
  std::error_code error;
  if (fs::exists(cache.snapshot(commit) / path, error)) return;
  const HubFile file = api.look(commit, path);
  const fs::path blob = cache.blob(file.etag);
  const fs::path partial = blob.string() + ".incomplete";
  const std::string name = api.model() + "/" + path;
  const BlobLock lock(cache.lock_file(file.etag), name);
  if (!fs::exists(blob, error)) {
    need_space(blob.parent_path(), file.bytes - size_of(partial), name);
    log_info("{}: fetching{}{}", name, file.bytes >= 0 ? " " + human_bytes(static_cast<double>(file.bytes)) : "",
             size_of(partial) > 0 ? ", going on at " + human_bytes(static_cast<double>(size_of(partial))) : "");
    if (file.bytes < 0 || size_of(partial) < file.bytes || !fs::exists(partial, error))
      download(api, commit, file, partial);
    verify(api, file, partial);
    fs::rename(partial, blob, error);
    if (error) fail(ErrorKind::usage, "{}: cannot be written: {}", blob.string(), error.message());
  }
  cache.link(commit, path, file.etag);
}

}  // namespace strop
