#include "train/remarks.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "core/log.h"

namespace strop {
namespace {

std::string learned_nothing(const ClassificationMetrics& metrics) {
  const bool one_label = std::any_of(metrics.classes.begin(), metrics.classes.end(),
                                     [&](const ClassMetrics& one) { return one.support == metrics.samples; });
  if (one_label || metrics.matthews > 0) return "";
  return fmt::format("{:.1f} % right, no more than an answer that knows nothing of the rows", 100 * metrics.accuracy);
}

std::string learned_nothing(const BoxMetrics& metrics) {
  const double found = metrics.added ? metrics.added->novel.map_50 : metrics.map_50;
  if (found < 0 || found >= 0.001) return "";  // below 0: no boxes to find
  return fmt::format("an AP50 of {:.1f}{}", 100 * found, metrics.added ? " of the added classes" : "");
}

}  // namespace

void note_known(Measured& measured, const Workbench& bench, const std::string& prefix) {
  auto* boxes = std::get_if<BoxMetrics>(&measured.metrics);
  if (boxes == nullptr || !boxes->added) return;
  auto& added = *boxes->added;
  if (const auto before = bench.known_before.find(prefix); before != bench.known_before.end()) {
    added.base_before = before->second.ap;
    auto then = before->second.found;
    for (const auto row : measured.unmade) then[row].clear();  // no answer now is none that was forgotten
    const auto agreement = detection_agreement(then, measured.found, before->second.labels);
    if (agreement.before + agreement.after > 0) added.agreement = agreement;
  }
  const auto ap = [](const MeanAp& one) {
    return one.map < 0 ? std::string("-") : fmt::format("{:.1f} ({:.1f})", 100 * one.map, 100 * one.map_50);
  };
  const auto old = added.base_boxes == 0 ? std::string("not measured, the data has no boxes of them")
                   : added.base_before   ? fmt::format("{}, before {}", ap(added.base), ap(*added.base_before))
                                         : ap(added.base);
  log_info("{}: AP (AP50) of all classes {}; of the added ones {}; of those it had: {}", prefix,
           ap({boxes->map, boxes->map_50}), ap(added.novel), old);
  if (!added.agreement) return;
  const auto& found = *added.agreement;
  log_info(
      "{}: of the classes it had {} boxes were found before, {} now, {} of them the same: agreement {:.1f} %, scores "
      "moved by {:.3f}",
      prefix, found.before, found.after, found.matched, 100 * found.share(), found.score_change);
}

void note_unmade(RunRecord& record, const Measured& measured, const TaskSplit& split, const std::string& name) {
  if (measured.unmade.empty()) return;
  record.data_notes.push_back(
      fmt::format("{}: {} of {} pictures could not be read when the result was measured, and count nowhere; the first: "
                  "{}",
                  name, measured.unmade.size(), split.size(), split.text_of(measured.unmade.front())));
  log_warning("{}", record.data_notes.back());
}

std::string unlearned(const SplitMetrics& metrics) {
  return std::visit([](const auto& one) { return learned_nothing(one); }, metrics);
}

void warn_of_unlearned(const SplitMetrics& metrics, const std::string& name) {
  const auto found = unlearned(metrics);
  if (!found.empty()) log_warning("{}: {}; train longer, or with another learning_rate", name, found);
}

}  // namespace strop
