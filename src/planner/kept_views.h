// What a stage keeps of its frozen prefix's answers: augmented views of each training sample.
#pragma once

#include <cstdint>

#include "strop/plan.h"

namespace strop {

// A head's closed form reads the training samples through the cache of the gradient stage right behind it and fills it:
// the prefix that both share runs once. `stage` is one of the plan's, here and below.
bool closed_form_before(const Plan& plan, const Stage& stage);
// The stage behind a closed form whose cache it fills; null for any other stage.
const Stage* stage_filled_by(const Plan& plan, const Stage& stage);

// Views of a sample that a gradient stage keeps: options.views where training reads each twice or more, which pays for
// keeping them; behind a closed form, which has read each once, as many of them as there are epochs. 0: none, each
// epoch has views of its own. What no change touches has one view. `rows`: training samples.
std::int64_t kept_views(const Plan& plan, const Stage& stage, double rows);

}  // namespace strop
