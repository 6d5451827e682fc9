// Machine, memory, clock, interrupt, log: what the kernel says, held against another way of asking.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <memory>
#include <thread>

#include "core/clock.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/memory.h"
#include "helpers.h"

namespace strop {
namespace {

// The text with each digit made a 0.
std::string shape_of(std::string text) {
  for (char& c : text) {
    if (c >= '0' && c <= '9') c = '0';
  }
  return text;
}

TEST(Machine, IsDescribed) {
  const auto& machine = this_machine();
  EXPECT_FALSE(machine.cpu.empty());
  EXPECT_GE(machine.physical_cores, 1);
  EXPECT_LE(machine.physical_cores, static_cast<int>(std::thread::hardware_concurrency()));
  EXPECT_FALSE(machine.has("no_such_ability"));
  EXPECT_EQ(&machine, &this_machine());
  Machine other;
  other.abilities = "avx2 avx512f";
  EXPECT_TRUE(other.has("avx2") && other.has("avx512f") && !other.has("avx512") && !other.has("vx2"));
}

TEST(Memory, ATouchedBlockIsCounted) {
  constexpr std::size_t kBytes = 64 << 20;
  const auto before = resident_bytes();
  ASSERT_GT(before, 1 << 20);
  void* block = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(block, MAP_FAILED);
  std::memset(block, 1, kBytes);
  const auto with = resident_bytes();
  ::munmap(block, kBytes);
  EXPECT_NEAR(static_cast<double>(with - before), static_cast<double>(kBytes), 8 << 20);
  EXPECT_NEAR(static_cast<double>(with - resident_bytes()), static_cast<double>(kBytes), 8 << 20);
  EXPECT_GE(peak_resident_bytes(), with - (1 << 20));
}

TEST(Memory, TrimmingGivesFreedPagesBack) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the address sanitizer keeps freed blocks";
#endif
  std::vector<std::unique_ptr<std::vector<char>>> blocks(2000);
  for (auto& block : blocks) block = std::make_unique<std::vector<char>>(32 << 10, 'x');
  const auto with = resident_bytes();
  blocks.erase(blocks.begin(), blocks.end() - 1);  // the last stays and holds the heap's end
  trim_memory();
  EXPECT_LT(resident_bytes(), with - (48 << 20));
}

TEST(Memory, SomeIsAvailableAndNoMoreThanThereIs) {
  EXPECT_GT(available_bytes(), 0);
  EXPECT_LE(available_bytes(), std::int64_t{::sysconf(_SC_PHYS_PAGES)} * ::sysconf(_SC_PAGESIZE));
}

TEST(Clock, AStopwatchCountsSeconds) {
  const Stopwatch watch;
  const double launch = seconds_since_launch();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_GE(watch.seconds(), 0.05);
  EXPECT_LT(watch.seconds(), 30);
  EXPECT_GE(launch, 0);
  EXPECT_LT(launch, 3600);
  EXPECT_NEAR(seconds_since_launch() - launch, watch.seconds(), 0.05);
}

TEST(Clock, TheTimeIsWrittenInUtc) {
  const std::string now = utc_now();
  EXPECT_EQ(shape_of(now), "0000-00-00T00:00:00Z") << now;
  EXPECT_GT(now, "2026");
}

// In children, since handlers and flag are the process's.
TEST(Interrupt, ASignalAsksInsteadOfKilling) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const pid_t child = ::fork();
    if (child == 0) {
      catch_interrupts();
      if (interrupted()) ::_exit(1);
      throw_if_interrupted();
      ::raise(signal);
      try {
        throw_if_interrupted();
      } catch (const Error& error) {
        ::_exit(interrupted() ? error.exit_code() : 2);
      }
      ::_exit(3);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), static_cast<int>(ErrorKind::interrupted));
  }
}

TEST(Interrupt, ASecondCtrlCEndsTheProcess) {
  const pid_t child = ::fork();
  if (child == 0) {
    catch_interrupts();
    ::raise(SIGINT);
    ::raise(SIGINT);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(Log, AFileThatCannotBeOpenedIsAnErrorForAPerson) {
  TempFolder folder;
  std::filesystem::create_directories(folder / "strop.log");
  const auto message = message_of(ErrorKind::usage, [&] { set_log_file(folder / "strop.log"); });
  EXPECT_EQ(message.find((folder / "strop.log").string() + ": cannot be written: "), 0u) << message;
  log_info("goes to the terminal alone");
}

// /dev/full takes every open and refuses every write.
TEST(Log, LinesThatCannotBeWrittenAreSaidOnce) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  testing::internal::CaptureStderr();
  set_log_file("/dev/full");
  log_info("one");
  log_info("two");
  set_log_file({});
  const std::string shown = testing::internal::GetCapturedStderr();
  const auto at = shown.find("warning: /dev/full: lines are missing: ");
  EXPECT_NE(at, std::string::npos) << shown;
  EXPECT_EQ(shown.find("lines are missing", at + 30), std::string::npos) << shown;
  EXPECT_NE(shown.find("two"), std::string::npos) << shown;
}

TEST(Log, TheFileHoldsInfoAndAboveWithTheTime) {
  TempFolder folder;
  set_log_level(LogLevel::error);
  log_info("before the file");
  set_log_file(folder / "strop.log");
  log_line(LogLevel::debug, "too fine");
  log_info("step {}", 7);
  log_warning("look {}", "here");
  set_log_file({});
  log_info("after the end");
  set_log_level(LogLevel::info);
  const std::string text = slurp(folder / "strop.log");
  EXPECT_LT(text.find("before the file"), text.find("step 7")) << text;
  EXPECT_NE(text.find("step 7"), std::string::npos) << text;
  EXPECT_NE(text.find("look here"), std::string::npos) << text;
  EXPECT_EQ(text.find("too fine"), std::string::npos) << text;
  EXPECT_EQ(text.find("after the end"), std::string::npos) << text;
  EXPECT_EQ(shape_of(text).find("0000-00-00T00:00:00"), 0u) << text;
}

}  // namespace
}  // namespace strop
