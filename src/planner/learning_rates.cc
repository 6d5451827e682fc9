#include "planner/learning_rates.h"

#include <array>

namespace strop {
namespace {

struct Row {
  const char* method;
  const char* family;  // "*": any
  double rate;
};

constexpr std::array kTable = {
    Row{"head", "*", 1e-3}, Row{"layerwise", "*", 2e-4}, Row{"lora", "*", 1e-3}, Row{"ia3", "*", 5e-3}, Row{"full", "*", 1e-4},
};

}  // namespace

double default_learning_rate(const std::string& method, const std::string& family, const std::string& optim) {
  double rate = 1e-4;
  for (const auto& row : kTable) {
    if (method == row.method && (family == row.family || std::string("*") == row.family)) {
      rate = row.rate;
      break;
    }
  }
  return optim == "sgd" ? 100 * rate : rate;
}

}  // namespace strop
