// Where the tests of models and jobs compute: the CPU, or what STROP_TEST_DEVICE says (cuda), for a machine with a GPU.
#pragma once

#include <cstdlib>
#include <string>

namespace strop {

inline std::string test_device() {
  const char* const name = std::getenv("STROP_TEST_DEVICE");
  return name == nullptr ? "cpu" : name;
}

}  // namespace strop
