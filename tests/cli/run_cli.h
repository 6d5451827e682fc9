// Runs the command line in this process and keeps what it printed.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/program.h"
#include "fake_job.h"

namespace strop {

struct Output {
  int code = 0;
  std::string out, err;
};

inline Output run_cli(const std::vector<std::string>& arguments) {
  fake_job().called.clear();
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Output output;
  output.code = run_program(arguments);
  output.out = testing::internal::GetCapturedStdout();
  output.err = testing::internal::GetCapturedStderr();
  return output;
}

// A test with a folder of its own, which is the current one while it runs.
class CliTest : public testing::Test {
 protected:
  void SetUp() override {
    fake_job() = FakeJob();
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() / fmt::format("strop_cli_{}_{}", getpid(), test->name());
    std::filesystem::create_directories(folder_);
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(folder_);
  }
  void TearDown() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
  }
  static void write(const std::string& file, const std::string& text) { std::ofstream(file, std::ios::binary) << text; }
  static std::string read(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // The command must fail with this code, nothing on standard output, no job begun, all parts in the message.
  static void expect_refused(const std::vector<std::string>& arguments, int code,
                             const std::vector<std::string>& parts) {
    const auto [got, out, err] = run_cli(arguments);
    EXPECT_EQ(got, code) << err;
    EXPECT_EQ(out, "");
    EXPECT_EQ(err.rfind("strop: ", 0), 0u) << err;
    EXPECT_EQ(fake_job().called, "");
    for (const auto& part : parts) EXPECT_NE(err.find(part), std::string::npos) << "no '" << part << "' in: " << err;
  }

  std::filesystem::path folder_, before_;
};

}  // namespace strop
