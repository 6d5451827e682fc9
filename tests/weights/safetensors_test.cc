#include "weights/safetensors.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

#include "core/clock.h"
#include "helpers.h"

namespace strop {
namespace {

namespace fs = std::filesystem;
const fs::path kData = fs::path(STROP_SOURCE_DIR) / "tests/data/weights";

std::span<const std::byte> bytes_of(const std::vector<float>& values) { return std::as_bytes(std::span(values)); }

TEST(Safetensors, ReadsWhatPythonWrote) {
  const SafetensorsFile file(kData / "names.safetensors");
  ASSERT_EQ(file.tensors().size(), 5u);
  const auto& weight = file.tensors().at("b.weight");
  EXPECT_EQ(weight.dtype, "F32");
  EXPECT_EQ(weight.shape, (std::vector<std::int64_t>{2, 2}));
  std::vector<float> values(4);
  ASSERT_EQ(weight.bytes.size(), 16u);
  std::memcpy(values.data(), weight.bytes.data(), 16);
  EXPECT_EQ(values, (std::vector<float>{0, 1, 2, 3}));
  EXPECT_EQ(file.tensors().at("empty").shape, (std::vector<std::int64_t>{0, 4}));
  EXPECT_TRUE(file.tensors().at("empty").bytes.empty());
  EXPECT_TRUE(file.tensors().at("scalar").shape.empty());
  EXPECT_EQ(file.tensors().at("größe \"x\"\n").dtype, "I64");
  EXPECT_TRUE(file.metadata().empty());
}

TEST(Safetensors, ReadsMetadata) {
  const SafetensorsFile file(kData / "nothing.safetensors");
  EXPECT_TRUE(file.tensors().empty());
  EXPECT_EQ(file.metadata(), (std::map<std::string, std::string>{{"format", "pt"}}));
}

// Each reference file, read and written again, must give the same bytes: order, padding, escapes, metadata.
TEST(Safetensors, WritesTheBytesThatPythonWrites) {
  TempFolder folder;
  for (const char* name : {"dtypes.safetensors", "names.safetensors", "nothing.safetensors"}) {
    const SafetensorsFile file(kData / name);
    write_safetensors(folder / name, file.tensors(), file.metadata());
    EXPECT_EQ(slurp(folder / name), slurp(kData / name)) << name;
  }
}

TEST(Safetensors, KnowsTheSizeOfEachDtype) {
  const SafetensorsFile file(kData / "dtypes.safetensors");
  for (const auto& [name, view] : file.tensors()) {
    EXPECT_EQ(dtype_size(view.dtype) * 6, view.bytes.size()) << name;
  }
  EXPECT_EQ(dtype_size("F4"), 0u);
  EXPECT_EQ(dtype_size(""), 0u);
}

TEST(Safetensors, WritesOverAnOldFileWhole) {
  TempFolder folder;
  const std::vector<float> values = {1, 2, 3};
  spill(folder / "sub/a.safetensors", "old");
  write_safetensors(folder / "sub/a.safetensors", {{"x", {"F32", {3}, bytes_of(values)}}});
  EXPECT_EQ(names_in(folder / "sub"), (std::vector<std::string>{"a.safetensors"}));
  EXPECT_EQ(SafetensorsFile(folder / "sub/a.safetensors").tensors().at("x").bytes.size(), 12u);
}

TEST(Safetensors, AViewThatContradictsItselfIsABug) {
  TempFolder folder;
  const std::vector<float> values = {1, 2, 3};
  EXPECT_THROW(write_safetensors(folder / "a", {{"x", {"F32", {4}, bytes_of(values)}}}), std::logic_error);
  EXPECT_THROW(write_safetensors(folder / "a", {{"x", {"F99", {3}, bytes_of(values)}}}), std::logic_error);
  EXPECT_THROW(write_safetensors(folder / "a", {{"__metadata__", {"F32", {3}, bytes_of(values)}}}), std::logic_error);
  EXPECT_TRUE(names_in(folder.path()).empty());
}

// The limit on file size stands for a full disk: the same failing write.
TEST(Safetensors, AFullDiskLeavesTheOldFileAndNothingElse) {
  TempFolder folder;
  const fs::path target = folder / "a.safetensors";
  spill(target, "old");
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::vector<float> values(10000);
    try {
      write_safetensors(target, {{"x", {"F32", {10000}, bytes_of(values)}}});
    } catch (const Error& error) {
      ::_exit(error.kind() == ErrorKind::usage && std::strstr(error.what(), target.c_str()) != nullptr ? 7 : 2);
    }
    ::_exit(3);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_EQ(slurp(target), "old");
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"a.safetensors"}));
}

TEST(Safetensors, NamesAFileThatCannotBeOpened) {
  TempFolder folder;
  EXPECT_NE(message_of(ErrorKind::model, [&] { SafetensorsFile(folder / "no.safetensors"); }).find("No such file"),
            std::string::npos);
  EXPECT_NE(message_of(ErrorKind::model, [&] { SafetensorsFile{folder.path()}; }).find("no regular file"),
            std::string::npos);
  spill(folder / "empty.safetensors", "");
  EXPECT_NE(message_of(ErrorKind::model, [&] { SafetensorsFile(folder / "empty.safetensors"); }).find("0 bytes long"),
            std::string::npos);
}

TEST(Safetensors, OpensTheRealModelInUnderFiveMilliseconds) {
  const char* assets = std::getenv("STROP_ASSETS");
  const fs::path model = fs::path(assets != nullptr ? assets : "") / "all-MiniLM-L6-v2/model.safetensors";
  if (assets == nullptr || !fs::exists(model)) GTEST_SKIP() << "STROP_ASSETS/all-MiniLM-L6-v2 is absent";
  double best = 1;
  for (int i = 0; i < 5; ++i) {
    const Stopwatch watch;
    const SafetensorsFile file(model);
    best = std::min(best, watch.seconds());
    EXPECT_EQ(file.tensors().at("embeddings.word_embeddings.weight").shape, (std::vector<std::int64_t>{30522, 384}));
  }
  EXPECT_LT(best, 0.005);
}

}  // namespace
}  // namespace strop
