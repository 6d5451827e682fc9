// Any bytes as a file of torch.save: either an Error or views inside the content and its bounded copies.
#include <cstdint>
#include <cstdlib>

#include "core/error.h"
#include "weights/pickled_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto content = std::as_bytes(std::span(data, size));
  try {
    const auto weights = strop::parse_pickled_weights(content, "fuzz");
    std::size_t sum = 0;
    for (const auto& [name, view] : weights.tensors) {
      std::size_t elements = strop::dtype_size(view.dtype);
      for (const auto extent : view.shape) elements *= static_cast<std::size_t>(extent);
      if (elements != view.bytes.size() || weights.copies.size() > weights.tensors.size()) std::abort();
      for (const auto byte : view.bytes.first(std::min(view.bytes.size(), size))) sum += static_cast<std::size_t>(byte);
      if (!view.bytes.empty()) sum += static_cast<std::size_t>(view.bytes.back());
    }
    volatile std::size_t used = sum;  // so that the sanitizer sees the reads
    (void)used;
  } catch (const strop::Error& error) {
    if (error.kind() != strop::ErrorKind::model) std::abort();
  }
  return 0;
}
