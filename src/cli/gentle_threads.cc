// Keeps waiting threads from burning the cores: before any library starts, libgomp is told to spin for some 20 us only.
//
// Its default, some milliseconds, makes a run on a busy machine up to ten times slower (each thread waits, spinning,
// for one that is not scheduled). libgomp reads its environment in its constructor, before main; the functions of
// .preinit_array run before that, but without a usable setenv. So an entry of the environment that no program needs
// ("_", the shell's note of the command) gives its place. OMP_WAIT_POLICY and GOMP_SPINCOUNT of the person's win.
#include <cstring>

namespace {

char spin_count[] = "GOMP_SPINCOUNT=20000";

void limit_spinning(int, char**, char** environment) {
  char** place = nullptr;
  for (char** entry = environment; *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, "OMP_WAIT_POLICY=", 16) == 0 || std::strncmp(*entry, "GOMP_SPINCOUNT=", 15) == 0) return;
    if (std::strncmp(*entry, "_=", 2) == 0) place = entry;
  }
  if (place != nullptr) *place = spin_count;
}

__attribute__((section(".preinit_array"), used)) void (*const hook)(int, char**, char**) = limit_spinning;

}  // namespace
