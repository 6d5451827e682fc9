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
#include "nn/device.h"

namespace strop {
namespace {

double gflops(torch::ScalarType type, const torch::Device& device) {
  // A GPU is not filled by what fills two cores.
  const std::int64_t rows = device.is_cpu() ? 768 : 8192, in = device.is_cpu() ? 384 : 1024,
                     out = device.is_cpu() ? 1536 : 4096;
  const auto x = torch::randn({rows, in}).to(device, type), w = torch::randn({out, in}).to(device, type);
  wait_for(device);
  std::vector<double> seconds;
  const Stopwatch total;
  for (int i = 0; i < 9 && total.seconds() < 0.14; ++i) {
    const Stopwatch watch;
    at::linear(x, w);
    wait_for(device);
    if (i > 0 || watch.seconds() > 0.1) seconds.push_back(watch.seconds());
  }
  // The fastest: what others do on this machine slows a run down, but not the cores, and the result is kept for good.
  return 2e-9 * static_cast<double>(rows * in * out) / *std::min_element(seconds.begin(), seconds.end());
}

}  // namespace

MachineRates machine_rates(const torch::Device& device, int threads) {
  const auto file = cache_folder() / "probe.json";
  const auto cores = this_machine().cpu + " | " + this_machine().abilities, count = std::to_string(threads);
  const auto key = (device.is_cpu() ? cores : name_of(device)) + " | libtorch " TORCH_VERSION +
                   (device.is_cpu() ? " | threads " + count : "");
  nlohmann::json known = nlohmann::json::object();
  if (std::ifstream in(file); in) known = nlohmann::json::parse(in, nullptr, false);
  if (known.is_object() && known.contains(key) && known[key].is_object()) {
    const MachineRates rates{known[key].value("fp32_gflops", 0.0), known[key].value("bf16_gflops", 0.0)};
    if (rates.fp32_gflops > 0 && rates.bf16_gflops > 0) return rates;
  }
  torch::NoGradGuard no_grad;
  const MachineRates rates{gflops(torch::kFloat, device), gflops(torch::kBFloat16, device)};
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
