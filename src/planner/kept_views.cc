#include "planner/kept_views.h"

#include <algorithm>

#include "data/augment_plan.h"
#include "planner/stage_length.h"

namespace strop {

const Stage* stage_filled_by(const Plan& plan, const Stage& stage) {
  const bool last = &stage == &plan.stages.back();
  return !last && closed_form_before(plan, *(&stage + 1)) ? &stage + 1 : nullptr;
}

bool closed_form_before(const Plan& plan, const Stage& stage) {
  const bool first = &stage == &plan.stages.front();
  return !first && stage.solver == "gradient" && (&stage - 1)->solver != "gradient";
}

std::int64_t kept_views(const Plan& plan, const Stage& stage, double rows) {
  if (!changes_samples(plan.options)) return 1;
  const auto most = static_cast<double>(plan.options.views);
  const double epochs = epochs_of(stage, plan.options, rows);
  if (closed_form_before(plan, stage)) return static_cast<std::int64_t>(std::clamp(epochs, 1.0, most));
  return epochs >= 2 * most ? plan.options.views : 0;
}

}  // namespace strop
