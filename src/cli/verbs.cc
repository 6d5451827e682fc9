#include "cli/verb.h"
#include "core/error.h"
#include "core/text.h"

namespace strop {

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> list = {
      train_verb(),   plan_verb(),   eval_verb(),  predict_verb(), merge_verb(),      export_verb(),
      inspect_verb(), report_verb(), bench_verb(), config_verb(),  completion_verb(),
  };
  return list;
}

const Verb& find_verb(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& verb : verbs()) {
    if (verb.name == name) return verb;
    names.push_back(verb.name);
  }
  if (starts_with(name, "-")) {
    fail(ErrorKind::usage, "expected a verb before '{}', one of {} (strop --help)", excerpt(name), join(names, ", "));
  }
  const auto near = nearest(name, names);
  fail(ErrorKind::usage, "unknown verb '{}'; {} (strop --help)", excerpt(name),
       near.empty() ? "expected one of " + join(names, ", ") : fmt::format("did you mean '{}'?", near));
}

}  // namespace strop
