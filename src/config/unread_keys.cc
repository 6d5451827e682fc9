#include "config/unread_keys.h"

#include <algorithm>

#include "config/schema.h"
#include "core/error.h"
#include "core/text.h"

namespace strop {
namespace {

using Names = std::vector<std::string>;

bool augments(const Options& options, const char* word) {
  return std::count(options.augment.begin(), options.augment.end(), word) > 0;
}

// Keys that another key must wake.
struct Asleep {
  Names keys;
  bool awake;
  std::string by;
};
std::vector<Asleep> others(const Options& options) {
  const bool joins = options.method == "join" || options.join_epochs > 0;
  const bool solves = options.method == "auto" || options.method == "head" || options.lp_ft ||
                      options.head_init == "closed_form" || options.pretrain_method == "head";
  return {
      {{"pretrain_method", "pretrain_epochs", "pretrain_top_k", "pretrain_learning_rate"},
       !options.pretrain_data.empty(),
       "pretrain_data"},
      {{"replay_data", "pseudo_labels", "distill"}, joins, "method=join, or incremental with join_epochs"},
      {{"replay_samples"}, !options.replay_data.empty(), "replay_data"},
      {{"head_solver"}, solves, "method=head, lp_ft or head_init=closed_form"},
      {{"mixup_alpha"}, augments(options, "mixup"), "augment=mixup"},
      {{"cutmix_alpha"}, augments(options, "cutmix"), "augment=cutmix"},
      {{"rdrop_alpha"}, augments(options, "rdrop"), "augment=rdrop"},
      {{"resample"}, options.data_fraction < 1, "data_fraction below 1"},
      {{"block_cycle_steps"}, options.block_cycle > 0, "block_cycle"},
      {{"momentum"}, options.optim == "sgd", "optim=sgd"},
      {{"adam_beta1", "adam_beta2", "adam_epsilon"}, options.optim == "adamw", "optim=adamw"},
      {{"early_stopping_patience"}, options.eval_strategy != "no", "eval_strategy other than no"},
      {{"eval_steps"}, options.eval_strategy == "steps", "eval_strategy=steps"},
      {{"cache_dir"}, options.cache == "disk" || options.cache == "auto", "cache=disk or auto"},
      {{"draw"}, false, "strop predict"},
  };
}

bool is_set(const Key& key, const Options& options) { return key.get(options) != key.get(Options{}); }
bool is_set(const std::string& name, const Options& options) { return is_set(find_key(name, ""), options); }

bool has(const Names& names, const std::string& name) { return std::ranges::count(names, name) > 0; }

}  // namespace

std::vector<std::string> unread_keys(const Options& options) {
  std::vector<std::string> lines;
  for (const auto& key : schema()) {
    const bool read = key.methods.empty() || options.method == "auto" || has(key.methods, options.method) ||
                      (!options.pretrain_data.empty() && has(key.methods, options.pretrain_method));
    if (!read && is_set(key, options)) {
      lines.push_back(fmt::format("{}: has no effect: it is for method={}, this run has method={}", key.name,
                                  join(key.methods, "|"), options.method));
    }
  }
  for (const auto& [keys, awake, by] : others(options)) {
    for (const auto& key : keys) {
      if (!awake && is_set(key, options)) lines.push_back(fmt::format("{}: has no effect without {}", key, by));
    }
  }
  return lines;
}

std::vector<std::string> keys_of_other_tasks(const Options& options, const std::string& task) {
  std::vector<std::string> lines;
  for (const auto& key : schema()) {
    if (key.tasks.empty() || has(key.tasks, task) || !is_set(key, options)) continue;
    lines.push_back(
        fmt::format("{}: has no effect: it is for {}, this run is {}", key.name, join(key.tasks, " and "), task));
  }
  return lines;
}

std::vector<std::string> keys_of_steps(const Plan& plan) {
  const bool steps = std::any_of(plan.stages.begin(), plan.stages.end(),
                                 [](const Stage& stage) { return stage.solver == "gradient"; });
  std::vector<std::string> lines;
  if (steps) return lines;
  const auto say = [&](const std::string& what) {
    lines.push_back(what +
                    ": has no effect: the head is solved in closed form, without steps; head_solver=sgd takes them");
  };
  for (const auto* key :
       {"learning_rate", "label_smoothing_factor", "ema", "infobatch", "data_fraction", "update_period", "block_cycle",
        "early_stopping_patience", "dropout", "weight_decay", "max_steps", "gradient_accumulation_steps"}) {
    if (is_set(key, plan.options)) say(key);
  }
  for (const auto* word : {"mixup", "cutmix", "rdrop"}) {
    if (augments(plan.options, word)) say(fmt::format("augment={}", word));
  }
  return lines;
}

}  // namespace strop
