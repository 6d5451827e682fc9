// Time: a monotonic stopwatch for durations, wall-clock text for logs.
#pragma once

#include <chrono>
#include <ctime>
#include <string>

namespace strop {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Seconds since the process was launched, start-up and dynamic linking included (from /proc/self/stat).
double seconds_since_launch();

// "2026-11-23T22:43:05Z".
std::string utc_now();

}  // namespace strop
