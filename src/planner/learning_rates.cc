#include "planner/learning_rates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/values.h"
#include "core/error.h"
#include "core/text.h"
#include "tuning/method.h"

namespace strop {
namespace {

struct Row {
  const char* method;
  const char* family;  // "*": any
  double rate;
};

constexpr std::array kTable = {
    Row{"head", "*", 3e-3},      Row{"layerwise", "efficientnet", 1e-3},
    Row{"layerwise", "*", 3e-4}, Row{"lora", "*", 3e-3},
    Row{"ia3", "*", 3e-2},       Row{"full", "*", 3e-4},
    Row{"bitfit", "*", 1e-3},    Row{"norm", "*", 1e-3},
    Row{"ssf", "*", 1e-3},       Row{"adaptformer", "*", 1e-3},
    Row{"vpt", "*", 5e-3},       Row{"incremental", "*", 1e-3},
};

// For AdamW; SGD's rates are a hundred times as high.
constexpr double kUnderSolvedHead = 3e-5, kBelowSolvedHead = 1e-4;

double for_optimizer(double rate, const std::string& optim) { return optim == "sgd" ? 100 * rate : rate; }

}  // namespace

double default_learning_rate(const std::string& method, const std::string& family, const std::string& optim) {
  double rate = 1e-4;
  for (const auto& row : kTable) {
    if (method == row.method && (family == row.family || std::string("*") == row.family)) {
      rate = row.rate;
      break;
    }
  }
  return for_optimizer(rate, optim);
}

void slow_below_solved_head(Plan& plan) {
  const double most = for_optimizer(kBelowSolvedHead, plan.options.optim);
  bool solved = false;
  for (auto& stage : plan.stages) {
    if (stage.solver != "gradient") solved = true;
    else if (solved && find_method(stage.method).trains == Trains::weights && stage.learning_rate > most) {
      stage.learning_rate = most;
      plan.reasons["learning_rate"] = fmt::format("{:.2g}: what the solved head stands on may move slowly", most);
    }
  }
}

void slow_lower_head(Plan& plan, const ModelFacts& model) {
  const double most = for_optimizer(kUnderSolvedHead, plan.options.optim);
  bool solved = false;
  for (auto& stage : plan.stages) {
    if (stage.solver != "gradient") solved = true;
    if (!solved || stage.learning_rate <= most) continue;
    for (std::size_t i = model.head_begin; i + 1 < model.blocks.size(); ++i) {
      const auto& block = model.blocks[i];
      if (block.parameters == 0 || std::count(stage.blocks.begin(), stage.blocks.end(), block.name) == 0) continue;
      stage.lr_scale[block.name] = most / stage.learning_rate;
      plan.reasons["lr_scale"] =
          fmt::format("{} learns at {:.2g}: the solved head stands on what it gives", block.name, most);
    }
  }
}

void scale_parts(Plan& plan, const ModelFacts& model) {
  const auto& parts = plan.options.lr_scale;
  if (parts.empty()) return;
  std::vector<std::string> names;
  for (const auto& block : model.blocks) names.push_back(block.name);
  const auto holds = [&](const std::string& part, std::size_t i) {
    const auto& name = names[i];
    return name == part || starts_with(name, part + ".") ||
           (part == "backbone" && i < model.head_begin && !starts_with(name, "neck."));
  };
  // The longest beginning holds, and the whole backbone gives way to any of its blocks.
  std::vector<std::string> in_turn;
  for (const auto& [part, factor] : parts) in_turn.push_back(part);
  std::sort(in_turn.begin(), in_turn.end(), [](const std::string& a, const std::string& b) {
    return std::pair(a != "backbone", a.size()) < std::pair(b != "backbone", b.size());
  });
  std::map<std::string, std::string> part_of;  // by block
  for (const auto& part : in_turn) {
    bool found = false;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!holds(part, i)) continue;
      found = true;
      part_of[names[i]] = part;
    }
    if (found) continue;
    fail(ErrorKind::usage, "lr_scale: '{}' names no block; expected backbone, one of {}, or the beginning of such",
         part, join(names, ", "));
  }
  for (auto& stage : plan.stages) {
    for (const auto& block : stage.blocks) {
      const auto part = part_of.find(block);
      if (part == part_of.end()) continue;
      stage.lr_scale.try_emplace(block, 1).first->second *= parse_number(parts.at(part->second), at_least(0));
    }
  }
}

}  // namespace strop
