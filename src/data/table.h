// A table of text cells, as read from one CSV, TSV or JSON lines file, and the readers that make it.
//
// Cells are views into `bytes`; nothing is copied, quotes and escapes are undone in place. A cell that a JSON object
// lacks (or holds null) is absent: its data() is nullptr.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace strop {

enum class TableFormat {
  csv,    // RFC 4180: quotes, embedded newlines; comma, semicolon or tab, whichever splits the first rows evenly
  tsv,    // tabs; quotes are plain characters
  jsonl,  // one JSON object a line
  lines,  // one text a line, the only column
};

inline constexpr std::size_t kMaxLineBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxColumns = 4096;

struct Table {
  std::string file;                                    // as messages name it
  std::unique_ptr<std::string> bytes;                  // what the cells point into
  std::vector<std::string> names;                      // of the columns; empty while a header is not decided on
  std::vector<std::vector<std::string_view>> columns;  // [column][row]
  std::vector<std::int64_t> lines;                     // 1-based line on which each row starts
  std::size_t rows() const { return lines.size(); }
  // "train.csv:17".
  std::string place(std::size_t row) const;
};

// Marks a cell that holds a JSON object or array; an error only where the column is used.
extern const std::string_view kNestedCell;
inline bool is_nested(std::string_view cell) { return cell.data() == kNestedCell.data(); }

// Cleans and parses the bytes of a whole file. Error(data) with file:line, found and expected: ragged rows, quotes that
// never close, lines above kMaxLineBytes, what is not JSON, a key that stands twice. Empty lines are skipped (kept as
// empty texts in `lines`). An empty table is no error here. Speed: some 300 MB/s for CSV and TSV, 100 MB/s for JSON.
Table parse_table(std::string bytes, const std::string& file, TableFormat format, std::vector<std::string>& notes);

// Reads `file` in the format that its name says (.csv .tsv .tab .jsonl .ndjson .json .txt, each also .gz); .txt is TSV
// where its first line holds a tab. With `plain_lines`, .txt and "-" hold one text a line ("-" JSON lines where it
// begins with a brace). Error(data) on an unknown ending.
Table read_table(const std::string& file, bool plain_lines, std::vector<std::string>& notes);
// Whether read_table knows the ending of this name.
bool is_table_name(const std::string& file);

// The parsers; parse_table dispatches to them. `table.bytes` and `table.file` are set.
void parse_delimited(Table& table, char delimiter, bool quotes);
char sniff_delimiter(std::string_view text);
void parse_jsonl(Table& table);

}  // namespace strop
