#include "core/machine.h"

#include <sched.h>

#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include "core/text.h"

namespace strop {
namespace {

Machine read_machine() {
  Machine machine;
  std::ifstream in("/proc/cpuinfo");
  std::string line;
  std::set<std::pair<int, int>> cores;  // (package, core) of the processors that this process may use
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  const bool known = sched_getaffinity(0, sizeof(allowed), &allowed) == 0;
  int processor = 0, package = 0;
  while (std::getline(in, line)) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string key(trim(std::string_view(line).substr(0, colon)));
    const std::string value(trim(std::string_view(line).substr(colon + 1)));
    if (key == "processor") processor = std::stoi(value);
    if (key == "physical id") package = std::stoi(value);
    if (key == "core id" && (!known || CPU_ISSET(processor, &allowed))) cores.insert({package, std::stoi(value)});
    if (key == "model name" && machine.cpu.empty()) machine.cpu = value;
    if (key == "flags" && machine.abilities.empty()) {
      const std::set<std::string> wanted = {"avx2",        "fma",      "avx512f",  "avx512bw", "avx512_bf16",
                                            "avx512_vnni", "avx_vnni", "amx_bf16", "amx_int8", "avx512_fp16"};
      std::istringstream flags(value);
      std::vector<std::string> found;
      for (std::string flag; flags >> flag;) {
        if (wanted.count(flag) != 0) found.push_back(flag);
      }
      machine.abilities = join(found, " ");
    }
  }
  if (!cores.empty()) machine.physical_cores = static_cast<int>(cores.size());
  else if (known) machine.physical_cores = CPU_COUNT(&allowed);
  if (machine.cpu.empty()) machine.cpu = "unknown processor";
  return machine;
}

}  // namespace

bool Machine::has(const std::string& ability) const {
  return (" " + abilities + " ").find(" " + ability + " ") != std::string::npos;
}

const Machine& this_machine() {
  static const Machine machine = read_machine();
  return machine;
}

}  // namespace strop
