// Any bytes as a JSON lines file.
#include "table_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  strop::fuzz_table(data, size, strop::TableFormat::jsonl);
  return 0;
}
