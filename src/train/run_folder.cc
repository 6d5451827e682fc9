#include "train/run_folder.h"

#include <unistd.h>

#include <optional>

#include "core/error.h"
#include "train/first_run.h"
#include "train/opened.h"

namespace strop {
namespace fs = std::filesystem;
namespace {

void refuse_read_only(const fs::path& folder, const std::string& fix) {
  if (::access(folder.c_str(), W_OK) != 0) fail(ErrorKind::usage, "out: {} is not writable; {}", folder.string(), fix);
}

void make_writable(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(ErrorKind::usage, "out: {} cannot be made: {}", folder.string(), error.message());
  if (!fs::is_directory(folder)) fail(ErrorKind::usage, "out: {} is a file; expected a folder", folder.string());
  refuse_read_only(folder, "choose another folder with --out");
}

// The report is the last file of a run: one that was killed before it goes on, too.
bool unfinished(const fs::path& folder) {
  return fs::exists(folder / "plan.yaml") &&
         !(fs::exists(folder / "all_results.json") && fs::exists(folder / "report.html"));
}

}  // namespace

RunFolder::RunFolder(fs::path folder, bool made)
    : path(std::move(folder)), made_here(made), lock(std::make_unique<FolderLock>(path)) {}

RunFolder::~RunFolder() {
  if (!lock || !made_here) return;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    if (entry.path().filename() != ".lock") return;
  }
  fs::remove_all(path, error);
}

RunFolder claim_folder(const Options& options, const std::string& task) {
  fs::path folder = options.out;
  if (folder.empty()) {
    const fs::path parent = fs::path("runs") / task;
    int number = 1;
    while (fs::exists(parent / std::to_string(number))) ++number;
    folder = parent / std::to_string(number);
  }
  const bool there = fs::is_directory(folder);
  if (there) {
    // Lock first: the files may be those of a run that is alive.
    std::error_code error;
    const bool lockable = fs::exists(folder / ".lock");
    if (lockable) FolderLock probe(folder);
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      // The lock, and what a process that was killed early had not put in place yet (see write_file_atomic).
      if (entry.path().filename().string().starts_with(".")) continue;
      // A first stage that was stopped, or is done.
      if (entry.path().filename() == first_run_folder(options)) continue;
      fail(ErrorKind::usage, "out: {} exists and holds files; go on with it by --resume, or choose another folder",
           folder.string());
    }
  }
  make_writable(folder);
  return {folder, !there};
}

RunFolder claim_for_resume(const Options& options) {
  fs::path folder;
  if (options.resume != "newest") {
    folder = options.resume;
    if (folder.filename().string().starts_with("checkpoint-")) folder = folder.parent_path();
    if (!fs::exists(folder / "plan.yaml")) {
      fail(ErrorKind::usage, "resume: {} is no run folder (it holds no plan.yaml)", folder.string());
    }
  } else {
    const fs::path root = options.out.empty() ? fs::path("runs") : fs::path(options.out);
    std::optional<fs::file_time_type> newest;
    const auto consider = [&](const fs::path& candidate) {
      std::error_code error;
      const auto time = fs::last_write_time(candidate / "plan.yaml", error);
      if (!error && unfinished(candidate) && (!newest || time > *newest)) {
        newest = time;
        folder = candidate;
      }
    };
    consider(root);
    std::error_code error;
    for (fs::recursive_directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
      if (it.depth() > 2) it.disable_recursion_pending();
      if (it->is_directory()) consider(it->path());
    }
    if (!newest) {
      fail(ErrorKind::usage, "resume: no unfinished run in {}{}", root.string(),
           fs::exists(root / "all_results.json") ? " (the run there is complete); " + how_to_train_on(root) : "");
    }
  }
  if (!unfinished(folder))
    fail(ErrorKind::usage, "resume: the run in {} is complete; {}", folder.string(), how_to_train_on(folder));
  refuse_read_only(folder, "a resumed run goes on in its own folder: allow writing there (chmod u+w)");
  return {folder, false};
}

}  // namespace strop
