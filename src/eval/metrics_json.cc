#include <nlohmann/json.hpp>

#include "core/error.h"
#include "eval/classification.h"

namespace strop {
namespace {

using Json = nlohmann::ordered_json;

// The flat figures: key (without prefix) and member. One table serves writing and reading.
struct Figure {
  const char* key;
  double ClassificationMetrics::*member;
};
constexpr Figure kFigures[] = {
    {"loss", &ClassificationMetrics::loss},
    {"accuracy", &ClassificationMetrics::accuracy},
    {"accuracy_stderr", &ClassificationMetrics::accuracy_stderr},
    {"f1", &ClassificationMetrics::f1_macro},
    {"f1_micro", &ClassificationMetrics::f1_micro},
    {"f1_weighted", &ClassificationMetrics::f1_weighted},
    {"matthews_correlation", &ClassificationMetrics::matthews},
    {"calibration_error", &ClassificationMetrics::calibration_error},
};

// null stands for a figure that is not a number; JSON has no other spelling.
double number(const Json& value) { return value.is_null() ? 0 : value.get<double>(); }

void read_classes(const Json& root, const std::string& start, ClassificationMetrics& metrics) {
  for (const auto& entry : root.value(start + "classes", Json::array())) {
    metrics.classes.push_back({entry.at("name"), number(entry.at("precision")), number(entry.at("recall")),
                               number(entry.at("f1")), entry.at("support")});
  }
  for (const auto& row : root.value(start + "confusion_matrix", Json::array())) {
    for (const auto& cell : row) metrics.confusion.push_back(cell);
  }
  for (const auto& entry : root.value(start + "calibration", Json::array())) {
    metrics.calibration.push_back({number(entry.at("confidence")), number(entry.at("accuracy")), entry.at("count")});
  }
}

}  // namespace

std::string metrics_json(const ClassificationMetrics& metrics, const std::string& prefix) {
  const std::string start = prefix + "_";
  Json root = Json::object();
  for (const auto& figure : kFigures) root[start + figure.key] = metrics.*figure.member;
  root[start + "samples"] = metrics.samples;
  Json classes = Json::array(), confusion = Json::array(), calibration = Json::array();
  const std::size_t count = metrics.classes.size();
  for (std::size_t c = 0; c < count; ++c) {
    const auto& figures = metrics.classes[c];
    classes.push_back({{"name", figures.name},
                       {"precision", figures.precision},
                       {"recall", figures.recall},
                       {"f1", figures.f1},
                       {"support", figures.support}});
    const auto row = metrics.confusion.begin() + static_cast<std::ptrdiff_t>(c * count);
    confusion.push_back(std::vector<std::int64_t>(row, row + static_cast<std::ptrdiff_t>(count)));
  }
  for (const auto& bin : metrics.calibration) {
    calibration.push_back({{"confidence", bin.confidence}, {"accuracy", bin.accuracy}, {"count", bin.count}});
  }
  root[start + "classes"] = std::move(classes);
  root[start + "confusion_matrix"] = std::move(confusion);
  root[start + "calibration"] = std::move(calibration);
  return root.dump(2, ' ', false, Json::error_handler_t::replace);
}

ClassificationMetrics metrics_from_json(const std::string& json, const std::string& prefix) try {
  const std::string start = prefix + "_";
  const Json root = Json::parse(json);
  ClassificationMetrics metrics;
  for (const auto& figure : kFigures) metrics.*figure.member = number(root.value(start + figure.key, Json(0.0)));
  metrics.samples = root.value(start + "samples", std::int64_t{0});
  read_classes(root, start, metrics);
  return metrics;
} catch (const nlohmann::json::exception& error) {
  fail(ErrorKind::usage, "metrics of '{}': {}; expected the keys of all_results.json (docs/run-folder.md)", prefix,
       error.what());
}

}  // namespace strop
