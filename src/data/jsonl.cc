// JSON lines. A SAX pass a line: strings are decoded and written back into the buffer, at or before the place they were
// read from (a decoded string is never longer than its source), so a file costs no memory beyond itself.
#include <cstring>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "core/error.h"
#include "core/text.h"
#include "data/table.h"

namespace strop {

static constexpr char kNestedText[] = "{...}";
const std::string_view kNestedCell(kNestedText);

namespace {

using Json = nlohmann::json;

class RowReader : public nlohmann::json_sax<Json> {
 public:
  explicit RowReader(Table& table) : table_(table), write_(table.bytes->data()) {}

  void read_line(std::string_view line, std::int64_t number) {
    line_ = number;
    depth_ = 0;
    table_.lines.push_back(number);
    if (!Json::sax_parse(line.begin(), line.end(), this))
      throw std::logic_error("JSON reader stopped without a reason");
    for (auto& column : table_.columns) column.resize(table_.lines.size());
  }

  bool null() override { return value({}, false); }
  bool boolean(bool v) override { return value(v ? "true" : "false"); }
  bool number_integer(number_integer_t v) override { return value(std::to_string(v)); }
  bool number_unsigned(number_unsigned_t v) override { return value(std::to_string(v)); }
  bool number_float(number_float_t, const string_t& spelled) override { return value(spelled); }
  bool string(string_t& v) override { return value(v); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override {
    if (++depth_ == 2) put(kNestedCell);
    return true;
  }
  bool end_object() override { return --depth_, true; }
  bool start_array(std::size_t) override {
    if (depth_ == 0) {
      fail(ErrorKind::data,
           "{}:{}: found a JSON array, expected one object a line, as {{\"text\": \"...\", \"label\": \"...\"}}; "
           "convert it: jq -c '.[]' in.json > out.jsonl",
           table_.file, line_);
    }
    if (++depth_ == 2) put(kNestedCell);
    return true;
  }
  bool end_array() override { return --depth_, true; }

  bool key(string_t& name) override {
    if (depth_ != 1) return true;
    const auto [entry, is_new] = index_.try_emplace(name, table_.columns.size());
    column_ = entry->second;
    if (is_new) add_column(name);
    if (table_.columns[column_].size() == table_.lines.size()) {
      fail(ErrorKind::data, "{}:{}: the key \"{}\" stands twice in one object; keep one", table_.file, line_,
           excerpt(name));
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    const std::string_view what(error.what());
    const auto reason = what.rfind(" - ");
    fail(ErrorKind::data,
         "{}:{}: not JSON at column {}: {}; expected one object a line, as {{\"text\": \"...\", \"label\": \"...\"}}",
         table_.file, line_, position, reason == std::string_view::npos ? what : what.substr(reason + 3));
  }

 private:
  void add_column(const std::string& name) {
    if (table_.columns.size() == kMaxColumns) {
      fail(ErrorKind::data, "{}:{}: found more than {} different keys; is the file a table of texts?", table_.file,
           line_, kMaxColumns);
    }
    table_.names.push_back(name);
    table_.columns.emplace_back(table_.lines.size() - 1);
  }

  void put(std::string_view cell) { table_.columns[column_].push_back(cell); }

  bool value(std::string_view text, bool present = true) {
    if (depth_ == 0) {
      fail(ErrorKind::data, "{}:{}: found {}, expected an object, as {{\"text\": \"...\", \"label\": \"...\"}}",
           table_.file, line_, present ? "the bare value " + excerpt(text) : "null");
    }
    if (depth_ > 1) return true;
    if (text.find('\0') != std::string_view::npos) {
      fail(ErrorKind::data, "{}:{}: \"{}\" holds \\u0000, expected text; remove it", table_.file, line_,
           excerpt(table_.names[column_]));
    }
    if (!present) return put({}), true;
    if (!text.empty()) std::memcpy(write_, text.data(), text.size());
    put({write_, text.size()});
    write_ += text.size();
    return true;
  }

  Table& table_;
  char* write_;
  std::int64_t line_ = 0;
  int depth_ = 0;
  std::size_t column_ = 0;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace

void parse_jsonl(Table& table) {
  RowReader reader(table);
  std::string_view rest(*table.bytes);
  for (std::int64_t number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.size() > kMaxLineBytes) {
      fail(ErrorKind::data, "{}:{}: a line of {}, expected at most {}; JSON lines hold one object a line", table.file,
           number, human_bytes(static_cast<double>(line.size())), human_bytes(static_cast<double>(kMaxLineBytes)));
    }
    if (!trim(line).empty()) reader.read_line(line, number);
  }
}

}  // namespace strop
