// Leaving a C library from within its error call, which must not return and cannot throw.
//
// longjmp skips destructors: between completes() and the library's calls nothing may own memory. What does own memory
// lives in the caller of completes(), whose frame is intact when it returns false.
#pragma once

#include <csetjmp>
#include <cstdio>

namespace strop {

struct Escape {
  std::jmp_buf back{};
  char message[200] = {};

  [[noreturn]] void leave(const char* reason) {
    std::snprintf(message, sizeof message, "%s", reason);
    std::longjmp(back, 1);
  }
};

// Runs work(); false where it left by escape.leave(). Not inlined: the caller's variables must not live in registers
// across setjmp.
template <typename Work>
[[gnu::noinline]] bool completes(Escape& escape, const Work& work) {
  if (setjmp(escape.back) != 0) return false;
  work();
  return true;
}

}  // namespace strop
