#include "report/html.h"

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/output.h"
#include "core/error.h"
#include "core/files.h"

namespace strop {
namespace {

int run_report(const CommandLine& command) {
  const std::vector<std::filesystem::path> runs(command.arguments.begin(), command.arguments.end());
  if (runs.empty()) {
    fail(ErrorKind::usage, "strop report needs a run folder; for example:\n  {}", command.verb->examples.front());
  }
  if (runs.size() > 1 && command.options.out.empty()) {
    fail(ErrorKind::usage, "strop report needs --out for several runs; for example:\n  {}",
         command.verb->examples.back());
  }
  std::filesystem::path out = command.options.out.empty() ? runs.front() : std::filesystem::path(command.options.out);
  if (std::filesystem::is_directory(out)) out /= "report.html";
  write_file_atomic(out, render_report(runs));
  print(command.options.json ? nlohmann::json{{"report", out.string()}}.dump() : out.string());
  return 0;
}

}  // namespace

Verb report_verb() {
  Verb verb;
  verb.name = "report";
  verb.summary = "renders runs as one HTML page";
  verb.about =
      "Writes a page that needs no network: what was done, the plan, curves, confusion matrix, worst mistakes. Several "
      "runs are compared side by side. Without --out a single run's page goes to RUN/report.html.";
  verb.arguments = "RUN [RUN ...]";
  verb.examples = {"strop report runs/reviews", "strop report runs/lora runs/full --out compare.html"};
  verb.usual = {"out", "json"};
  verb.all_keys = false;
  verb.run = run_report;
  return verb;
}

}  // namespace strop
