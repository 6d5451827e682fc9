#include "core/files.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>

#include "helpers.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

// Runs `body` in a child process and returns its exit code.
template <typename Body>
int in_child(Body&& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      ::_exit(body());
    } catch (const Error& error) {
      ::_exit(100 + error.exit_code());
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Files, ReadsAllOrSaysWhyNot) {
  TempFolder folder;
  const std::string content = "a\0b\r\n" + std::string(200000, 'x');
  spill(folder / "f", content);
  EXPECT_EQ(read_file(folder / "f", ErrorKind::data), content);
  const auto message = [&](const fs::path& path, std::uint64_t limit) {
    return message_of(ErrorKind::data, [&] { read_file(path, ErrorKind::data, limit); });
  };
  EXPECT_EQ(message(folder / "none", 9), (folder / "none").string() + ": no such file");
  EXPECT_EQ(message(folder.path(), 9), folder.path().string() + ": is a folder; expected a file");
  EXPECT_EQ(message(folder / "f", 9), (folder / "f").string() + ": larger than the limit of 9 bytes");
}

TEST(Files, AnAtomicWriteReplacesTheWhole) {
  TempFolder folder;
  write_file_atomic(folder / "a/b/f", "one");
  write_file_atomic(folder / "a/b/f", "two");
  EXPECT_EQ(slurp(folder / "a/b/f"), "two");
  EXPECT_EQ(names_in(folder / "a/b"), (std::vector<std::string>{"f"}));
}

TEST(Files, AFailedAtomicWriteKeepsTheOldFile) {
  TempFolder folder;
  spill(folder / "f", "old");
  // The limit on file size stands for a full disk: the same failing write.
  EXPECT_EQ(in_child([&] {
              std::signal(SIGXFSZ, SIG_IGN);
              const rlimit limit{100, 100};
              ::setrlimit(RLIMIT_FSIZE, &limit);
              write_file_atomic(folder / "f", std::string(1000, 'x'));
              return 0;
            }),
            100 + static_cast<int>(ErrorKind::usage));
  EXPECT_EQ(slurp(folder / "f"), "old");
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"f"}));
}

TEST(Files, AFolderInTheWayIsSaid) {
  TempFolder folder;
  fs::create_directories(folder / "f/inside");
  EXPECT_EQ(message_of(ErrorKind::usage, [&] { write_file_atomic(folder / "f", "x"); }).find((folder / "f").string()),
            0u);
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"f"}));
  spill(folder / "file", "");
  EXPECT_NE(
      message_of(ErrorKind::usage, [&] { write_file_atomic(folder / "file/x", "x"); }).find("cannot create the folder"),
      std::string::npos);
}

TEST(Files, AnAtomicFileIsUnseenUntilCommitted) {
  TempFolder folder;
  {
    AtomicFile file(folder / "f");
    file.write("one ");
    file.write("two");
    EXPECT_FALSE(fs::exists(folder / "f"));
    file.commit();
    EXPECT_EQ(slurp(folder / "f"), "one two");
  }
  { AtomicFile(folder / "g").write("never committed"); }
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"f"}));
}

TEST(Files, FreeRoomIsThatOfTheFileSystem) {
  const TempFolder folder;
  const auto room = std::filesystem::space(folder.path()).available;
  const auto found = free_disk_bytes(folder / "not" / "made" / "yet");
  EXPECT_GT(found, 0);
  EXPECT_NEAR(static_cast<double>(found), static_cast<double>(room), 0.5 * static_cast<double>(room));
  EXPECT_GT(free_disk_bytes(""), 0) << "the working folder's";
}

TEST(Files, AppendsInOrder) {
  TempFolder folder;
  append_file(folder / "log/f", "a\n");
  append_file(folder / "log/f", "b\n");
  EXPECT_EQ(slurp(folder / "log/f"), "a\nb\n");
  message_of(ErrorKind::usage, [&] { append_file(folder / "log", "x"); });
}

TEST(Files, ChecksumsAreThePublishedOnes) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  TempFolder folder;
  spill(folder / "f", std::string(1000000, 'a'));
  EXPECT_EQ(sha256_file(folder / "f"), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(sha256(std::string(1000000, 'a')), sha256_file(folder / "f"));
  message_of(ErrorKind::usage, [&] { sha256_file(folder / "none"); });
}

TEST(Files, AFolderIsLockedForOneProcess) {
  TempFolder folder;
  auto lock = std::make_unique<FolderLock>(folder.path());
  const auto try_lock = [&] {
    FolderLock second(folder.path());
    return 0;
  };
  EXPECT_EQ(in_child(try_lock), 100 + static_cast<int>(ErrorKind::usage));
  EXPECT_NE(message_of(ErrorKind::usage, try_lock).find("process " + std::to_string(::getpid())), std::string::npos);
  lock.reset();
  EXPECT_EQ(in_child(try_lock), 0);
}

TEST(Files, ALockDiesWithItsProcess) {
  TempFolder folder;
  EXPECT_EQ(in_child([&] {
              new FolderLock(folder.path());  // never destroyed, as in a killed process
              return 3;
            }),
            3);
  EXPECT_NO_THROW(FolderLock{folder.path()});
}

TEST(Files, TheCacheFolderFollowsTheEnvironment) {
  EXPECT_EQ(in_child([] {
              ::setenv("HOME", "/home/x", 1);
              ::unsetenv("STROP_CACHE");
              ::unsetenv("XDG_CACHE_HOME");
              const bool home = cache_folder() == "/home/x/.cache/strop";
              ::setenv("XDG_CACHE_HOME", "/xdg", 1);
              const bool xdg = cache_folder() == "/xdg/strop";
              ::setenv("STROP_CACHE", "/own", 1);
              return home && xdg && cache_folder() == "/own" ? 0 : 1;
            }),
            0);
}

}  // namespace
}  // namespace strop
