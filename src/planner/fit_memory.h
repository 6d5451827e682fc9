// The limit on memory, kept by the plan: smaller micro-batches first of all, for they change no result.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "planner/plan_facts.h"
#include "strop/plan.h"

namespace strop {

// A cache that is larger than options.cache_limit would be computed anew for every batch: none then, with the reason.
void leave_out_large_cache(Plan& plan, const PlanFacts& facts);

// The least samples that may go through at a time of a batch: one, or all where norms learn from the batch as a whole.
std::int64_t least_part(const Options& options);

// Of the micro-batches (halves of the batch) and, where `cache_is_free`, with or without the cache, the fastest whose
// predicted peak is within options.memory; the reason goes into the plan. False: not even the least fits.
bool fit_memory(Plan& plan, const PlanFacts& facts, bool cache_is_free);

// Error(budget) with what could be done; `least` is what each method runs in, the least at a time.
[[noreturn]] void refuse_memory(const Plan& plan, const PlanFacts& facts,
                                const std::map<std::string, std::int64_t>& least);

}  // namespace strop
