// From options and facts to a Plan, by fixed rules; every decision leaves its reason in the plan.
#pragma once

#include "planner/plan_facts.h"
#include "strop/plan.h"

namespace strop {

// The plan holds what it is predicted to cost (planner/predict.h). Where options.memory is given, the micro-batch, and
// a cache that was left to the plan, are chosen so that it fits.
//
// Error(usage): options that contradict each other or the model. Error(budget): the limits can't be met,
// with what could be done.
Plan choose_plan(Options options, const PlanFacts& facts);

// Error(budget): the plan is predicted to outlast a limit on time, as steps that were asked for beside it may.
void check_time(const Plan& plan);

}  // namespace strop
