#include <fmt/format.h>

#include "core/text.h"
#include "report/html_parts.h"
#include "report/sections/sections.h"

namespace strop {
namespace {

void fact(std::string& out, const std::string& name, const std::string& value) {
  if (!value.empty()) out += fmt::format("<dt>{}</dt><dd>{}</dd>", escape_html(name), user_text(value));
}

}  // namespace

std::string environment_section(const RunFiles& run) {
  if (!run.record) return "";
  const auto& record = *run.record;
  std::string facts;
  fact(facts, "Processor", record.machine.cpu);
  fact(facts, "Abilities", record.machine.abilities);
  fact(facts, "Device", record.machine.device);
  if (record.machine.threads > 0) fact(facts, "Threads", std::to_string(record.machine.threads));
  if (record.machine.memory_bytes > 0) {
    fact(facts, "Memory free at the end", bytes_text(static_cast<double>(record.machine.memory_bytes)));
  }
  for (const auto& [name, version] : record.versions) fact(facts, name, version);
  fact(facts, "Base model", record.base_model);
  fact(facts, "Its weights' hash", record.base_hash);
  std::string out = facts.empty() ? "" : "<dl class=\"facts\">" + facts + "</dl>\n";
  if (!record.command.empty()) {
    out += "<h3>To repeat it</h3><div class=\"command\"><pre><code>" + escape_html(repair_utf8(record.command)) +
           "</code></pre><button type=\"button\" data-copy>Copy</button></div>\n";
  }
  return section_html(run.anchor + "environment", "Machine, versions, command", out);
}

}  // namespace strop
