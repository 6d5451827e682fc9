#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"
#include "report/html_parts.h"
#include "report/sections/sections.h"

namespace strop {
namespace {

enum class Proof { none, same, changed };

Proof proof(const BlockRecord& block) {
  if (block.frozen_hash_before.empty() && block.frozen_hash_after.empty()) return Proof::none;
  return block.frozen_hash_before == block.frozen_hash_after ? Proof::same : Proof::changed;
}

const char* state(const BlockRecord& block) {
  if (block.trained_parameters == 0) return "frozen";
  return block.trained_parameters >= block.parameters ? "trained" : "partly";
}

std::string hash_cell(const std::string& hash) {
  if (hash.empty()) return "–";
  return fmt::format("<code title=\"{}\">{}</code>", escape_html(hash), escape_html(hash.substr(0, 12)));
}

// The model as its row of blocks, left to right.
std::string block_row(const std::vector<BlockRecord>& blocks) {
  std::string out = "<div class=\"blocks\" aria-hidden=\"true\">";
  for (const auto& block : blocks) {
    const double share = block.parameters > 0
                             ? static_cast<double>(block.trained_parameters) / static_cast<double>(block.parameters)
                             : 0;
    out += fmt::format(
        "<div class=\"{}\" title=\"{}: {} of {} parameters trained\"><i style=\"height:{:.1f}%\"></i></div>",
        state(block), escape_html(block.name), block.trained_parameters, block.parameters,
        block.trained_parameters > 0 ? std::max(6.0, 100 * share) : 0.0);
  }
  return out +
         "</div><p class=\"legend\"><span class=\"s1\"><i></i>share trained</span><span class=\"ice\"><i></i>"
         "frozen</span><span class=\"soft\">input on the left, head on the right</span></p>\n";
}

std::string verdict(const std::vector<BlockRecord>& blocks) {
  const auto with = [&](Proof wanted) {
    return std::count_if(blocks.begin(), blocks.end(), [&](const BlockRecord& b) { return proof(b) == wanted; });
  };
  if (const auto changed = with(Proof::changed); changed > 0) {
    return fmt::format(
        "<p class=\"bad\"><b>✗ {} changed though frozen.</b> This is a fault of strop or of the machine; "
        "do not use this model.</p>\n",
        plural(static_cast<double>(changed), "block"));
  }
  if (with(Proof::same) == 0) return "";
  return fmt::format(
      "<p class=\"good\"><b>✓ Proved.</b> The hashes of all frozen weights, in {}, are the same before "
      "and after the run.</p>\n",
      plural(static_cast<double>(with(Proof::same)), "block"));
}

std::string precision_words(const PlanView& plan) {
  if (plan.precision.empty()) return "";
  std::string out = "<p>Arithmetic: trained part in <b>" + user_text(plan.precision) + "</b>";
  if (!plan.prefix_precision.empty()) out += ", frozen prefix in <b>" + user_text(plan.prefix_precision) + "</b>";
  return out + ". The figures of the result are those of the saved files, reloaded, in fp32.</p>\n";
}

}  // namespace

std::string frozen_section(const RunFiles& run) {
  if (!run.record || run.record->blocks.empty()) {
    return section_html(run.anchor + "frozen", "Precision", precision_words(run.plan));
  }
  const auto& blocks = run.record->blocks;
  std::vector<std::vector<std::string>> rows;
  for (const auto& block : blocks) {
    static const char* const kVerdicts[] = {"–", "<span class=\"good\">same</span>",
                                            "<span class=\"bad\">changed</span>"};
    const std::string kind = state(block);
    rows.push_back({user_text(block.name), fmt::format("<span class=\"chip {}\">{}</span>", kind, kind),
                    block.precision.empty() ? "–" : user_text(block.precision), hash_cell(block.frozen_hash_before),
                    hash_cell(block.frozen_hash_after), kVerdicts[static_cast<int>(proof(block))],
                    count_text(static_cast<double>(block.trained_parameters)),
                    count_text(static_cast<double>(block.parameters))});
  }
  return section_html(
      run.anchor + "frozen", "What was trained, what was frozen",
      block_row(blocks) + verdict(blocks) + precision_words(run.plan) +
          table_html({"block", "", "precision", "hash before", "hash after", "frozen weights", "trained", "parameters"},
                     rows, 6));
}

}  // namespace strop
