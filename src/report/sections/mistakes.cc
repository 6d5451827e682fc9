#include <fmt/format.h>

#include "core/text.h"
#include "report/html_parts.h"
#include "report/sections/sections.h"

namespace strop {

std::string mistakes_section(const RunFiles& run) {
  if (run.mistakes.empty()) return "";
  std::string out = fmt::format(
      "<p>{} of {} were given the wrong class. {}, the most confident first.</p>\n",
      count_text(static_cast<double>(run.wrong)), plural(static_cast<double>(run.predictions), "row"),
      run.wrong > static_cast<std::int64_t>(run.mistakes.size()) ? fmt::format("Here are {}", run.mistakes.size())
                                                                 : std::string("Here they are"));
  out += "<ol class=\"mistakes\">\n";
  for (const auto& mistake : run.mistakes) {
    out += fmt::format(
        "<li><p class=\"verdict\"><span class=\"chip bad\">{}</span> {} sure, <span class=\"soft\">truly</span> <span "
        "class=\"chip\">{}</span> <span class=\"soft\">row {}</span></p><blockquote "
        "dir=\"auto\">{}</blockquote></li>\n",
        user_text(mistake.prediction), percent_text(mistake.score), user_text(mistake.label), mistake.index,
        escape_html(repair_utf8(mistake.text)));
  }
  return section_html(run.anchor + "mistakes", "Worst mistakes", out + "</ol>\n");
}

}  // namespace strop
