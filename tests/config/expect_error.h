// A call that must fail for a person: usage error, with all the given parts in its message.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "strop/error.h"

namespace strop {

template <typename Call>
void expect_usage_error(Call call, const std::vector<std::string>& parts) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage) << error.what();
    for (const auto& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << "no '" << part << "' in: " << error.what();
    }
    return;
  }
  ADD_FAILURE() << "no error; expected one with '" << (parts.empty() ? "" : parts.front()) << "'";
}

}  // namespace strop
