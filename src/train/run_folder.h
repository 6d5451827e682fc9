// The folder of a run: claimed before any work, locked while the run lives.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/files.h"
#include "strop/options.h"

namespace strop {

// A folder that was made for a run which failed before it wrote anything goes away again.
struct RunFolder {
  RunFolder(std::filesystem::path folder, bool made);
  ~RunFolder();
  RunFolder(RunFolder&&) = default;

  std::filesystem::path path;
  bool made_here;
  std::unique_ptr<FolderLock> lock;
};

// options.out, or runs/<task>/<n>. Error(usage): it holds files already, cannot be made or written, or is in use.
RunFolder claim_folder(const Options& options, const std::string& task);

// The folder to resume: options.resume is a run folder, a checkpoint in one, or "newest" for the newest run without a
// result in (or below) options.out, else below runs/. Error(usage): nothing to resume.
RunFolder claim_for_resume(const Options& options);

}  // namespace strop
