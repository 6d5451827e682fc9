#include "config/schema.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "config/key_table.h"
#include "core/error.h"
#include "core/text.h"

namespace strop {
namespace {

std::vector<Key> make_schema() {
  KeyTable table;
  add_model_and_data_keys(table);
  add_method_keys(table);
  add_training_keys(table);
  add_run_keys(table);
  return table.take();
}

std::string normalized(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// Keys of other tools that have no counterpart of the same meaning here: what to do instead.
const std::map<std::string, std::string>& advice() {
  static const std::map<std::string, std::string> table = {
      {"bf16", "say precision=bf16"},
      {"letterbox", "say fit=letterbox"},
      {"fp16", "say precision=bf16 or fp32"},
      {"do_train", "the verb says what to do: leave it out"},
      {"do_eval", "the verb says what to do: leave it out"},
      {"do_predict", "the verb says what to do: leave it out"},
      {"stage", "the data say what to learn: leave it out, or say task="},
      {"template", "encoders need none: leave it out"},
      {"overwrite_output_dir", "strop never overwrites a run: name a new folder with out="},
      {"overwrite_cache", "the cache knows when it is stale: leave it out"},
      {"report_to", "each run writes report.html and TensorBoard files: leave it out"},
      {"plot_loss", "each run writes report.html: leave it out"},
      {"group_by_length", "say train_sampling_strategy=group_by_length"},
      {"warmup_steps", "say warmup_ratio, a share of the steps"},
      {"use_cpu", "say device=cpu"},
      {"save_strategy", "say save_steps, or nothing: each evaluation saves"},
      {"version", "a plan has both 'version' and 'stages' at its top"},
      {"stages", "a plan has both 'version' and 'stages' at its top"},
  };
  return table;
}

std::string hint_for(const std::string& name) {
  if (const auto found = advice().find(name); found != advice().end()) return "; " + found->second;
  std::vector<std::string> candidates;
  for (const auto& key : schema()) {
    candidates.push_back(key.name);
    for (const auto& alias : key.aliases) {
      if (alias.size() > 2) candidates.push_back(alias);
    }
  }
  const auto near = nearest(name, candidates);
  return near.empty() ? "; 'strop config' lists all keys"
                      : fmt::format("; did you mean '{}'? ('strop config' lists all keys)", near);
}

}  // namespace

const std::vector<Key>& schema() {
  static const std::vector<Key> keys = make_schema();
  return keys;
}

const Key* lookup_key(const std::string& name) {
  static const auto index = [] {
    std::unordered_map<std::string, const Key*> by_name;
    for (const auto& key : schema()) {
      by_name[key.name] = &key;
      for (const auto& alias : key.aliases) by_name[alias] = &key;
    }
    return by_name;
  }();
  const auto found = index.find(normalized(name));
  return found == index.end() ? nullptr : found->second;
}

const Key& find_key(const std::string& name, const std::string& where) {
  if (const Key* key = lookup_key(name)) return *key;
  fail(ErrorKind::usage, "{}: unknown key '{}'{}", where, excerpt(name), hint_for(normalized(name)));
}

void set_option(Options& options, const std::string& name, const std::string& value, const std::string& where) {
  const Key& key = find_key(name, where);
  try {
    key.set(options, value);
  } catch (const Error& error) {
    const auto other_name = normalized(name) == key.name ? "" : fmt::format(" ('{}' is {})", name, key.name);
    fail(error.kind(), "{}: {}{}", where, error.what(), other_name);
  }
}

}  // namespace strop
