// A plan as YAML that a person can read and edit.
#include <fmt/format.h>

#include "config/options_node.h"
#include "config/values.h"
#include "config/yaml.h"
#include "core/text.h"
#include "strop/plan.h"

namespace strop {
namespace {

template <typename T>
std::string flow(const std::map<std::string, T>& items) {
  std::map<std::string, std::string> texts;
  for (const auto& [name, value] : items) texts[name] = fmt::format("{}", value);
  return yaml_flow(texts);
}

std::string stage_text(const Stage& stage) {
  std::string out;
  const auto line = [&out](const char* name, const std::string& value) {
    out += fmt::format("{}{}: {}\n", out.empty() ? "  - " : "    ", name, value);
  };
  line("name", yaml_quote(stage.name));
  line("method", yaml_quote(stage.method));
  line("solver", yaml_quote(stage.solver));
  line("blocks", yaml_flow(stage.blocks));
  line("cut", yaml_quote(stage.cut));
  line("max_steps", std::to_string(stage.max_steps));
  line("epochs", number_text(stage.epochs));
  line("seconds", number_text(stage.seconds));
  line("learning_rate", number_text(stage.learning_rate));
  line("lr_scale", flow(stage.lr_scale));
  line("update_period", flow(stage.update_period));
  return out;
}

}  // namespace

std::string to_yaml(const Plan& plan) {
  std::string out = "# A strop plan. `strop train` runs this file as it stands; any line may be edited.\n";
  out += fmt::format("version: {}\n\n", plan.version);
  out += "# What trains, one stage after the other. cut: the first block that is not frozen. A stage ends after\n";
  out += "# max_steps, epochs or seconds, whichever is above 0.\n";
  out += plan.stages.empty() ? "stages: []\n" : "stages:\n";
  for (const auto& stage : plan.stages) out += stage_text(stage);
  out += "\n# Samples that go through the network at a time; the batch's gradient is their sum. 0: the whole batch.\n";
  out += fmt::format("micro_batch: {}\n", plan.micro_batch);
  out += "# Fewer of them where together they have more tokens than this; 0: no limit.\n";
  out += fmt::format("micro_batch_tokens: {}\n", plan.micro_batch_tokens);
  out += "\n# Arithmetic of the trained and of the frozen part.\n";
  out += fmt::format("precision: {}\n", yaml_quote(plan.precision));
  out += fmt::format("prefix_precision: {}\n", yaml_quote(plan.prefix_precision));
  out += "\n# What is given up, in this order, when a limit is near.\n";
  out += fmt::format("fallbacks: {}\n", yaml_flow(plan.fallbacks));
  out += "\n# Why, for people.\n";
  out += plan.reasons.empty() ? "reasons: {}\n" : "reasons:\n";
  for (const auto& [decision, why] : plan.reasons) {
    out += fmt::format("  {}: {}\n", yaml_quote(decision), yaml_quote(why));
  }
  out += "\n# To be held against what comes true; 0: not predicted.\n";
  const auto& predicted = plan.predicted;
  out += fmt::format("predicted: {{seconds: {}, peak_bytes: {}, quality: {}}}", predicted.seconds, predicted.peak_bytes,
                     predicted.quality);
  if (predicted.seconds > 0) {
    out += fmt::format("  # {}, {}", human_duration(predicted.seconds),
                       human_bytes(static_cast<double>(predicted.peak_bytes)));
  }
  out += "\n";
  out += "\n# All keys, resolved (`strop config KEY` explains one).\noptions:\n";
  return out + options_to_yaml(plan.options, "  ");
}

}  // namespace strop
