#include "core/clock.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <sstream>

namespace strop {
namespace {

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::atomic<double (*)()> clock_source = steady_seconds;

}  // namespace

double monotonic_seconds() { return clock_source.load()(); }
void set_clock(double (*seconds)()) { clock_source = seconds == nullptr ? steady_seconds : seconds; }

double seconds_since_launch() {
  // Field 22 of /proc/self/stat is the start in clock ticks since boot; the command name (field 2) may hold spaces.
  std::ifstream stat("/proc/self/stat");
  std::string line;
  std::getline(stat, line);
  const auto after_name = line.rfind(')');
  if (after_name == std::string::npos) return 0;
  std::istringstream fields(line.substr(after_name + 2));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  std::timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  const double since_boot = static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
  return since_boot - std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

}  // namespace strop
