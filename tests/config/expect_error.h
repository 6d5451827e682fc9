// A call that must fail for a person: usage error, with all the given parts in its message.
#pragma once

#include "errors.h"

namespace strop {

inline void expect_usage_error(const std::function<void()>& call, const std::vector<std::string>& parts) {
  expect_parts(message_of(ErrorKind::usage, call), parts);
}

}  // namespace strop
