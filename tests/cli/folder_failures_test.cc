// Output folders that cannot take a run: full, read-only, in use. One message, exit code 2, what was there stays, and
// the run goes on once the fault is mended.
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "core/clock.h"
#include "core/text.h"
#include "program.h"
#include "train/same_run.h"

#ifndef PR_CAPBSET_DROP
#define PR_CAPBSET_DROP 24
#endif

namespace strop {
namespace {

// A file system of a few kilobytes for as long as the object lives; only root may make one.
class SmallDisk {
 public:
  explicit SmallDisk(std::filesystem::path place) : place_(std::move(place)) {
    std::filesystem::create_directories(place_);
    mounted_ = ::mount("tmpfs", place_.c_str(), "tmpfs", 0, "size=4k") == 0;
    if (!mounted_) why_ = std::strerror(errno);
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(place_.c_str(), MNT_DETACH);
  }
  const std::string& why_not() const { return why_; }  // empty: mounted
  void resize(int kilobytes) const {
    const auto size = fmt::format("size={}k", kilobytes);
    ASSERT_EQ(::mount("tmpfs", place_.c_str(), "tmpfs", MS_REMOUNT, size.c_str()), 0) << std::strerror(errno);
  }

 private:
  std::filesystem::path place_;
  bool mounted_ = false;
  std::string why_;
};

// Weights, optimizer and best weights in checkpoints, the cache on disk, and a whole model at the end.
const Words kMuchToWrite = {"--method",     "layerwise",   "top_k=2",    "cache=disk",
                            "save_steps=2", "dropout=0.1", "max_steps=9"};

TEST(FullDisk, StopsWithOneMessageAndGoesOnOnceThereIsRoom) {
  const TinyJob job;
  const SmallDisk disk(job.path("disk"));
  if (!disk.why_not().empty()) GTEST_SKIP() << "no small file system can be mounted here: " << disk.why_not();
  disk.resize(1 << 16);
  ASSERT_EQ(run_program_on(job, train_words(job, "whole", kMuchToWrite)).code, 0);
  int failed = 0;
  // From no room for the plan to no room for the report.
  for (const int kilobytes : {4, 8, 16, 64, 200, 400, 800, 1200, 1500}) {
    SCOPED_TRACE(fmt::format("a disk of {} KiB", kilobytes));
    disk.resize(kilobytes);
    const auto run = run_program_on(job, train_words(job, "disk/run", kMuchToWrite));
    if (run.code != 0) {
      ++failed;
      expect_failure(run, ErrorKind::usage, {job.path("disk/run").string(), "No space left on device"});
      expect_nothing_half_written(job.path("disk"));
      disk.resize(1 << 16);
      const auto rest = run_program_on(job, begin_or_resume_words(job, "disk/run", kMuchToWrite));
      ASSERT_EQ(rest.code, 0) << rest.err;
    }
    expect_same_run(job, "disk/run", "whole", "");
    disk.resize(1 << 16);
    std::filesystem::remove_all(job.path("disk/run"));
  }
  EXPECT_GE(failed, 6);
}

// The same without a right to mount: no file may grow beyond the limit (what the program prints is one).
TEST(FullDisk, AFileThatCannotGrowIsTheSame) {
  const TinyJob job;
  ASSERT_EQ(run_program_on(job, train_words(job, "whole", kMuchToWrite)).code, 0);
  for (const std::uint64_t bytes : {1000U, 2000U, 20000U, 60000U, 120000U}) {
    SCOPED_TRACE(fmt::format("files of at most {} bytes", bytes));
    auto words = train_words(job, "run", kMuchToWrite);
    words.push_back("--quiet");
    const auto run = run_program_on(job, words, [bytes] {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{bytes, bytes};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    });
    expect_failure(run, ErrorKind::usage, {job.path("run").string(), "File too large"});
    if (std::filesystem::exists(job.path("run"))) expect_nothing_half_written(job.path("run"));
    const auto rest = run_program_on(job, begin_or_resume_words(job, "run", kMuchToWrite));
    ASSERT_EQ(rest.code, 0) << rest.err;
    expect_same_run(job, "run", "whole", "");
    std::filesystem::remove_all(job.path("run"));
  }
}

TEST(FullDisk, PredictionsAreWholeOrAbsent) {
  const TinyJob job;
  const auto file = job.path("p.jsonl");
  std::ofstream(file) << "earlier\n";
  const auto run = run_program_on(job,
                                  {"predict", "--model", job.model().string(), "--data",
                                   (job.path("data") / "train.csv").string(), "--out", file.string(), "threads=1"},
                                  [] {
                                    std::signal(SIGXFSZ, SIG_IGN);
                                    const rlimit limit{1000, 1000};
                                    ::setrlimit(RLIMIT_FSIZE, &limit);
                                  });
  expect_failure(run, ErrorKind::usage, {file.string(), "cannot be written", "File too large"});
  EXPECT_EQ(read_file(file, ErrorKind::internal), "earlier\n");
  for (const auto& name : names_in(job.path(""))) EXPECT_FALSE(name.starts_with(".p.jsonl")) << name;
}

TEST(Output, NeverTakesThePlaceOfWhatIsRead) {
  const TinyJob job;
  const auto rows = job.path("data") / "train.csv";
  const auto before = read_file(rows, ErrorKind::internal);
  const Words words = {"--model", job.model().string(), "--data", rows.string(), "--out", rows.string(), "threads=1"};
  for (const auto* verb : {"predict", "plan"}) {
    Words all = {verb};
    all.insert(all.end(), words.begin(), words.end());
    expect_failure(run_program_on(job, all), ErrorKind::usage, {"out: ", rows.string(), "is the file that data reads"});
    EXPECT_EQ(read_file(rows, ErrorKind::internal), before);
  }
}

// Root may write anywhere: it gives that right up for the program that it starts, and is held by the modes as all are.
void as_a_plain_user() {
  constexpr unsigned long kDacOverride = 1;
  if (::geteuid() == 0) ::prctl(PR_CAPBSET_DROP, kDacOverride, 0, 0, 0);
}

class ReadOnly {
 public:
  explicit ReadOnly(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    std::filesystem::permissions(folder_, std::filesystem::perms(0555));
  }
  ~ReadOnly() { std::filesystem::permissions(folder_, std::filesystem::perms(0755)); }
  const std::filesystem::path& path() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

TEST(ReadOnlyFolder, IsRefusedByEveryVerbThatWrites) {
  const TinyJob job;
  ASSERT_EQ(run_program_on(job, train_words(job, "run", {"max_steps=2"})).code, 0);
  const ReadOnly closed(job.path("closed"));
  const auto attempt = [&](const Words& words, const std::vector<std::string>& parts) {
    SCOPED_TRACE(words.front());
    expect_failure(run_program_on(job, words, as_a_plain_user), ErrorKind::usage, parts);
    EXPECT_EQ(names_in(closed.path()), std::set<std::string>());
  };
  const auto run = job.path("run").string(), inside = (closed.path() / "inside").string();
  const auto rows = (job.path("data") / "validation.csv").string();
  attempt(train_words(job, "closed"), {closed.path().string(), "is not writable", "choose another folder with --out"});
  attempt(train_words(job, "closed/inside"), {inside, "cannot be made", "Permission denied"});
  attempt({"merge", "--model", run, "--out", closed.path().string()}, {closed.path().string(), "is not writable"});
  attempt({"predict", "--model", run, "--data", rows, "--out", inside}, {inside, "Permission denied"});
  attempt({"eval", "--model", run, "--data", rows, "--out", closed.path().string()}, {"closed", "Permission denied"});
  attempt({"report", run, "--out", inside}, {inside, "Permission denied"});
}

TEST(ReadOnlyFolder, ARunThatCannotGoOnIsLeftAsItWas) {
  const TinyJob job;
  Program first(job, train_words(job, "run", {"num_train_epochs=400", "save_steps=5"}));
  while (!first.ended() && names_in(job.path("run")).count("checkpoint-5") == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  first.send(SIGKILL);
  first.finish();
  const auto before = names_in(job.path("run"));
  {
    const ReadOnly closed(job.path("run"));
    expect_failure(run_program_on(job, resume_words(job, "run"), as_a_plain_user), ErrorKind::usage,
                   {job.path("run").string(), "is not writable"});
    EXPECT_EQ(names_in(job.path("run")), before);
  }
}

TEST(TwoRuns, TheSecondIntoOneFolderIsRefusedAndTheFirstGoesOn) {
  const TinyJob job;
  const Words settings = {"num_train_epochs=60", "save_steps=50"};
  ASSERT_EQ(run_program_on(job, train_words(job, "whole", settings)).code, 0);
  Program first(job, train_words(job, "run", settings));
  while (!first.ended() && !std::filesystem::exists(job.path("run") / "trainer_log.jsonl"))
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  first.send(SIGSTOP);  // in the middle of its work, for as long as the others ask
  for (const auto& words : {train_words(job, "run", settings), resume_words(job, "run")}) {
    const auto second = run_program_on(job, words);
    expect_failure(second, ErrorKind::usage,
                   {job.path("run").string(), fmt::format("another run (process {}) is writing here", first.id()),
                    "choose another --out"});
  }
  first.send(SIGCONT);
  ASSERT_EQ(first.finish().code, 0);
  expect_same_run(job, "run", "whole", "");
  // What is there is not overwritten by a third.
  const auto weights = job.weights("run");
  expect_failure(run_program_on(job, train_words(job, "run", settings)), ErrorKind::usage,
                 {job.path("run").string(), "exists and holds files", "choose another folder"});
  expect_failure(run_program_on(job, resume_words(job, "run")), ErrorKind::usage, {"complete"});
  EXPECT_EQ(job.weights("run"), weights);
}

TEST(TwoRuns, OfManyThatStartAtOnceOneWins) {
  const TinyJob job;
  std::vector<std::unique_ptr<Program>> programs;
  const Words settings = {"num_train_epochs=30"};
  for (int i = 0; i < 4; ++i) programs.push_back(std::make_unique<Program>(job, train_words(job, "run", settings)));
  int won = 0;
  for (const auto& program : programs) {
    const auto code = program->finish().code;
    won += code == 0 ? 1 : 0;
    EXPECT_TRUE(code == 0 || code == 2) << code;
  }
  EXPECT_EQ(won, 1);
  ASSERT_EQ(run_program_on(job, train_words(job, "whole", settings)).code, 0);
  expect_same_run(job, "run", "whole", "");
}

}  // namespace
}  // namespace strop
