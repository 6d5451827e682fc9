#include "tuning/fitting.h"

#include "core/error.h"
#include "core/text.h"
#include "tuning/apply.h"
#include "tuning/method.h"

namespace strop {
namespace {

// Why the method does not fit; "" where it does.
std::string misfit(Model& model, const ModelFacts& facts, const Options& options) {
  try {
    for (const auto& stage : find_method(options.method).stages(facts, options)) check_stage(model, stage, options);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::usage) throw;
    return error.what();
  }
  return "";
}

}  // namespace

void check_method(Model& model, const ModelFacts& facts, const Options& options) {
  if (options.surgical > 0 && options.method != "layerwise") {
    fail(ErrorKind::usage, "surgical: chooses the blocks of method=layerwise; this run has method={}", options.method);
  }
  if (options.method == "auto") return;
  const auto why = misfit(model, facts, options);
  if (why.empty()) return;
  std::vector<std::string> fitting;
  for (const auto& method : methods()) {
    Options plain;
    plain.method = method.name;
    if (method.name != options.method && misfit(model, facts, plain).empty()) fitting.push_back(method.name);
  }
  fail(ErrorKind::usage, "{}; other methods that fit this model: {}", why, join(fitting, ", "));
}

}  // namespace strop
