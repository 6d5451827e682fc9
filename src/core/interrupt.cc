#include "core/interrupt.h"

#include <csignal>

#include "core/error.h"

namespace strop {
namespace {

volatile std::sig_atomic_t signals_seen = 0;

void on_signal(int number) {
  signals_seen = signals_seen + 1;
  if (signals_seen > 1) {
    std::signal(number, SIG_DFL);
    std::raise(number);
  }
}

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return signals_seen != 0; }

void throw_if_interrupted() {
  if (interrupted()) fail(ErrorKind::interrupted, "interrupted");
}

}  // namespace strop
