#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"
#include "report/run_log.h"

namespace strop {
namespace {

using Json = nlohmann::ordered_json;

struct Figure {
  const char* key;
  double LogLine::*member;
};
constexpr Figure kFigures[] = {
    {"epoch", &LogLine::epoch},
    {"loss", &LogLine::loss},
    {"learning_rate", &LogLine::learning_rate},
    {"grad_norm", &LogLine::grad_norm},
    {"eval_loss", &LogLine::eval_loss},
    {"eval_accuracy", &LogLine::eval_accuracy},
    {"eval_f1", &LogLine::eval_f1},
    {"eval_map", &LogLine::eval_map},
    {"eval_map_50", &LogLine::eval_map_50},
    {"samples_per_second", &LogLine::samples_per_second},
    {"tokens_per_second", &LogLine::tokens_per_second},
    {"elapsed_time", &LogLine::elapsed_time},
    {"remaining_time", &LogLine::remaining_time},
    {"data_rate", &LogLine::data_rate},
};

}  // namespace

LogLine::LogLine() {
  for (const auto& figure : kFigures) this->*figure.member = std::numeric_limits<double>::quiet_NaN();
  epoch = 0;
  data_rate = 1;
}

std::string to_json(const LogLine& line) {
  Json root = {{"current_steps", line.current_steps}, {"total_steps", line.total_steps}};
  if (line.total_steps > 0) {
    const double share = 100.0 * static_cast<double>(line.current_steps) / static_cast<double>(line.total_steps);
    root["percentage"] = std::round(share * 100) / 100;
  }
  if (!line.stage.empty()) root["stage"] = line.stage;
  for (const auto& figure : kFigures) {
    if (std::isfinite(line.*figure.member)) root[figure.key] = line.*figure.member;
  }
  if (line.resident_bytes != 0) root["resident_bytes"] = line.resident_bytes;
  if (line.micro_batch != 0) root["micro_batch"] = line.micro_batch;
  return root.dump(-1, ' ', false, Json::error_handler_t::replace);
}

LogLine log_line_from_json(const std::string& text) try {
  const Json root = Json::parse(text);
  LogLine line;
  line.current_steps = root.at("current_steps");
  line.total_steps = root.value("total_steps", line.total_steps);
  line.stage = root.value("stage", line.stage);
  for (const auto& figure : kFigures) line.*figure.member = root.value(figure.key, line.*figure.member);
  line.resident_bytes = root.value("resident_bytes", line.resident_bytes);
  line.micro_batch = root.value("micro_batch", line.micro_batch);
  return line;
} catch (const nlohmann::json::exception& error) {
  fail(ErrorKind::usage, "trainer_log.jsonl: \"{}\" is not a line of a run's log ({}); expected the keys of {}",
       excerpt(text), error.what(), "docs/run-folder.md");
}

std::vector<LogLine> read_log_lines(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) fail(ErrorKind::usage, "{}: the run's log can't be read", file.string());
  std::vector<LogLine> lines;
  for (std::string text; std::getline(stream, text);) {
    if (stream.eof()) break;  // no line end: torn
    try {
      lines.push_back(log_line_from_json(text));
    } catch (const Error&) {  // not a line of ours
    }
  }
  return lines;
}

}  // namespace strop
