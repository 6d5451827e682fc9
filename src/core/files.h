// Files: whole reads with a limit, writes that are either complete or absent, a lock on a folder, checksums.
//
// Every failure is an Error naming the path and the system's reason ("no space left on device").
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/error.h"

namespace strop {

// The whole file. Error of `kind` where it is missing, unreadable, a folder or above `limit` bytes.
std::string read_file(const std::filesystem::path& path, ErrorKind kind, std::uint64_t limit = 1ULL << 32);

// Writes to a hidden sibling, syncs, renames over `path`: a reader or a crash sees the old content or the new one.
// Creates missing parent folders. Error(usage) on failure, the sibling removed.
void write_file_atomic(const std::filesystem::path& path, std::string_view content);

// The same for content that comes in pieces: nothing is seen under `path` before commit(), and nothing stays where
// commit() was not reached. Error(usage) on failure.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  void write(std::string_view piece);
  void commit();

 private:
  std::filesystem::path path_, sibling_;
  int descriptor_ = -1;
};

// Bytes that are free where `path` lies or would be made; 0 where that cannot be told.
std::int64_t free_disk_bytes(const std::filesystem::path& path);

// Appends one block to the file, created where missing. Error(usage) on failure.
void append_file(const std::filesystem::path& path, std::string_view content);

// SHA-256 in lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);
std::string sha256_file(const std::filesystem::path& path);

// An exclusive lock on `folder` (file ".lock" inside), held while the object lives and freed by the kernel when the
// process dies. Error(usage) with the other process's id where another run holds it.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
};

// $STROP_CACHE, else $XDG_CACHE_HOME/strop, else ~/.cache/strop.
std::filesystem::path cache_folder();

}  // namespace strop
