#include "report/html_parts.h"

#include <fmt/format.h>

#include "core/text.h"

namespace strop {

std::string section_html(const std::string& id, const std::string& title, const std::string& body_html) {
  if (body_html.empty()) return "";
  return fmt::format("<section id=\"{}\"><h2>{}</h2>\n{}</section>\n", escape_html(id), escape_html(title), body_html);
}

std::string table_html(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows_html,
                       std::size_t first_number) {
  const auto kind = [&](std::size_t column) { return column >= first_number ? " class=\"n\"" : ""; };
  std::string out = "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>";
  for (std::size_t c = 0; c < header.size(); ++c) {
    out += fmt::format("<th{}>{}</th>", kind(c), escape_html(header[c]));
  }
  out += "</tr></thead><tbody>\n";
  for (const auto& row : rows_html) {
    out += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c) out += fmt::format("<td{}>{}</td>", kind(c), row[c]);
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string user_text(const std::string& text) {
  return "<bdi dir=\"auto\">" + escape_html(repair_utf8(text)) + "</bdi>";
}

std::string picture_html(const std::string& uri, const std::string& alt) {
  const auto safe = escape_html(repair_utf8(alt));
  return fmt::format("<img class=\"thumb\" src=\"{}\" alt=\"{}\" title=\"{}\">", uri, safe, safe);
}

std::string percent_text(double share) { return fmt::format("{:.1f}\u00a0%", 100 * share); }
std::string points_text(double share) { return share < 0 ? "–" : fmt::format("{:.1f}", 100 * share); }

std::string figure_text(double value) { return fmt::format("{:.4g}", value); }
std::string count_text(double count) { return human_count(count); }
std::string bytes_text(double bytes) { return human_bytes(bytes); }
std::string duration_text(double seconds) { return human_duration(seconds); }

std::string short_name(const std::string& path_or_name) {
  std::string_view name = path_or_name;
  while (name.size() > 1 && name.back() == '/') name.remove_suffix(1);
  const auto slash = name.rfind('/');
  return std::string(slash == std::string_view::npos || name.size() == 1 ? name : name.substr(slash + 1));
}

std::string plural(double count, const std::string& word) {
  return human_count(count) + " " + word + (count == 1 ? "" : "s");
}

}  // namespace strop
