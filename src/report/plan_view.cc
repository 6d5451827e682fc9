#include <yaml-cpp/yaml.h>

#include "core/error.h"
#include "report/run_files.h"

namespace strop {
namespace {

template <typename T>
T scalar(const YAML::Node& map, const char* key, T fallback) {
  const auto node = map[key];
  return node && node.IsScalar() ? node.as<T>(fallback) : fallback;
}

std::vector<std::string> texts(const YAML::Node& list) {
  std::vector<std::string> out;
  if (!list || !list.IsSequence()) return out;
  for (const auto& item : list) out.push_back(item.as<std::string>(""));
  return out;
}

StageView stage_view(const YAML::Node& node) {
  return {.name = scalar<std::string>(node, "name", ""),
          .method = scalar<std::string>(node, "method", ""),
          .solver = scalar<std::string>(node, "solver", "gradient"),
          .cut = scalar<std::string>(node, "cut", ""),
          .blocks = texts(node["blocks"]),
          .max_steps = scalar<std::int64_t>(node, "max_steps", 0),
          .epochs = scalar<double>(node, "epochs", 0),
          .seconds = scalar<double>(node, "seconds", 0),
          .learning_rate = scalar<double>(node, "learning_rate", 0)};
}

}  // namespace

PlanView plan_view(const std::string& yaml) try {
  PlanView view;
  view.text = yaml;
  const YAML::Node root = YAML::Load(yaml);
  if (!root.IsMap()) return view;
  view.precision = scalar<std::string>(root, "precision", "");
  view.prefix_precision = scalar<std::string>(root, "prefix_precision", "");
  view.fallbacks = texts(root["fallbacks"]);
  for (const auto& stage : root["stages"]) {
    if (stage.IsMap()) view.stages.push_back(stage_view(stage));
  }
  for (const auto& reason : root["reasons"]) {
    view.reasons.emplace_back(reason.first.as<std::string>(""), reason.second.as<std::string>(""));
  }
  return view;
} catch (const YAML::Exception& error) {
  fail(ErrorKind::usage, "plan.yaml: {}", error.what());
}

}  // namespace strop
