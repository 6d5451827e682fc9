#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/text.h"
#include "report/html_parts.h"
#include "report/sections/sections.h"

namespace strop {
namespace {

constexpr std::size_t kMostBars = 8;  // classes of their own colour; more are shown as figures only

// One bar a split, its parts the classes.
std::string class_bar(const RunRecord& record, const SplitRecord& split) {
  std::string out = "<div class=\"bar\">";
  const auto all = std::accumulate(split.per_class.begin(), split.per_class.end(), std::int64_t{0});
  for (std::size_t c = 0; c < split.per_class.size() && all > 0; ++c) {
    const double share = static_cast<double>(split.per_class[c]) / static_cast<double>(all);
    out +=
        fmt::format("<i class=\"s{}\" style=\"width:{:.2f}%\" title=\"{}: {}\"></i>", c % kMostBars + 1, 100 * share,
                    c < record.labels.size() ? escape_html(record.labels[c]) : std::to_string(c), split.per_class[c]);
  }
  return out + "</div>";
}

std::string split_table(const RunRecord& record) {
  std::vector<std::string> header = {"split", "classes", "rows"};
  const bool columns = record.labels.size() <= kMostBars;
  if (columns) header.insert(header.end(), record.labels.begin(), record.labels.end());
  std::vector<std::vector<std::string>> rows;
  for (const auto& split : record.splits) {
    std::vector<std::string> row = {user_text(split.name), class_bar(record, split),
                                    count_text(static_cast<double>(split.rows))};
    for (std::size_t c = 0; columns && c < record.labels.size(); ++c) {
      row.push_back(c < split.per_class.size() ? count_text(static_cast<double>(split.per_class[c])) : "–");
    }
    rows.push_back(std::move(row));
  }
  return table_html(header, rows, 2);
}

std::string legend(const RunRecord& record) {
  if (record.labels.size() < 2 || record.labels.size() > kMostBars) return "";
  std::string out = "<p class=\"legend\">";
  for (std::size_t c = 0; c < record.labels.size(); ++c) {
    out += fmt::format("<span class=\"s{}\"><i></i>{}</span>", c + 1, user_text(record.labels[c]));
  }
  return out + "</p>\n";
}

}  // namespace

std::string data_section(const RunFiles& run) {
  if (!run.record || run.record->splits.empty()) return "";
  const auto& record = *run.record;
  std::string out = "<p>Read from <code>" + user_text(record.data) + "</code>";
  if (!record.input.text_column.empty()) {
    out += ", column " + user_text(record.input.text_column);
    if (!record.input.text_pair_column.empty()) out += " with " + user_text(record.input.text_pair_column);
  }
  if (record.input.max_length > 0) out += fmt::format(", at most {} tokens a row", record.input.max_length);
  if (record.input.width > 0) {
    out += fmt::format(", {} x {} pixels ({}, {})", record.input.width, record.input.height,
                       user_text(record.input.fit), user_text(record.input.interpolation));
  }
  if (!record.class_groups.empty()) out += "; a row is a picture, and of each class its boxes are counted";
  out += ".</p>\n" + legend(record) + split_table(record);
  if (!record.data_notes.empty()) {
    out += "<h3>What was noticed</h3><ul>";
    for (const auto& note : record.data_notes) out += "<li>" + user_text(note) + "</li>";
    out += "</ul>\n";
  }
  return section_html(run.anchor + "data", "Data", out);
}

}  // namespace strop
