// The table of default learning rates, by method and family, measured by bench/learning_rates.py (docs/learning-rates.md).
#pragma once

#include <string>

namespace strop {

// Peak rate for AdamW at batch 32 with decay to zero. SGD: ten times the rate of AdamW's full tuning is a usual start.
double default_learning_rate(const std::string& method, const std::string& family, const std::string& optim);

}  // namespace strop
