#include <fmt/format.h>

#include "core/text.h"
#include "report/html_parts.h"
#include "report/sections/sections.h"

namespace strop {

std::string gallery_section(const RunFiles& run) {
  if (run.augmented.empty()) return "";
  std::string out = "<p>Each row: a training picture as evaluation would see it, then what training saw.</p>\n";
  for (const auto& view : run.augmented) {
    out += "<div class=\"gallery\">";
    for (std::size_t i = 0; i < view.images.size(); ++i) {
      const auto name = i == 0 ? short_name(view.name) : fmt::format("{}, view {}", short_name(view.name), i);
      out += picture_html(view.images[i], name);
    }
    out += "</div>\n";
  }
  return section_html(run.anchor + "gallery", "Augmented inputs", out);
}

}  // namespace strop
