// CSV and TSV. One pass over the buffer; a quoted cell with doubled quotes is compacted in place.
#include <algorithm>
#include <array>
#include <cstring>

#include "core/error.h"
#include "core/text.h"
#include "data/table.h"

namespace strop {
namespace {

constexpr int kSniffedRows = 20;

class DelimitedReader {
 public:
  DelimitedReader(Table& table, char delimiter, bool quotes)
      : table_(table),
        delimiter_(delimiter),
        quotes_(quotes),
        at_(table.bytes->data()),
        end_(at_ + table.bytes->size()) {}

  void read() {
    while (at_ < end_) {
      if (skip_empty_line()) continue;
      read_row();
    }
  }

 private:
  enum class Stop { cell, row };

  bool skip_empty_line() {
    if (*at_ == '\n') {
      ++at_;
    } else if (*at_ == '\r' && at_ + 1 < end_ && at_[1] == '\n') {
      at_ += 2;
    } else {
      return false;
    }
    ++line_;
    return true;
  }

  void read_row() {
    const std::int64_t row_line = line_;
    const char* start = at_;
    cells_.clear();
    Stop stop = Stop::cell;
    while (stop == Stop::cell) {
      std::string_view cell;
      stop = quotes_ && at_ < end_ && *at_ == '"' ? read_quoted(cell) : read_plain(cell);
      cells_.push_back(cell);
      if (static_cast<std::size_t>(at_ - start) > kMaxLineBytes) {
        fail(ErrorKind::data, "{}:{}: a row of more than {}, expected at most that; {}", table_.file, row_line,
             human_bytes(static_cast<double>(kMaxLineBytes)), quotes_ ? "is a quote left open?" : "is it a TSV file?");
      }
      if (cells_.size() > kMaxColumns) {
        fail(ErrorKind::data, "{}:{}: found more than {} columns; is the file a table of texts?", table_.file, row_line,
             kMaxColumns);
      }
    }
    add_row(row_line);
  }

  void add_row(std::int64_t row_line) {
    if (table_.columns.empty()) table_.columns.resize(cells_.size());
    if (cells_.size() != table_.columns.size()) {
      fail(ErrorKind::data, "{}:{}: found {} columns, expected {} as in line {}; {}", table_.file, row_line,
           cells_.size(), table_.columns.size(), table_.lines.front(),
           quotes_ ? fmt::format("a cell that holds '{}' must stand in double quotes", delimiter_)
                   : std::string("a text in a TSV file holds no tab and no line break"));
    }
    for (std::size_t c = 0; c < cells_.size(); ++c) table_.columns[c].push_back(cells_[c]);
    table_.lines.push_back(row_line);
  }

  Stop read_plain(std::string_view& cell) {
    char* start = at_;
    while (at_ < end_ && *at_ != delimiter_ && *at_ != '\n') ++at_;
    cell = {start, static_cast<std::size_t>(at_ - start)};
    if (at_ == end_ || *at_ == '\n') {
      if (!cell.empty() && cell.back() == '\r') cell.remove_suffix(1);
      if (at_ < end_) ++at_, ++line_;
      return Stop::row;
    }
    ++at_;
    return Stop::cell;
  }

  // At the opening quote. Text after the closing quote other than a delimiter or line end is an error, since every
  // reader guesses differently there.
  Stop read_quoted(std::string_view& cell) {
    const std::int64_t opened = line_;
    char* start = ++at_;
    char* write = start;
    while (true) {
      auto* quote = static_cast<char*>(std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)));
      if (quote == nullptr) {
        fail(ErrorKind::data,
             "{}:{}: a cell opens with a double quote that is never closed; close it, write a quote inside a quoted "
             "cell twice, or name the file .tsv if quotes are plain characters",
             table_.file, opened);
      }
      const auto length = static_cast<std::size_t>(quote - at_);
      line_ += std::count(at_, quote, '\n');
      if (write != at_) std::memmove(write, at_, length);
      write += length;
      at_ = quote + 1;
      if (at_ == end_ || *at_ != '"') break;
      *write++ = '"';
      ++at_;
    }
    cell = {start, static_cast<std::size_t>(write - start)};
    return after_quote();
  }

  Stop after_quote() {
    if (at_ < end_ && *at_ == '\r' && (at_ + 1 == end_ || at_[1] == '\n')) ++at_;
    if (at_ == end_) return Stop::row;
    const char found = *at_++;
    if (found == delimiter_) return Stop::cell;
    if (found != '\n') {
      const std::size_t rest = std::min<std::size_t>(static_cast<std::size_t>(end_ - at_) + 1, 24);
      const std::string_view after(at_ - 1, rest);
      fail(ErrorKind::data,
           "{}:{}: found '{}' after a closing quote, expected '{}' or the end of the line; write a quote inside a "
           "quoted cell twice",
           table_.file, line_, excerpt(after.substr(0, after.find('\n')), 20), delimiter_);
    }
    ++line_;
    return Stop::row;
  }

  Table& table_;
  const char delimiter_;
  const bool quotes_;
  char* at_;
  char* const end_;
  std::int64_t line_ = 1;
  std::vector<std::string_view> cells_;
};

// Delimiters outside quotes in each of the first rows.
std::vector<int> count_delimiters(std::string_view text, char delimiter) {
  std::vector<int> counts;
  int count = 0;
  bool quoted = false, empty = true;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted && c == delimiter) ++count;
    if (c != '\n' && c != '\r') empty = false;
    if (quoted || c != '\n') continue;
    if (!empty) counts.push_back(count);
    count = 0, empty = true;
    if (counts.size() == kSniffedRows) break;
  }
  if (counts.empty() && count > 0) counts.push_back(count);  // a file of one row without a line end
  return counts;
}

}  // namespace

void parse_delimited(Table& table, char delimiter, bool quotes) { DelimitedReader(table, delimiter, quotes).read(); }

char sniff_delimiter(std::string_view text) {
  text = text.substr(0, std::size_t{1} << 20);
  char best = ',';
  double best_score = 0;
  for (const char delimiter : std::array{',', ';', '\t'}) {
    const std::vector<int> counts = count_delimiters(text, delimiter);
    if (counts.empty() || counts.front() == 0) continue;
    // The share of rows with as many cells as the first: the true delimiter splits all rows alike.
    const double score = static_cast<double>(std::count(counts.begin(), counts.end(), counts.front())) /
                         static_cast<double>(counts.size());
    if (score > best_score) best = delimiter, best_score = score;
  }
  return best;
}

}  // namespace strop
