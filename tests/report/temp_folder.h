// A folder of its own for one test, removed afterwards.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>

namespace strop {

class TempFolder {
 public:
  TempFolder() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::path(STROP_BINARY_DIR) / "tests" / (std::string(info->test_suite_name()) + info->name());
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace strop
