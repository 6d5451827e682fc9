// Any bytes as an idx file: the sizes that are accepted describe exactly the bytes that are there.
#include "data/idx.h"

#include "archive_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const std::size_t dimensions : {1, 3}) {
    strop::fuzz_bytes(data, size, [&](const auto& bytes, const std::string& name) {
      const auto array = strop::parse_idx(bytes, name, dimensions);
      std::uint64_t values = 1;
      for (const auto side : array.sizes) values *= side;
      if (array.sizes.size() != dimensions || array.data_at + values != size) std::abort();
    });
  }
  return 0;
}
