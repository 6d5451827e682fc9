#include "data/read_split.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_map>

#include "core/error.h"
#include "core/text.h"

namespace strop {
namespace {

using Column = std::vector<std::string_view>;

const Column& column_of(const Table& table, int column) { return table.columns[static_cast<std::size_t>(column)]; }

void refuse_nested(const Table& table, const ColumnChoice& choice) {
  for (const int c : {choice.text, choice.pair, choice.label}) {
    if (c < 0) continue;
    const Column& column = column_of(table, c);
    const auto found = std::find_if(column.begin(), column.end(), is_nested);
    if (found == column.end()) continue;
    fail(ErrorKind::data, "{}: \"{}\" holds an array or object, expected a string, number or boolean",
         table.place(static_cast<std::size_t>(found - column.begin())), table.names[static_cast<std::size_t>(c)]);
  }
}

std::vector<std::string> copy_texts(const Table& table, int c) {
  std::vector<std::string> texts;
  texts.reserve(table.rows());
  const Column& column = column_of(table, c);
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column[row].data() == nullptr) {
      fail(ErrorKind::data, "{}: no \"{}\" in this row, expected a text; add it or remove the row", table.place(row),
           table.names[static_cast<std::size_t>(c)]);
    }
    texts.emplace_back(column[row]);
  }
  return texts;
}

void note_empty_texts(const TextSplit& split, std::vector<std::string>& notes) {
  std::int64_t empty = 0, line = 0;
  for (std::size_t row = 0; row < split.size(); ++row) {
    if (trim(split.texts[row]).empty() && ++empty == 1) line = split.lines[row];
  }
  if (empty == 0) return;
  notes.push_back(fmt::format("{}: {} {} an empty text (first {}:{})", split.file, empty,
                              empty == 1 ? "row has" : "rows have", split.file, line));
}

std::optional<std::int64_t> as_integer(const std::string& text) {
  std::int64_t value = 0;
  const char* begin = text.data() + (starts_with(text, "+") ? 1 : 0);
  const auto end = std::from_chars(begin, text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

RawSplit read_split(const std::string& file, const Options& options, bool need_label, bool plain_lines,
                    const ColumnChoice* like, std::vector<std::string>& notes) {
  return split_of_table(read_table(file, plain_lines, notes), options, need_label, like, notes);
}

RawSplit split_of_table(Table table, const Options& options, bool need_label, const ColumnChoice* like,
                        std::vector<std::string>& notes) {
  RawSplit raw;
  raw.columns = choose_columns(table, options, need_label, like, notes);
  refuse_nested(table, raw.columns);
  raw.split.file = table.file;
  raw.split.texts = copy_texts(table, raw.columns.text);
  if (raw.columns.pair >= 0) raw.split.pairs = copy_texts(table, raw.columns.pair);
  raw.split.labels.assign(table.rows(), -1);
  if (raw.columns.label >= 0) {
    std::unordered_map<std::string_view, std::int32_t> ids;
    const Column& column = column_of(table, raw.columns.label);
    for (std::size_t row = 0; row < column.size(); ++row) {
      const auto name = trim(column[row]);
      if (name.empty()) continue;
      const auto [entry, is_new] = ids.try_emplace(name, static_cast<std::int32_t>(ids.size()));
      if (is_new) raw.label_names.emplace_back(name);
      raw.split.labels[row] = entry->second;
    }
  }
  raw.split.lines = std::move(table.lines);
  note_empty_texts(raw.split, notes);
  return raw;
}

std::vector<std::string> sorted_label_names(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  const bool integers =
      std::all_of(names.begin(), names.end(), [](const auto& name) { return as_integer(name).has_value(); });
  if (integers) {
    std::stable_sort(names.begin(), names.end(),
                     [](const auto& a, const auto& b) { return as_integer(a) < as_integer(b); });
  }
  return names;
}

void index_labels(RawSplit& raw, const std::vector<std::string>& names) {
  std::vector<std::int32_t> index(raw.label_names.size(), -1);
  for (std::size_t i = 0; i < index.size(); ++i) {
    const auto found = std::find(names.begin(), names.end(), raw.label_names[i]);
    if (found != names.end()) index[i] = static_cast<std::int32_t>(found - names.begin());
  }
  for (std::size_t row = 0; row < raw.split.size(); ++row) {
    auto& label = raw.split.labels[row];
    if (label < 0) continue;
    const std::string& name = raw.label_names[static_cast<std::size_t>(label)];
    label = index[static_cast<std::size_t>(label)];
    if (label >= 0) continue;
    const std::string near = nearest(name, names);
    fail(ErrorKind::data, "{}:{}: label '{}' is not among the training labels: {}{}", raw.split.file,
         raw.split.lines[row], excerpt(name), excerpt(join(names, ", "), 400),
         near.empty() ? "; correct it or add training rows with it" : "; did you mean " + near + "?");
  }
  raw.label_names = names;
}

}  // namespace strop
