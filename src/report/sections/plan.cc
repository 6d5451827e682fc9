#include <fmt/format.h>

#include "core/text.h"
#include "report/html_parts.h"
#include "report/sections/sections.h"

namespace strop {
namespace {

std::string stage_length(const StageView& stage) {
  if (stage.solver != "gradient") return "closed form";
  if (stage.seconds > 0) return duration_text(stage.seconds);
  if (stage.epochs > 0) return plural(stage.epochs, "epoch");
  return plural(static_cast<double>(stage.max_steps), "step");
}

std::string stages_table(const PlanView& plan) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& stage : plan.stages) {
    rows.push_back({std::to_string(rows.size() + 1), user_text(stage.name), user_text(stage.method),
                    user_text(excerpt(join(stage.blocks, ", "), 120)), stage.cut.empty() ? "–" : user_text(stage.cut),
                    stage_length(stage), stage.learning_rate > 0 ? figure_text(stage.learning_rate) : "–"});
  }
  return table_html({"", "stage", "method", "trains", "frozen before", "length", "learning rate"}, rows, 5);
}

std::string reasons(const PlanView& plan) {
  if (plan.reasons.empty()) return "";
  std::string out = "<h3>Why</h3><dl class=\"facts\">";
  for (const auto& [decision, why] : plan.reasons) {
    out += fmt::format("<dt>{}</dt><dd>{}</dd>", user_text(decision), user_text(why));
  }
  return out + "</dl>\n";
}

}  // namespace

std::string plan_section(const RunFiles& run) {
  if (run.plan.text.empty()) return "";
  std::string out;
  if (!run.plan.stages.empty()) out += stages_table(run.plan);
  out += reasons(run.plan);
  if (!run.plan.fallbacks.empty()) {
    out += "<p>Where a limit comes near, the trainer takes in turn: " + user_text(join(run.plan.fallbacks, ", then ")) +
           ".</p>\n";
  }
  out += "<details><summary>The whole plan</summary><pre><code>" + escape_html(repair_utf8(run.plan.text)) +
         "</code></pre></details>\n";
  return section_html(run.anchor + "plan", "The plan", out);
}

}  // namespace strop
