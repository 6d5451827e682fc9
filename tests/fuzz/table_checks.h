// What holds for every table that a reader accepts, whatever the bytes were; shared by the readers' fuzz targets.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/text.h"
#include "data/read_split.h"

namespace strop {

// Parses, checks and goes on to labelled rows; anything but a success or an Error(data) is a finding.
inline void fuzz_table(const std::uint8_t* data, std::size_t size, TableFormat format) {
  try {
    std::vector<std::string> notes;
    Table table = parse_table(std::string(reinterpret_cast<const char*>(data), size), "fuzz", format, notes);
    const char* begin = table.bytes->data();
    if (!std::is_sorted(table.lines.begin(), table.lines.end())) std::abort();
    for (const auto& column : table.columns) {
      if (column.size() != table.rows()) std::abort();
      for (const auto cell : column) {
        if (cell.data() == nullptr || is_nested(cell)) continue;
        if (cell.data() < begin || cell.data() + cell.size() > begin + table.bytes->size()) std::abort();
        if (!is_valid_utf8(cell)) std::abort();
      }
    }
    RawSplit raw = split_of_table(std::move(table), Options(), true, nullptr, notes);
    index_labels(raw, sorted_label_names(raw.label_names));
    if (raw.split.labels.size() != raw.split.texts.size()) std::abort();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::data || !starts_with(error.what(), "fuzz")) std::abort();
  }
}

}  // namespace strop
