// Hugging Face's cache on disk, so that Python and strop share one copy of a model:
//   $HF_HUB_CACHE (else $HF_HOME/hub, else $XDG_CACHE_HOME/huggingface/hub, else ~/.cache/huggingface/hub)
//     models--org--name/blobs/<etag>                the bytes; <etag>.incomplete while they come
//     models--org--name/refs/<revision>             the commit that a branch or tag stood at
//     models--org--name/snapshots/<commit>/<file>   a relative link to the blob
//     .locks/models--org--name/<etag>.lock          held while a blob is fetched, by Python too
#pragma once

#include <filesystem>
#include <string>

namespace strop {

std::filesystem::path hub_cache_folder();

class HubCache {
 public:
  explicit HubCache(const std::string& model);

  // The commit that `revision` (branch, tag or commit) stood at when it was last fetched; "" where it never was.
  std::string commit_of(const std::string& revision) const;
  void set_commit(const std::string& revision, const std::string& commit) const;

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path snapshot(const std::string& commit) const { return folder_ / "snapshots" / commit; }
  std::filesystem::path blob(const std::string& etag) const { return folder_ / "blobs" / etag; }
  std::filesystem::path lock_file(const std::string& etag) const { return locks_ / (etag + ".lock"); }
  // Makes snapshots/<commit>/<file> point to the blob. Error(usage) where the disk refuses.
  void link(const std::string& commit, const std::string& file, const std::string& etag) const;

 private:
  std::filesystem::path folder_, locks_;
};

// An exclusive lock on a file, waited for; the kernel frees it when the process dies. Where the file system has no
// locks it locks nothing, as in Python.
class BlobLock {
 public:
  BlobLock(const std::filesystem::path& file, const std::string& what);
  ~BlobLock();
  BlobLock(const BlobLock&) = delete;
  BlobLock& operator=(const BlobLock&) = delete;

 private:
  int descriptor_ = -1;
};

// The text of an environment variable; "" where it is unset.
std::string environment(const char* name);

}  // namespace strop
