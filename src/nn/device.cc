#include "nn/device.h"

#include <ATen/Context.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/cuda.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string_view>

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "nn/device_stats.h"

namespace strop {
namespace {

bool kernels_are_on() {
  static const bool on = [] {
    const char* const said = std::getenv("STROP_KERNELS");
    return said == nullptr || std::string_view(said) != "off";
  }();
  return on;
}

c10::CachingDeviceAllocator::Stat reserved(const torch::Device& device) {
  return allocator_total(device, &c10::CachingDeviceAllocator::DeviceStats::reserved_bytes);
}

// "" where the driver does not say.
std::string product_name(const torch::Device& device) {
  // By bus number, as CUDA counts them where all are alike (else with CUDA_DEVICE_ORDER=PCI_BUS_ID).
  std::vector<std::filesystem::path> folders;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/driver/nvidia/gpus", error))
    folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  if (static_cast<std::size_t>(device.index()) >= folders.size()) return "";
  std::ifstream in(folders[static_cast<std::size_t>(device.index())] / "information");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("Model:")) return std::string(trim(std::string_view(line).substr(6)));
  }
  return "";
}

}  // namespace

torch::Device find_device(const std::string& name) {
  const auto count = torch::cuda::is_available() ? static_cast<std::int64_t>(torch::cuda::device_count()) : 0;
  if (name == "cpu" || (name == "auto" && count == 0)) return torch::kCPU;
  const std::int64_t number = name.starts_with("cuda:") ? std::stoll(name.substr(5)) : 0;
  if (number >= count) {
    fail(ErrorKind::usage,
         "device: {}: this libtorch sees {} CUDA GPU{}; use device=cpu{}", name, count, count == 1 ? "" : "s",
         count == 0 ? ", or build strop with a CUDA libtorch (cmake/torch.cmake) on a machine that has one"
                    : fmt::format(" or cuda:0 to cuda:{}", count - 1));
  }
  at::globalContext().setAllowTF32CuDNN(false);
  return {torch::kCUDA, static_cast<torch::DeviceIndex>(number)};
}

std::string name_of(const torch::Device& device) {
  const auto product = device.is_cpu() ? "" : product_name(device);
  return product.empty() ? device.str() : device.str() + " (" + product + ")";
}

bool own_kernels(const torch::Tensor& tensor) { return tensor.is_cpu() && kernels_are_on(); }

torch::Tensor copied_to(const torch::Tensor& tensor, const torch::Device& device) {
  return tensor.to(device, tensor.scalar_type(), /*non_blocking=*/false, /*copy=*/true);
}

void wait_for(const torch::Device& device) {
  if (!device.is_cpu()) c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
}

void seed_device(const torch::Device& device, std::uint64_t key) {
  auto generator = at::globalContext().defaultGenerator(device);
  const std::scoped_lock lock(generator.mutex());
  generator.set_current_seed(key);
}

void set_aside_weight(const torch::Tensor& weight) {
  if (weight.is_cpu()) set_aside(weight.const_data_ptr(), weight.nbytes());
}

std::int64_t bytes_in_use(const torch::Device& device) {
  return device.is_cpu() ? resident_bytes() : reserved(device).current;
}

std::int64_t peak_bytes(const torch::Device& device) {
  return device.is_cpu() ? peak_resident_bytes() : reserved(device).peak;
}

std::int64_t free_bytes(const torch::Device& device) {
  if (device.is_cpu()) return available_bytes();
  return static_cast<std::int64_t>(c10::getDeviceAllocator(device.type())->getMemoryInfo(device.index()).first);
}

}  // namespace strop
