#include <fmt/format.h>

#include "core/text.h"
#include "report/html_parts.h"
#include "report/sections/sections.h"

namespace strop {
namespace {

std::string quoted(const std::string& text) {
  return "<blockquote dir=\"auto\">" + escape_html(repair_utf8(text)) + "</blockquote>";
}

// A pair's texts stand below each other.
std::string texts_html(const PredictionRecord& mistake) {
  return quoted(mistake.text) + (mistake.text_pair.empty() ? "" : quoted(mistake.text_pair));
}

}  // namespace

std::string mistakes_section(const RunFiles& run) {
  if (run.mistakes.empty()) return "";
  std::string out = fmt::format(
      "<p>{} of {} were given the wrong class. {}, the most confident first.</p>\n",
      count_text(static_cast<double>(run.wrong)), plural(static_cast<double>(run.predictions), "row"),
      run.wrong > static_cast<std::int64_t>(run.mistakes.size()) ? fmt::format("Here are {}", run.mistakes.size())
                                                                 : std::string("Here they are"));
  const bool pictures = !run.thumbnails.empty();
  out += fmt::format("<ol class=\"mistakes{}\">\n", pictures ? " pictures" : "");
  for (const auto& mistake : run.mistakes) {
    const auto thumbnail = run.thumbnails.find(mistake.index);
    const auto shown =
        pictures ? "<p class=\"file\">" + user_text(short_name(mistake.text)) + "</p>" : texts_html(mistake);
    out += "<li>" + (thumbnail == run.thumbnails.end() ? "" : picture_html(thumbnail->second, mistake.text));
    out += fmt::format(
        "<p class=\"verdict\"><span class=\"chip bad\">{}</span> {} sure, <span class=\"soft\">truly</span> <span "
        "class=\"chip\">{}</span> <span class=\"soft\">row {}</span></p>{}</li>\n",
        user_text(mistake.prediction), percent_text(mistake.score), user_text(mistake.label), mistake.index, shown);
  }
  return section_html(run.anchor + "mistakes", "Worst mistakes", out + "</ol>\n");
}

}  // namespace strop
