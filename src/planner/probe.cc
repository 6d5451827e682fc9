#include "planner/probe.h"

#include <torch/types.h>
#include <torch/version.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/clock.h"
#include "core/files.h"
#include "core/log.h"
#include "core/machine.h"

namespace strop {
namespace {

double gflops(torch::ScalarType type) {
  constexpr std::int64_t kRows = 768, kIn = 384, kOut = 1536;
  const auto x = torch::randn({kRows, kIn}).to(type), w = torch::randn({kOut, kIn}).to(type);
  std::vector<double> seconds;
  const Stopwatch total;
  for (int i = 0; i < 9 && total.seconds() < 0.14; ++i) {
    const Stopwatch watch;
    at::linear(x, w);
    if (i > 0 || watch.seconds() > 0.1) seconds.push_back(watch.seconds());
  }
  // The fastest: what others do on this machine slows a run down, but not the cores, and the result is kept for good.
  return 2e-9 * kRows * kIn * kOut / *std::min_element(seconds.begin(), seconds.end());
}

}  // namespace

MachineRates machine_rates(int threads) {
  const auto file = cache_folder() / "probe.json";
  const auto key = this_machine().cpu + " | " + this_machine().abilities + " | libtorch " TORCH_VERSION " | threads " +
                   std::to_string(threads);
  nlohmann::json known = nlohmann::json::object();
  if (std::ifstream in(file); in) known = nlohmann::json::parse(in, nullptr, false);
  if (known.is_object() && known.contains(key) && known[key].is_object()) {
    const MachineRates rates{known[key].value("fp32_gflops", 0.0), known[key].value("bf16_gflops", 0.0)};
    if (rates.fp32_gflops > 0 && rates.bf16_gflops > 0) return rates;
  }
  torch::NoGradGuard no_grad;
  const MachineRates rates{gflops(torch::kFloat), gflops(torch::kBFloat16)};
  if (!known.is_object()) known = nlohmann::json::object();
  known[key] = {{"fp32_gflops", rates.fp32_gflops}, {"bf16_gflops", rates.bf16_gflops}};
  try {
    write_file_atomic(file, known.dump(2) + "\n");
  } catch (const Error& error) {
    log_warning("the probe's result is not kept: {}", error.what());
  }
  return rates;
}

}  // namespace strop
