#include <nlohmann/json.hpp>

#include "core/error.h"
#include "eval/coco_ap.h"

namespace strop {
namespace {

using Json = nlohmann::ordered_json;

struct Figure {
  const char* key;
  double BoxMetrics::*member;
};
constexpr Figure kFigures[] = {
    {"map", &BoxMetrics::map},             {"map_50", &BoxMetrics::map_50},         {"map_75", &BoxMetrics::map_75},
    {"map_small", &BoxMetrics::map_small}, {"map_medium", &BoxMetrics::map_medium}, {"map_large", &BoxMetrics::map_large},
    {"mar_1", &BoxMetrics::mar_1},         {"mar_10", &BoxMetrics::mar_10},         {"mar_100", &BoxMetrics::mar_100},
    {"mar_small", &BoxMetrics::mar_small}, {"mar_medium", &BoxMetrics::mar_medium}, {"mar_large", &BoxMetrics::mar_large},
};

}  // namespace

std::string metrics_json(const BoxMetrics& metrics, const std::string& prefix) {
  const std::string start = prefix + "_";
  Json root = Json::object();
  for (const auto& figure : kFigures) root[start + figure.key] = metrics.*figure.member;
  root[start + "samples"] = metrics.samples;
  Json classes = Json::array();
  for (const auto& one : metrics.classes) {
    classes.push_back({{"name", one.name}, {"map", one.map}, {"map_50", one.map_50}, {"mar_100", one.mar_100},
                       {"support", one.support}, {"precision_50", one.precision_50}});
  }
  root[start + "box_classes"] = std::move(classes);
  return root.dump(2, ' ', false, Json::error_handler_t::replace);
}

BoxMetrics box_metrics_from_json(const std::string& json, const std::string& prefix) try {
  const std::string start = prefix + "_";
  const Json root = Json::parse(json);
  BoxMetrics metrics;
  for (const auto& figure : kFigures) metrics.*figure.member = root.value(start + figure.key, -1.0);
  metrics.samples = root.value(start + "samples", std::int64_t{0});
  for (const auto& entry : root.value(start + "box_classes", Json::array())) {
    metrics.classes.push_back({entry.at("name"), entry.at("map"), entry.at("map_50"), entry.at("mar_100"), entry.at("support"),
                               entry.at("precision_50").get<std::vector<double>>()});
  }
  return metrics;
} catch (const nlohmann::json::exception& error) {
  fail(ErrorKind::usage, "metrics of '{}': {}; expected the keys of all_results.json (docs/run-folder.md)", prefix, error.what());
}

}  // namespace strop
