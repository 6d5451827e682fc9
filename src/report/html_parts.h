// Small parts of the page that several sections use. Arguments named `html` go in as they are; all others are escaped.
#pragma once

#include <string>
#include <vector>

namespace strop {

// <section> with its heading; "" where the body is empty, so that absent things leave no heading behind.
std::string section_html(const std::string& id, const std::string& title, const std::string& body_html);

// A table that scrolls by itself on a narrow screen. Columns from `first_number` on are figures, set to the right.
std::string table_html(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows_html,
                       std::size_t first_number);

// Text of a person, isolated so that right-to-left text and emoji do not disturb what is beside it.
std::string user_text(const std::string& text);

// A small picture; `uri` is a data URI that was checked (read_gallery).
std::string picture_html(const std::string& uri, const std::string& alt);

std::string percent_text(double share);                     // "91.3 %"
std::string points_text(double share);                      // "45.1" of 100; a dash below 0: nothing to measure
std::string figure_text(double value);                      // four significant digits, without needless zeros
std::string count_text(double count);                       // "6,920"
std::string bytes_text(double bytes);                       // "412 MiB"
std::string duration_text(double seconds);                  // "1m 42s"
std::string short_name(const std::string& path_or_name);    // last part of a path
std::string plural(double count, const std::string& word);  // "1 step", "6,920 rows"

}  // namespace strop
