// Time: a monotonic stopwatch for durations, wall-clock text for logs.
#pragma once

#include <ctime>
#include <string>

namespace strop {

// Seconds of a clock that never goes back, from an arbitrary start.
double monotonic_seconds();
// Replaces that clock, for tests of what follows from the time; nullptr: the real one again.
void set_clock(double (*seconds)());

class Stopwatch {
 public:
  double seconds() const { return monotonic_seconds() - start_; }

 private:
  double start_ = monotonic_seconds();
};

// Seconds since the process was launched, start-up and dynamic linking included (from /proc/self/stat).
double seconds_since_launch();

// "2026-11-23T22:43:05Z".
std::string utc_now();

}  // namespace strop
