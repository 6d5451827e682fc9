// Learning-rate schedules over the progress of a stage: 0 at its start, 1 at its planned end (steps or wall clock).
#pragma once

#include <string>

namespace strop {

// Factor on the peak rate. Linear and cosine end at exactly 0 when progress is 1 (decay to zero: Budgeted Training,
// 1905.04753). `kind`: linear | cosine | constant | constant_with_warmup.
double schedule_factor(const std::string& kind, double progress, double warmup_ratio);

}  // namespace strop
