// The files of a run folder, read for the page: leniently, since a page about half a run is worth having.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "report/run_log.h"
#include "report/run_record.h"

namespace strop {

struct StageView {
  std::string name, method, solver, cut;
  std::vector<std::string> blocks;
  std::int64_t max_steps = 0;
  double epochs = 0, seconds = 0, learning_rate = 0;
};

// The parts of plan.yaml that the page shows; its text is shown whole beside them.
struct PlanView {
  std::string text;  // empty: no plan.yaml
  std::vector<StageView> stages;
  std::string precision, prefix_precision;
  std::vector<std::string> fallbacks;
  std::vector<std::pair<std::string, std::string>> reasons;
};

// A training picture as it is and as training saw it, as data URIs.
struct AugmentedView {
  std::string name;
  std::vector<std::string> images;
};

// A picture with its true and found boxes drawn, as a data URI.
struct BoxView {
  std::string name, image;
  std::int64_t missed = 0, false_alarms = 0;
};

struct RunFiles {
  std::string name;    // of the folder
  std::string anchor;  // put before the ids of its sections; empty where the page shows one run
  std::optional<RunRecord> record;
  std::optional<RunResults> results;
  PlanView plan;
  std::vector<LogLine> log;
  std::vector<PredictionRecord> mistakes;  // most confident first, at most kMostMistakes, texts cut
  std::int64_t predictions = 0, wrong = 0;
  std::map<std::int64_t, std::string> thumbnails;  // of the mistakes that are pictures, by index: data URIs
  std::vector<AugmentedView> augmented;
  std::vector<BoxView> boxes;
  std::vector<std::string> troubles;  // what is missing or can't be read, one sentence each

  // The split that the page speaks of: test where it was evaluated, else validation. nullptr: neither.
  const SplitMetrics* split_metrics() const;
  const ClassificationMetrics* metrics() const;  // of labels; nullptr also where the run found boxes
  const BoxMetrics* box_metrics() const;
  const char* split_name() const;
};

inline constexpr std::size_t kMostMistakes = 20, kTextLimit = 1200;  // mistakes; bytes of a text that are shown

// Error(usage) where `folder` holds none of the files of a run.
RunFiles read_run(const std::filesystem::path& folder);

// gallery.json into run.thumbnails and run.augmented; what is no JPEG in a data URI is left out. Error(usage): no JSON.
void read_gallery(RunFiles& run, const std::string& json);

// plan.yaml's text; what is absent or has another form is left empty. Error(usage) where it is not YAML.
PlanView plan_view(const std::string& yaml);

}  // namespace strop
