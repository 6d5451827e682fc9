// The bytes of a data file, decompressed and checked, as UTF-8 text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace strop {

// The whole of `file` ("-": standard input); gzip is recognised by content and inflated, several members too. Missing
// files, folders, broken gzip, zip archives (Excel workbooks) and Parquet files are Error(data) with what to do.
std::string read_data_bytes(const std::string& file);

// Inflates where `bytes` begin like gzip, else returns them. `name` is for messages.
std::string inflate_if_gzip(std::string bytes, const std::string& name);

// Makes `bytes` valid UTF-8 text in place: a byte order mark is dropped, old Mac line ends become "\n", malformed
// sequences become U+FFFD (how many lines, and the first, goes into `notes`). UTF-16, UTF-32 and NUL bytes are
// Error(data). Cost: one pass, about 2 GB/s on ASCII.
void clean_text(std::string& bytes, const std::string& name, std::vector<std::string>& notes);

}  // namespace strop
