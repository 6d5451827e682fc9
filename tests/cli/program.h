// The real program in a process of its own, with what it printed: the failures that people meet are those of the whole.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "train/tiny_job.h"

namespace strop {

struct ProgramRun {
  int code = 0;  // the exit code, or minus the signal that ended it
  std::string out, err;
};

// Starts STROP_PROGRAM with `words`; `before` runs in the child, ahead of the program: limits, another user.
class Program {
 public:
  Program(const TinyJob& job, const std::vector<std::string>& words, const std::function<void()>& before = {})
      : out_(job.path(fmt::format("out-{}.txt", ++started()))), err_(job.path(fmt::format("err-{}.txt", started()))) {
    child_ = ::fork();
    if (child_ != 0) return;
    const int in = ::open("/dev/null", O_RDONLY);
    const int out = ::open(out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    const int err = ::open(err_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(err, 2);
    ::setenv("OMP_WAIT_POLICY", "passive", 1);
    if (before) before();
    std::vector<char*> arguments = {const_cast<char*>(STROP_PROGRAM)};
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(STROP_PROGRAM, arguments.data());
    ::_exit(127);
  }

  ::pid_t id() const { return child_; }
  void send(int signal) const { ::kill(child_, signal); }
  bool ended() const {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(child_), &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid == child_;
  }
  ProgramRun finish() const {
    int status = 0;
    ::waitpid(child_, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), read_file(out_, ErrorKind::internal),
            read_file(err_, ErrorKind::internal)};
  }

 private:
  static int& started() {
    static int count = 0;
    return count;
  }

  std::filesystem::path out_, err_;
  ::pid_t child_ = -1;
};

inline ProgramRun run_program_on(const TinyJob& job, const std::vector<std::string>& words,
                                 const std::function<void()>& before = {}) {
  return Program(job, words, before).finish();
}

using Words = std::vector<std::string>;

// `strop train` on the tiny job: a second of LoRA. What `more` names (--model, --data, --method, logging_steps) is its.
inline Words train_words(const TinyJob& job, const std::string& out, const Words& more = {}) {
  Words words = {"train",          "--out",     job.path(out).string(),
                 "precision=fp32", "threads=1", "per_device_train_batch_size=16"};
  const auto add = [&](const std::string& name, const std::string& value) {
    for (const auto& word : more) {
      if (word == "--" + name || word.starts_with(name + "=")) return;
    }
    words.push_back(name + "=" + value);
  };
  add("model", job.model().string());
  add("data", job.path("data").string());
  add("method", "lora");
  add("logging_steps", "1");
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

inline Words resume_words(const TinyJob& job, const std::string& out) {
  return {"train", "--resume", "--out", job.path(out).string()};
}

// Goes on with a run, or begins it by the same command where it was stopped before its plan was written.
inline Words begin_or_resume_words(const TinyJob& job, const std::string& out, const Words& settings) {
  const bool begun = std::filesystem::exists(job.path(out) / "plan.yaml");
  return begun ? resume_words(job, out) : train_words(job, out, settings);
}

// The names in a folder, hidden ones too; empty where there is none.
inline std::set<std::string> names_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) names.insert(entry.path().filename());
  return names;
}

// One message for a person, of this code, with all parts in it: no stack, no internal error, nothing on stdout.
inline void expect_failure(const ProgramRun& run, ErrorKind kind, const std::vector<std::string>& parts) {
  EXPECT_EQ(run.code, static_cast<int>(kind)) << run.err;
  EXPECT_EQ(run.out, "");
  for (const auto* never : {"internal error", "frame #", "LOG ERROR", "Exception"}) {
    EXPECT_EQ(run.err.find(never), std::string::npos) << run.err;
  }
  const auto begin = run.err.starts_with("strop: ") ? 0 : run.err.find("\nstrop: ");
  ASSERT_NE(begin, std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("\nstrop: ", begin + 1), std::string::npos) << "two messages: " << run.err;
  for (const auto& part : parts) {
    EXPECT_NE(run.err.find(part, begin), std::string::npos) << "no '" << part << "' in: " << run.err.substr(begin);
  }
}

// Nothing half-written: no hidden sibling of a file that was being written, no checkpoint without its end.
inline void expect_nothing_half_written(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    EXPECT_TRUE(name == ".lock" || !name.starts_with(".")) << entry.path();
  }
}

}  // namespace strop
