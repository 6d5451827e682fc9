// A plan from YAML, checked.
#include <functional>
#include <set>

#include "config/options_node.h"
#include "config/values.h"
#include "config/yaml.h"
#include "core/error.h"
#include "core/text.h"
#include "strop/plan.h"

namespace strop {
namespace {

// The fields of one map: name -> how to read its value. Reads each that stands there once.
class Fields {
 public:
  explicit Fields(const std::string& file) : file_(file) {}

  // `read` gets the node; an Error without a place from it gets file:line and the field's name.
  void add(const char* name, std::function<void(const YAML::Node&)> read) { readers_[name] = std::move(read); }
  void text(const char* name, std::string& field) {
    add(name, [this, name, &field](const YAML::Node& node) { field = yaml_scalar(node, name, file_); });
  }
  void choice(const char* name, std::string& field, std::vector<std::string> choices) {
    scalar(name,
           [&field, choices](const std::string& text) { field = text.empty() ? "" : parse_choice(text, choices); });
  }
  void integer(const char* name, std::int64_t& field, Range range) {
    scalar(name, [&field, range](const std::string& text) { field = parse_integer(text, range); });
  }
  void number(const char* name, double& field, Range range) {
    scalar(name, [&field, range](const std::string& text) { field = parse_number(text, range); });
  }
  void list(const char* name, std::vector<std::string>& field) {
    add(name, [this, name, &field](const YAML::Node& node) { field = yaml_list(node, name, file_); });
  }
  // Words, each one of `choices`.
  void words(const char* name, std::vector<std::string>& field, std::vector<std::string> choices) {
    add(name, [this, name, &field, choices](const YAML::Node& node) {
      field.clear();
      for (const auto& word : yaml_list(node, name, file_)) {
        placed(node, name, [&] { field.push_back(parse_choice(word, choices)); });
      }
    });
  }
  // A map of numbers: block -> parse(text).
  template <typename T, typename Parse>
  void numbers(const char* name, std::map<std::string, T>& field, Parse parse) {
    add(name, [this, name, &field, parse](const YAML::Node& node) {
      for (const auto& [block, text] : yaml_map(node, name, file_)) {
        placed(node, fmt::format("{}.{}", name, block), [&] { field[block] = parse(text); });
      }
    });
  }

  void read(const YAML::Node& map, const std::string& what) const {
    if (!map.IsMap()) {
      fail(ErrorKind::usage, "{}: {}: expected a map, found {}", yaml_place(file_, map), what, yaml_kind(map));
    }
    std::set<std::string> seen;
    for (const auto& pair : map) {
      const auto name = yaml_scalar(pair.first, what, file_);
      const auto reader = readers_.find(name);
      if (reader == readers_.end()) fail_unknown(name, yaml_place(file_, pair.first), what);
      if (!seen.insert(name).second) {
        fail(ErrorKind::usage, "{}: '{}' is given twice; keep one", yaml_place(file_, pair.first), name);
      }
      if (!pair.second.IsNull()) reader->second(pair.second);
    }
  }

 private:
  void scalar(const char* name, std::function<void(const std::string&)> parse) {
    add(name, [this, name, parse = std::move(parse)](const YAML::Node& node) {
      const auto text = yaml_scalar(node, name, file_);
      placed(node, name, [&] { parse(text); });
    });
  }

  // An Error of `parse` gets the place of the node and the field's name.
  template <typename Parse>
  void placed(const YAML::Node& node, const std::string& name, Parse parse) const {
    try {
      parse();
    } catch (const Error& error) {
      fail(ErrorKind::usage, "{}: {}: {}", yaml_place(file_, node), name, error.what());
    }
  }

  [[noreturn]] void fail_unknown(const std::string& name, const std::string& place, const std::string& what) const {
    std::vector<std::string> names;
    for (const auto& [known, reader] : readers_) names.push_back(known);
    const auto near = nearest(name, names);
    fail(ErrorKind::usage, "{}: unknown key '{}' in {}; {}", place, excerpt(name), what,
         near.empty() ? "expected one of " + join(names, ", ") : fmt::format("did you mean '{}'?", near));
  }

  const std::string& file_;
  std::map<std::string, std::function<void(const YAML::Node&)>> readers_;
};

Stage read_stage(const YAML::Node& node, const std::string& file) {
  Stage stage;
  Fields fields(file);
  fields.text("name", stage.name);
  fields.text("method", stage.method);
  fields.choice("solver", stage.solver, {"gradient", "auto", "ridge", "lda", "logistic"});
  fields.list("blocks", stage.blocks);
  fields.text("cut", stage.cut);
  fields.integer("max_steps", stage.max_steps, at_least(0));
  fields.number("epochs", stage.epochs, at_least(0));
  fields.number("seconds", stage.seconds, at_least(0));
  fields.number("learning_rate", stage.learning_rate, at_least(0));
  fields.numbers("lr_scale", stage.lr_scale, [](const std::string& text) { return parse_number(text, at_least(0)); });
  fields.numbers("update_period", stage.update_period,
                 [](const std::string& text) { return parse_integer(text, at_least(1)); });
  fields.read(node, "a stage");
  if (stage.solver == "gradient" && stage.max_steps == 0 && stage.epochs == 0 && stage.seconds == 0) {
    fail(ErrorKind::usage, "{}: stage '{}' would do nothing: expected max_steps, epochs or seconds above 0",
         yaml_place(file, node), stage.name);
  }
  if (stage.solver == "gradient" && stage.learning_rate == 0) {
    fail(ErrorKind::usage, "{}: stage '{}' would learn nothing: expected a learning_rate above 0, found 0 or none",
         yaml_place(file, node), stage.name);
  }
  return stage;
}

std::vector<Stage> read_stages(const YAML::Node& node, const std::string& file) {
  if (!node.IsSequence() || node.size() == 0) {
    fail(ErrorKind::usage, "{}: stages: expected a list of at least one stage, found {}", yaml_place(file, node),
         node.IsSequence() ? "an empty one" : yaml_kind(node));
  }
  std::vector<Stage> stages;
  for (const auto& item : node) stages.push_back(read_stage(item, file));
  return stages;
}

Prediction read_prediction(const YAML::Node& node, const std::string& file) {
  Prediction predicted;
  Fields fields(file);
  fields.number("seconds", predicted.seconds, at_least(0));
  fields.integer("peak_bytes", predicted.peak_bytes, at_least(0));
  fields.number("quality", predicted.quality, Range{});
  fields.read(node, "predicted");
  return predicted;
}

// Before anything else: a newer plan may look different throughout.
void check_version(const YAML::Node& root, const std::string& file) {
  const auto node = root["version"];
  if (!node) fail(ErrorKind::usage, "{}: a plan needs 'version: {}' at its top", file, kPlanVersion);
  const auto text = yaml_scalar(node, "version", file);
  std::int64_t version = 0;
  try {
    version = parse_integer(text, at_least(1));
  } catch (const Error& error) {
    fail(ErrorKind::usage, "{}: version: {}", yaml_place(file, node), error.what());
  }
  if (version > kPlanVersion) {
    fail(ErrorKind::usage, "{}: this plan has version {}, written by a newer strop; this one reads up to {}: update it",
         yaml_place(file, node), version, kPlanVersion);
  }
}

}  // namespace

Plan plan_from_yaml(const std::string& text, const std::string& file) {
  const auto root = load_yaml_map(text, file);
  check_version(root, file);
  if (!root["stages"]) fail(ErrorKind::usage, "{}: a plan needs a list 'stages'", file);
  Plan plan;
  Fields fields(file);
  fields.add("version", [](const YAML::Node&) {});
  fields.add("stages", [&](const YAML::Node& node) { plan.stages = read_stages(node, file); });
  fields.integer("micro_batch", plan.micro_batch, at_least(0));
  fields.integer("micro_batch_tokens", plan.micro_batch_tokens, at_least(0));
  fields.choice("precision", plan.precision, {"fp32", "bf16"});
  fields.choice("prefix_precision", plan.prefix_precision, {"fp32", "bf16"});
  fields.words("fallbacks", plan.fallbacks, {kHalveBatch});
  fields.add("reasons", [&](const YAML::Node& node) { plan.reasons = yaml_map(node, "reasons", file); });
  fields.add("predicted", [&](const YAML::Node& node) { plan.predicted = read_prediction(node, file); });
  fields.add("options", [&](const YAML::Node& node) {
    if (!node.IsMap()) fail(ErrorKind::usage, "{}: options: expected a map of keys", yaml_place(file, node));
    read_options_node(plan.options, node, file);
  });
  fields.read(root, "a plan");
  return plan;
}

bool is_plan(const std::string& yaml_text) {
  try {
    const auto root = YAML::Load(yaml_text);
    return root.IsMap() && root["version"] && root["stages"];
  } catch (const YAML::Exception&) {
    return false;  // the reader of options will say what is wrong
  }
}

}  // namespace strop
