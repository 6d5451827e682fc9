#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "eval/coco_ap.h"

namespace strop {
namespace {

using Json = nlohmann::ordered_json;

struct BoxFigure {
  const char* key;
  double BoxMetrics::*member;
};
constexpr BoxFigure kBoxFigures[] = {
    {"map", &BoxMetrics::map},
    {"map_50", &BoxMetrics::map_50},
    {"map_75", &BoxMetrics::map_75},
    {"map_small", &BoxMetrics::map_small},
    {"map_medium", &BoxMetrics::map_medium},
    {"map_large", &BoxMetrics::map_large},
    {"mar_1", &BoxMetrics::mar_1},
    {"mar_10", &BoxMetrics::mar_10},
    {"mar_100", &BoxMetrics::mar_100},
    {"mar_small", &BoxMetrics::mar_small},
    {"mar_medium", &BoxMetrics::mar_medium},
    {"mar_large", &BoxMetrics::mar_large},
};

// Each read and written by one list of (key, member).
constexpr auto visit_added = [](auto&& field, auto& added) {
  field("base_map", added.base.map);
  field("base_map_50", added.base.map_50);
  field("novel_map", added.novel.map);
  field("novel_map_50", added.novel.map_50);
};
constexpr auto visit_agreement = [](auto&& field, auto& agreement) {
  field("base_found_before", agreement.before);
  field("base_found", agreement.after);
  field("base_found_again", agreement.matched);
  field("base_score_change", agreement.score_change);
};
constexpr auto visit_confusion = [](auto&& field, auto& confusion) {
  field("confusion_score", confusion.score);
  field("precision", confusion.precision);
  field("recall", confusion.recall);
  field("f1", confusion.f1);
};

void write_added(Json& root, const std::string& start, const AddedClasses& added) {
  root[start + "base_boxes"] = added.base_boxes;
  root[start + "novel_boxes"] = added.novel_boxes;
  const auto put = [&](const char* key, double value) {
    if (value >= 0) root[start + key] = value;
  };
  visit_added(put, added);
  if (added.agreement && added.agreement->before + added.agreement->after > 0) {
    root[start + "base_agreement"] = added.agreement->share();
    visit_agreement([&](const char* key, auto value) { root[start + key] = value; }, *added.agreement);
  }
  if (!added.base_before || added.base_boxes == 0) return;
  put("base_map_before", added.base_before->map);
  put("base_map_50_before", added.base_before->map_50);
  // Below 0 where training made the known classes better.
  root[start + "forgetting"] = added.base_before->map - added.base.map;
  root[start + "forgetting_50"] = added.base_before->map_50 - added.base.map_50;
}

void read_added(const Json& root, const std::string& start, BoxMetrics& metrics) {
  if (!root.contains(start + "base_boxes")) return;
  auto& added = metrics.added.emplace();
  added.base_boxes = root.at(start + "base_boxes");
  added.novel_boxes = root.value(start + "novel_boxes", std::int64_t{0});
  visit_added([&](const char* key, double& value) { value = root.value(start + key, -1.0); }, added);
  if (root.contains(start + "base_agreement")) {
    visit_agreement([&](const char* key, auto& value) { root.at(start + key).get_to(value); },
                    added.agreement.emplace());
  }
  if (!root.contains(start + "base_map_before")) return;
  added.base_before = {root.at(start + "base_map_before"), root.value(start + "base_map_50_before", -1.0)};
}

void write_confusion(Json& root, const std::string& start, const BoxConfusion& confusion) {
  visit_confusion([&](const char* key, double value) { root[start + key] = value; }, confusion);
  const auto side = static_cast<std::ptrdiff_t>(std::llround(std::sqrt(static_cast<double>(confusion.counts.size()))));
  Json rows = Json::array();
  for (auto row = confusion.counts.begin(); row != confusion.counts.end(); row += side)
    rows.push_back(std::vector<std::int64_t>(row, row + side));
  root[start + "confusion_matrix"] = std::move(rows);
}

void read_confusion(const Json& root, const std::string& start, BoxConfusion& confusion) {
  visit_confusion([&](const char* key, double& value) { value = root.value(start + key, 0.0); }, confusion);
  for (const auto& row : root.value(start + "confusion_matrix", Json::array())) {
    for (const auto& cell : row) confusion.counts.push_back(cell);
  }
}

}  // namespace

std::string metrics_json(const BoxMetrics& metrics, const std::string& prefix) {
  const std::string start = prefix + "_";
  Json root = Json::object();
  for (const auto& figure : kBoxFigures) root[start + figure.key] = metrics.*figure.member;
  if (metrics.added) write_added(root, start, *metrics.added);
  root[start + "samples"] = metrics.samples;
  if (!metrics.confusion.counts.empty()) write_confusion(root, start, metrics.confusion);
  Json classes = Json::array();
  for (const auto& one : metrics.classes) {
    classes.push_back({{"name", one.name},
                       {"map", one.map},
                       {"map_50", one.map_50},
                       {"mar_100", one.mar_100},
                       {"support", one.support},
                       {"precision_50", one.precision_50}});
  }
  root[start + "box_classes"] = std::move(classes);
  return root.dump(2, ' ', false, Json::error_handler_t::replace);
}

BoxMetrics box_metrics_from_json(const std::string& json, const std::string& prefix) try {
  const std::string start = prefix + "_";
  const Json root = Json::parse(json);
  BoxMetrics metrics;
  for (const auto& figure : kBoxFigures) metrics.*figure.member = root.value(start + figure.key, -1.0);
  metrics.samples = root.value(start + "samples", std::int64_t{0});
  for (const auto& entry : root.value(start + "box_classes", Json::array())) {
    metrics.classes.push_back({entry.at("name"), entry.at("map"), entry.at("map_50"), entry.at("mar_100"),
                               entry.at("support"), entry.at("precision_50").get<std::vector<double>>()});
  }
  read_added(root, start, metrics);
  read_confusion(root, start, metrics.confusion);
  return metrics;
} catch (const nlohmann::json::exception& error) {
  fail(ErrorKind::usage, "metrics of '{}': {}; expected the keys of all_results.json (docs/run-folder.md)", prefix,
       error.what());
}

}  // namespace strop
