// Tables of paths and labels.
#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/text.h"
#include "data/image_files.h"
#include "data/table.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string>;
// In order of preference.
const Names kPathNames = {"file_name", "image", "path", "file", "filename", "image_path", "filepath", "img", "picture"};
const Names kLabelNames = {"label", "labels", "class", "category", "target", "class_name", "label_name"};

int find_column(const Names& names, const std::string& wanted) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (lower_ascii(trim(names[i])) == lower_ascii(wanted)) return static_cast<int>(i);
  }
  return -1;
}

int find_first(const Names& names, const Names& known) {
  for (const auto& name : known) {
    if (const int column = find_column(names, name); column >= 0) return column;
  }
  return -1;
}

struct Columns {
  int path = -1, label = -1;
};

// The first row is data where one of its cells is a picture's name.
int column_of_pictures(const Table& table) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const auto cell = table.columns[c].front();
    if (is_picture_name(cell) || is_foreign_picture_name(cell)) return static_cast<int>(c);
  }
  return -1;
}

void take_header(Table& table) {
  for (auto& column : table.columns) {
    table.names.emplace_back(trim(column.front()));
    column.erase(column.begin());
  }
  table.lines.erase(table.lines.begin());
}

void check_roles(const Options& options) {
  for (const auto& [role, name] : options.columns) {
    if (role != "image" && role != "label") {
      fail(ErrorKind::usage, "columns: found '{}={}', expected image= or label=", role, name);
    }
  }
}

int by_option(const Table& table, const Options& options, const std::string& role, const Names& known) {
  const auto given = options.columns.find(role);
  if (given == options.columns.end()) return find_first(table.names, known);
  const int column = find_column(table.names, given->second);
  if (column >= 0) return column;
  const std::string near = nearest(given->second, table.names);
  fail(ErrorKind::data, "{}: no column '{}' (columns={}=), found {}{}", table.file, given->second, role,
       join(table.names, ", "), near.empty() ? "" : "; did you mean " + near + "?");
}

Columns choose(Table& table, const Options& options, bool need_label) {
  check_roles(options);
  if (table.rows() == 0) fail(ErrorKind::data, "{}: no rows, expected paths of pictures", table.file);
  Columns columns;
  if (table.names.empty()) columns.path = column_of_pictures(table);
  if (table.names.empty() && columns.path >= 0) {
    if (table.columns.size() == 2) columns.label = 1 - columns.path;
  } else {
    if (table.names.empty()) take_header(table);
    columns.path = by_option(table, options, "image", kPathNames);
    columns.label = by_option(table, options, "label", kLabelNames);
    if (columns.path < 0) {
      fail(ErrorKind::data, "{}: no column of paths; found {}, expected one of {}, or say columns=image=NAME",
           table.file, join(table.names, ", "), join(kPathNames, ", "));
    }
  }
  if (columns.label < 0 && need_label) {
    fail(ErrorKind::data, "{}: no column of labels; found {}, expected one of {}, or say columns=label=NAME",
         table.file,
         table.names.empty() ? fmt::format("{} columns without a header", table.columns.size())
                             : join(table.names, ", "),
         join(kLabelNames, ", "));
  }
  return columns;
}

std::string_view cell(const Table& table, int column, std::size_t row) {
  const auto value = table.columns[static_cast<std::size_t>(column)][row];
  if (is_nested(value)) {
    fail(ErrorKind::data, "{}: found an array or object, expected a string or number", table.place(row));
  }
  return trim(value);
}

}  // namespace

RawImages read_image_table(const std::string& file, const Options& options, bool need_label,
                           std::vector<SkippedPicture>& skipped, std::vector<std::string>& notes) {
  Table table = read_table(file, false, notes);
  const Columns columns = choose(table, options, need_label);
  const fs::path folder = fs::path(file).parent_path();
  RawImages raw;
  raw.split.origin = file;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const auto given = cell(table, columns.path, row);
    if (given.empty()) fail(ErrorKind::data, "{}: no path in this row, expected one", table.place(row));
    const std::string path = (folder / given).string();
    ImageSample sample{path, {path, nullptr}};
    if (columns.label >= 0) {
      const auto label = cell(table, columns.label, row);
      if (label.empty() && need_label)
        fail(ErrorKind::data, "{}: no label in this row, expected one", table.place(row));
      if (!label.empty()) sample.label = raw.label_of(std::string(label));
    }
    std::error_code ignored;
    // A file to predict on keeps its line, on which whoever opens it says that it is missing.
    if (!need_label || fs::exists(path, ignored)) {
      raw.split.samples.push_back(std::move(sample));
    } else {
      skipped.push_back({path, fmt::format("{}: no such file (named in {})", path, table.place(row))});
    }
  }
  return raw;
}

}  // namespace strop
