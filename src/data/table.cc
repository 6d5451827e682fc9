#include "data/table.h"

#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/text.h"
#include "data/read_bytes.h"

namespace strop {
namespace {

// "" for a name without a known ending; .gz is looked through.
std::string known_ending(const std::string& file) {
  std::filesystem::path path(lower_ascii(file));
  if (path.extension() == ".gz") path = path.stem();
  const std::string ending = path.extension().string();
  static const std::vector<std::string> known = {".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".txt"};
  return std::find(known.begin(), known.end(), ending) == known.end() ? "" : ending;
}

TableFormat format_of(const std::string& file, std::string_view bytes, bool plain_lines) {
  const std::string ending = known_ending(file);
  if (file == "-") return starts_with(trim(bytes.substr(0, 1024)), "{") ? TableFormat::jsonl : TableFormat::lines;
  if (ending == ".csv") return TableFormat::csv;
  if (ending == ".tsv" || ending == ".tab") return TableFormat::tsv;
  if (ending == ".txt") {
    const bool tabs = bytes.substr(0, bytes.find('\n')).find('\t') != std::string_view::npos;
    return tabs && !plain_lines ? TableFormat::tsv : TableFormat::lines;
  }
  if (!ending.empty()) return TableFormat::jsonl;
  fail(ErrorKind::data, "{}: found the ending '{}', expected .csv, .tsv, .jsonl or .txt (each also with .gz)", file,
       std::filesystem::path(file).extension().string());
}

void parse_lines(Table& table) {
  table.names = {"text"};
  table.columns.resize(1);
  std::string_view rest(*table.bytes);
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    table.columns[0].push_back(line);
    table.lines.push_back(static_cast<std::int64_t>(table.columns[0].size()));
  }
}

}  // namespace

std::string Table::place(std::size_t row) const { return fmt::format("{}:{}", file, lines[row]); }

bool is_table_name(const std::string& file) { return !known_ending(file).empty(); }

Table parse_table(std::string bytes, const std::string& file, TableFormat format, std::vector<std::string>& notes) {
  Table table;
  table.file = file == "-" ? "standard input" : file;
  clean_text(bytes, table.file, notes);
  table.bytes = std::make_unique<std::string>(std::move(bytes));
  switch (format) {
    case TableFormat::csv: parse_delimited(table, sniff_delimiter(*table.bytes), true); break;
    case TableFormat::tsv: parse_delimited(table, '\t', false); break;
    case TableFormat::jsonl: parse_jsonl(table); break;
    case TableFormat::lines: parse_lines(table); break;
  }
  return table;
}

Table read_table(const std::string& file, bool plain_lines, std::vector<std::string>& notes) {
  std::string bytes = read_data_bytes(file);
  const TableFormat format = format_of(file, bytes, plain_lines);
  return parse_table(std::move(bytes), file, format, notes);
}

}  // namespace strop
