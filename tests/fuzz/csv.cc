// Any bytes as a CSV file and as a TSV file.
#include "table_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  strop::fuzz_table(data, size, strop::TableFormat::csv);
  strop::fuzz_table(data, size, strop::TableFormat::tsv);
  return 0;
}
