#include "planner/fit_memory.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/error.h"
#include "core/text.h"
#include "planner/predict.h"

namespace strop {
namespace {

std::string size_text(std::int64_t bytes) { return human_bytes(static_cast<double>(bytes)); }

}  // namespace

std::int64_t least_part(const Options& options) { return options.freeze_bn ? 1 : options.per_device_train_batch_size; }

void leave_out_large_cache(Plan& plan, const PlanFacts& facts) {
  auto& options = plan.options;
  if (options.cache == "none") return;
  const auto needed = predict_cost(plan, facts).cache_bytes, limit = parse_bytes(options.cache_limit, "cache_limit");
  if (needed <= limit) return;
  options.cache = "none";
  plan.reasons["cache"] =
      fmt::format("none: it would take {}, over cache_limit {}", size_text(needed), size_text(limit));
}

bool fit_memory(Plan& plan, const PlanFacts& facts, bool cache_is_free) {
  const auto limit = parse_bytes(plan.options.memory, "memory");
  const auto whole = predict_cost(plan, facts);
  if (whole.peak_bytes <= limit) return true;
  std::vector<std::string> caches = {plan.options.cache};
  if (cache_is_free && whole.cache_bytes > 0) caches.push_back("none");
  std::optional<Plan> best;
  double best_seconds = 0;
  for (const auto& cache : caches) {
    const auto least = least_part(plan.options);
    for (auto size = plan.micro_batch; size > 0; size = size <= least ? 0 : (size + 1) / 2) {
      Plan other = plan;
      other.options.cache = cache;
      other.micro_batch = size;
      const auto cost = predict_cost(other, facts);
      if (cost.peak_bytes > limit || (best && cost.seconds() >= best_seconds)) continue;
      best = other;
      best_seconds = cost.seconds();
    }
  }
  if (!best) return false;
  const auto why = fmt::format("{} with {} samples at a time{}, over memory {}", size_text(whole.peak_bytes),
                               plan.micro_batch, whole.cache_bytes > 0 ? " and the cache" : "", plan.options.memory);
  if (best->micro_batch != plan.micro_batch) {
    best->reasons["micro_batch"] =
        fmt::format("{} of {} samples at a time: {}", best->micro_batch, plan.options.per_device_train_batch_size, why);
  }
  if (best->options.cache != plan.options.cache) best->reasons["cache"] = "none: " + why;
  plan = *best;
  return true;
}

void refuse_memory(const Plan& plan, const PlanFacts& facts, const std::map<std::string, std::int64_t>& least) {
  const auto& options = plan.options;
  const auto limit = parse_bytes(options.memory, "memory");
  Plan smallest = plan;
  smallest.micro_batch = least_part(options);
  const auto needed = predict_cost(smallest, facts).peak_bytes;
  std::vector<std::string> fitting;
  for (const auto& [method, bytes] : least) {
    if (bytes <= limit) fitting.push_back(fmt::format("method={} cache=none (about {})", method, size_text(bytes)));
  }
  const auto smaller =
      std::min_element(least.begin(), least.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  const std::string advice = !fitting.empty()         ? "what fits: " + join(fitting, ", ")
                             : smaller != least.end() ? fmt::format("no method fits; method={} needs least, about {}",
                                                                    smaller->first, size_text(smaller->second))
                                                      : "no method fits";
  fail(ErrorKind::budget,
       "memory: {} can't be met: method={} is predicted to need {} even {} at a time; allow that much, or: {}",
       options.memory, options.method, size_text(needed),
       options.freeze_bn ? "one sample" : "whole batches (freeze_bn=false)", advice);
}

}  // namespace strop
