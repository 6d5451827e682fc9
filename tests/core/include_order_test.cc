// Lower folders of src/ never include higher ones, the torch-free ones include no torch, and none all of it.
#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "source_tree.h"

namespace strop {
namespace {

// Lowest first. report and planner stand on one level, where planner may use report.
constexpr std::array<std::string_view, 15> kOrder = {"core",    "config", "text",    "image", "data",
                                                     "weights", "onnx",   "eval",    "nn",    "models",
                                                     "tuning",  "report", "planner", "train", "cli"};
// Built without libtorch: by them and by what they include.
constexpr std::array<std::string_view, 9> kTorchFree = {"core", "config",  "text", "image", "data",
                                                        "onnx", "weights", "eval", "report"};
constexpr std::array<std::string_view, 3> kTorchHeaders = {"torch/", "ATen/", "c10/"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string first_part(const std::string& path) { return path.substr(0, path.find('/')); }

// What stands between the quotes or brackets of an #include line.
std::optional<std::string> included(const std::string& line) {
  std::string_view rest = trim(line);
  if (!starts_with(rest, "#")) return std::nullopt;
  rest = trim(rest.substr(1));
  if (!starts_with(rest, "include")) return std::nullopt;
  rest = trim(rest.substr(7));
  const auto end = rest.find(rest.empty() || rest[0] == '"' ? '"' : '>', 1);
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(rest.substr(0, end + 1));
}

// "" where `folder` (a folder of src/, or "strop" for the public headers) may have this line; else what is wrong.
std::string fault_of(const std::string& folder, const std::string& line) {
  const auto quoted = included(line);
  if (!quoted) return "";
  const std::string path = quoted->substr(1, quoted->size() - 2);
  const bool is_public = folder == "strop";
  if (is_public || contains(kTorchFree, folder)) {
    for (const auto torch : kTorchHeaders) {
      if (starts_with(path, torch)) return folder + " is built without torch, but includes " + path;
    }
  }
  if (path == "torch/torch.h") return "costs every file 5 s; tensors are in <torch/types.h>, see CONTRIBUTING.md";
  if (quoted->front() == '<' || first_part(path) == "strop") return "";
  const auto rank = [](std::string_view name) {
    return std::find(kOrder.begin(), kOrder.end(), name) - kOrder.begin();
  };
  const std::string target = first_part(path);
  if (!contains(kOrder, target)) return "\"" + path + "\" does not begin with a folder of src/ that kOrder knows";
  if (is_public) return "a public header includes " + path + ", which is not installed";
  if (rank(target) > rank(folder)) return folder + " is below " + target + ", but includes " + path;
  if (contains(kTorchFree, folder) && !contains(kTorchFree, target))
    return folder + " is torch-free, " + target + " is not: " + path;
  return "";
}

void expect_no_fault(const SourceFile& file, const std::string& folder) {
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const auto fault = fault_of(folder, file.lines[i]);
    EXPECT_EQ(fault, "") << file.path << ":" << i + 1;
  }
}

TEST(IncludeOrder, LowerFoldersDoNotIncludeHigherOnes) {
  const auto files = sources_below("src");
  ASSERT_GT(files.size(), 20u);
  for (const auto& file : files) {
    const std::string folder = first_part(file.path.substr(4));
    EXPECT_TRUE(contains(kOrder, folder)) << file.path << ": a new folder needs its place in kOrder";
    expect_no_fault(file, folder);
  }
}

TEST(IncludeOrder, PublicHeadersStandAlone) {
  const auto files = sources_below("include/strop");
  ASSERT_FALSE(files.empty());
  for (const auto& file : files) expect_no_fault(file, "strop");
}

TEST(IncludeOrder, FaultsAreFound) {
  EXPECT_NE(fault_of("text", "#include \"nn/linear.h\""), "");
  EXPECT_NE(fault_of("core", "  #  include \"config/schema.h\"  // why"), "");
  EXPECT_NE(fault_of("tuning", "#include \"train/trainer.h\""), "");
  EXPECT_NE(fault_of("eval", "#include \"report/run_log.h\""), "");
  EXPECT_NE(fault_of("report", "#include \"nn/layer.h\""), "");
  EXPECT_NE(fault_of("weights", "#include <torch/torch.h>"), "");
  EXPECT_NE(fault_of("nn", "#include <torch/torch.h>"), "");
  EXPECT_NE(fault_of("eval", "#include <ATen/Parallel.h>"), "");
  EXPECT_NE(fault_of("strop", "#include <c10/core/Device.h>"), "");
  EXPECT_NE(fault_of("strop", "#include \"core/text.h\""), "");
  EXPECT_NE(fault_of("core", "#include \"text.h\""), "");
  for (const char* line : {"#include \"core/text.h\"", "#include \"strop/error.h\"", "#include <vector>", "int torch;",
                           "// #include \"cli/main.h\""}) {
    EXPECT_EQ(fault_of("core", line), "") << line;
  }
  EXPECT_EQ(fault_of("report", "#include \"eval/classification.h\""), "");
  EXPECT_EQ(fault_of("planner", "#include \"report/run_log.h\""), "");
  EXPECT_EQ(fault_of("nn", "#include <torch/types.h>"), "");
  EXPECT_EQ(fault_of("cli", "#include \"train/trainer.h\""), "");
}

}  // namespace
}  // namespace strop
