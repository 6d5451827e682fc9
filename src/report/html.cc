#include "report/html.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/text.h"
#include "report/html_parts.h"
#include "report/page_assets.h"
#include "report/sections/sections.h"

namespace strop {
namespace {

// The policy lets nothing be fetched, whatever the texts of the data hold.
constexpr const char* kPage = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<div class="top"><div><b>strop</b><nav>{nav}</nav><button type="button" data-scheme>Light / dark</button></div></div>
<main>
{body}<footer>Made by strop from the files of the run; nothing on this page was fetched from elsewhere.</footer>
</main>
<script>{script}</script>
</body>
</html>
)html";

std::string run_body(const RunFiles& run) {
  return figures_section(run) + curves_section({run}) + classes_section(run) + boxes_section(run) +
         mistakes_section(run) + gallery_section(run) + plan_section(run) + frozen_section(run) + speed_section({run}) +
         data_section(run) + environment_section(run);
}

// Links to the sections that the body has.
std::string navigation(const std::string& body, const std::string& anchor) {
  static const std::pair<const char*, const char*> kLinks[] = {
      {"compare", "Comparison"}, {"figures", "Figures"},   {"curves", "Curves"},  {"classes", "Classes"},
      {"boxes", "Boxes"},        {"mistakes", "Mistakes"}, {"gallery", "Inputs"}, {"plan", "Plan"},
      {"frozen", "Frozen"},      {"speed", "Speed"},       {"data", "Data"},      {"environment", "Machine"}};
  std::string out;
  for (const auto& [id, name] : kLinks) {
    if (body.find(fmt::format("<section id=\"{}{}\">", anchor, id)) == std::string::npos) continue;
    out += fmt::format("<a href=\"#{}{}\">{}</a>", anchor, id, name);
  }
  return out;
}

// Folders of the same name are told apart by their parents.
void name_apart(std::vector<RunFiles>& runs, const std::vector<std::filesystem::path>& folders) {
  std::vector<std::string> names;
  for (const auto& run : runs) names.push_back(run.name);
  for (std::size_t r = 0; r < runs.size(); ++r) {
    if (std::count(names.begin(), names.end(), names[r]) < 2) continue;
    const auto parent = std::filesystem::weakly_canonical(folders[r]).parent_path().filename().string();
    runs[r].name = parent + "/" + names[r];
  }
}

std::string several_runs(const std::vector<RunFiles>& runs) {
  std::string out = compare_section(runs) + curves_section(runs) + speed_section(runs);
  for (const auto& run : runs) {
    out += fmt::format("<details class=\"run\"><summary>{}</summary>\n{}{}</details>\n", user_text(run.name),
                       headline_section(run), run_body(run));
  }
  return out;
}

}  // namespace

std::string render_report(const std::vector<std::filesystem::path>& run_folders) {
  if (run_folders.empty()) fail(ErrorKind::usage, "report: no run folder was given; expected at least one");
  std::vector<RunFiles> runs;
  for (const auto& folder : run_folders) {
    runs.push_back(read_run(folder));
    if (run_folders.size() > 1) runs.back().anchor = fmt::format("run{}-", runs.size());
  }
  name_apart(runs, run_folders);
  const bool several = runs.size() > 1;
  const std::string body = several ? several_runs(runs) : headline_section(runs[0]) + run_body(runs[0]);
  const std::string title = several ? fmt::format("{} runs", runs.size()) : runs[0].name;
  return fmt::format(fmt::runtime(kPage), fmt::arg("title", escape_html(repair_utf8(title)) + " · strop"),
                     fmt::arg("style", kPageStyle), fmt::arg("nav", navigation(body, "")), fmt::arg("body", body),
                     fmt::arg("script", kPageScript));
}

}  // namespace strop
