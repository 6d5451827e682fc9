#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"
#include "report/html_parts.h"
#include "report/sections/sections.h"

namespace strop {
namespace {

std::string title(const RunFiles& run) {
  const auto* metrics = run.split_metrics();
  if (metrics == nullptr) return run.results ? "Trained, and not measured" : "A run that has not finished";
  const double seconds =
      run.results->cost.actual_seconds > 0 ? run.results->cost.actual_seconds : run.results->train_runtime;
  const double headline = headline_of(*metrics);
  std::string out = run.box_metrics() != nullptr ? "AP " + points_text(headline) : percent_text(headline) + " right";
  if (seconds > 0) out += ", in " + duration_text(seconds);
  return out;
}

std::string label_list(const std::vector<std::string>& labels) {
  constexpr std::size_t kShown = 6;
  std::string out;
  for (std::size_t i = 0; i < std::min(kShown, labels.size()); ++i) {
    out += (i == 0 ? "" : ", ") + user_text(labels[i]);
  }
  return labels.size() > kShown ? out + ", …" : out;
}

std::string training_words(const RunFiles& run) {
  const auto& record = *run.record;
  std::int64_t rows = 0;
  for (const auto& split : record.splits) rows += split.name == "train" ? split.rows : 0;
  std::string out = fmt::format("strop tuned <b>{}</b> with <b>{}</b>", user_text(short_name(record.base_model)),
                                user_text(method_words(record.method)));
  if (rows > 0)
    out += fmt::format(" on {} of <b>{}</b>", plural(static_cast<double>(rows), "row"),
                       user_text(short_name(record.data)));
  if (!record.labels.empty()) {
    out += fmt::format(", to tell {} classes apart ({})", record.labels.size(), label_list(record.labels));
  }
  out += ". ";
  if (record.total_parameters > 0) {
    out += fmt::format("Of its {} parameters, {} were trained ({}).",
                       count_text(static_cast<double>(record.total_parameters)),
                       count_text(static_cast<double>(record.trained_parameters)),
                       fmt::format("{:.3g} %", 100.0 * static_cast<double>(record.trained_parameters) /
                                                   static_cast<double>(record.total_parameters)));
  }
  return out;
}

std::string outcome_words(const RunFiles& run) {
  if (const auto* boxes = run.box_metrics()) {
    return fmt::format(
        " On {} that it was not trained on ({}), its AP over IoU 0.5 to 0.95 is {}, at IoU 0.5 it is {}.",
        plural(static_cast<double>(boxes->samples), "picture"), run.split_name(), points_text(boxes->map),
        points_text(boxes->map_50));
  }
  const auto* metrics = run.metrics();
  if (metrics == nullptr) return "";
  return fmt::format(
      " On {} that it was not trained on ({}), it gives the right class for {} ± {}; always giving the most frequent "
      "class would be right for {}.",
      plural(static_cast<double>(metrics->samples), "row"), run.split_name(), percent_text(metrics->accuracy),
      percent_text(metrics->accuracy_stderr), percent_text(majority_share(run)));
}

}  // namespace

std::string method_words(const std::string& method) {
  static const std::vector<std::pair<std::string, std::string>> kWords = {{"head", "a new head on frozen features"},
                                                                          {"layerwise", "layer-by-layer tuning"},
                                                                          {"lora", "LoRA adapters"},
                                                                          {"full", "full tuning"},
                                                                          {"ia3", "IA3 scaling vectors"},
                                                                          {"bitfit", "tuning of the biases"},
                                                                          {"norm", "tuning of the norm layers"},
                                                                          {"ssf", "factors and shifts (SSF)"},
                                                                          {"adaptformer", "AdaptFormer bottlenecks"},
                                                                          {"vpt", "visual prompt tokens"},
                                                                          {"incremental", "a branch of new classes"},
                                                                          {"join", "tuning of old and new classes"}};
  for (const auto& [name, words] : kWords) {
    if (name == method) return words;
  }
  return method.empty() ? "an unnamed method" : method;
}

double majority_share(const RunFiles& run) {
  const auto* metrics = run.metrics();
  if (metrics == nullptr || metrics->samples == 0) return 0;
  std::int64_t most = 0;
  for (const auto& figures : metrics->classes) most = std::max(most, figures.support);
  return static_cast<double>(most) / static_cast<double>(metrics->samples);
}

std::string headline_section(const RunFiles& run) {
  std::string out = fmt::format("<header class=\"headline\"><p class=\"over\">{}</p><h1>{}</h1>\n", user_text(run.name),
                                escape_html(title(run)));
  std::string words = run.record ? training_words(run) : "";
  words += outcome_words(run);
  if (!words.empty()) out += "<p class=\"lead\">" + words + "</p>\n";
  if (run.record && !run.record->started.empty()) {
    out += "<p class=\"soft\">Started " + escape_html(run.record->started) + "</p>\n";
  }
  if (!run.troubles.empty()) {
    out += "<aside class=\"note\"><b>Parts of this folder are missing.</b><ul>";
    for (const auto& trouble : run.troubles) out += "<li>" + user_text(trouble) + "</li>";
    out += "</ul></aside>\n";
  }
  return out + "</header>\n";
}

}  // namespace strop
