// What a person reads when a model's config.json does not fit.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "core/error.h"
#include "models/family.h"

namespace strop {

// The message of the Error(model) that opening the folder gives with this config.
inline std::string refusal(const std::filesystem::path& folder, const nlohmann::json& config) {
  std::ofstream(folder / "config.json") << config.dump();
  try {
    open_model(folder, {});
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model) << error.what();
    return error.what();
  }
  return "no error";
}

}  // namespace strop
