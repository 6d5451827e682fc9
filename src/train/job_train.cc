// make_plan and train of strop/job.h.
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <ranges>

#include "config/changed_key.h"
#include "config/unread_keys.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"
#include "nn/device.h"
#include "planner/choose.h"
#include "strop/job.h"
#include "train/check_precision.h"
#include "train/finish_run.h"
#include "train/first_run.h"
#include "train/prefix_source.h"
#include "train/run_folder.h"
#include "train/save_model.h"
#include "train/surgical.h"
#include "train/sweep.h"
#include "train/workbench.h"
#include "tuning/apply.h"
#include "tuning/fitting.h"
#include "tuning/idle_patterns.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

// The time that trials took is the stages' no more; stages of so many steps end later by it.
void count_trials(Plan& plan, double seconds) {
  double all = 0;
  for (const auto& stage : plan.stages) all += stage.seconds;
  if (all == 0) {
    plan.predicted.seconds = std::round(10 * (plan.predicted.seconds + seconds)) / 10;
    check_time(plan);
    return;
  }
  if (all <= seconds) {
    fail(ErrorKind::budget,
         "time: the trials of learning_rate=auto took {}, and {} were left for them and the training; allow more, or "
         "leave learning_rate out",
         human_duration(seconds), human_duration(all));
  }
  for (auto& stage : plan.stages) stage.seconds *= 1 - seconds / all;
}

// learning_rate=auto is settled by trials and written into the plan, so that a resumed or repeated run does not sweep.
// Returns the seconds that they took.
double settle_learning_rate(Plan& plan, Workbench& bench) {
  if (plan.options.learning_rate != "auto") return 0;
  const Stopwatch watch;
  const double factor = sweep_rate_factor(*bench.opened.model, plan, bench.train_data(plan.options));
  for (auto& stage : plan.stages) stage.learning_rate *= factor;
  plan.options.learning_rate = "table";
  plan.reasons["learning_rate"] =
      fmt::format("{} times the table's, by a sweep of five rates over 20 steps each", factor);
  return watch.seconds();
}

PlanFacts facts_of(const Workbench& bench, const Options& options) {
  // What is open already, and room for one small step: below that nothing can run.
  constexpr std::int64_t kLeastRoom = 64 << 20;
  const auto held = bytes_in_use(bench.opened.model->device());
  const auto needed = held + kLeastRoom;
  if (!options.memory.empty() && parse_bytes(options.memory, "memory") < needed) {
    fail(ErrorKind::budget, "memory: {} can't be met: model and data alone take {}; allow at least {}", options.memory,
         human_bytes(static_cast<double>(held)), human_bytes(static_cast<double>(needed)));
  }
  auto facts = bench.facts(seconds_since_launch());
  facts.rates = machine_rates(bench.opened.model->device(), bench.threads);
  facts.seconds_used = seconds_since_launch();  // what was measured for the facts took its time, too
  return facts;
}

// The highest cut of all stages: the longest prefix that rests in one of them. 0: none that costs anything.
std::size_t highest_cut(const Plan& plan, const Model& model) {
  std::size_t cut = 0;
  for (const auto& stage : plan.stages) cut = std::max(cut, model.index_of(stage.cut));
  return prefix_costs(model, cut) ? cut : 0;
}

// The plan by the rules. Where they choose bf16 for a frozen prefix, it is tried first.
Plan chosen_plan(const Options& options, const Workbench& bench) {
  auto facts = facts_of(bench, options);
  auto plan = choose_plan(options, facts);
  const auto& model = *bench.opened.model;
  const auto cut = options.precision == "auto" && plan.prefix_precision == "bf16" ? highest_cut(plan, model) : 0;
  if (cut == 0) return plan;
  const bool asks_classes = bench.opened.made.empty() && !model.detector;
  const auto check = check_precision(model, bench.validation ? *bench.validation : *bench.train, cut, asks_classes);
  facts.bf16_prefix = check.text();
  facts.bf16_prefix_safe = check.safe();
  facts.seconds_used = seconds_since_launch();
  return choose_plan(options, facts);
}

// The same for options of which the model's gradients have settled surgical_first.
Plan plan_for(Options options, Workbench& bench) {
  const auto& opened = bench.opened;
  check_method(*opened.model, model_facts(*opened.model, 1, !opened.made.empty()), options);
  for (const auto& line : idle_patterns(*opened.model, options)) log_warning("{}", line);
  if (options.surgical == 0 || !options.surgical_first.empty()) return chosen_plan(options, bench);
  const auto choice = choose_surgical(*bench.opened.model, options, bench.train_data(options));
  options.surgical_first = choice.first;
  auto plan = chosen_plan(options, bench);
  std::vector<std::string> found;
  for (const auto& [block, ratio] : choice.gradients) found.push_back(fmt::format("{} {:.2g}", block, ratio));
  plan.reasons["surgical"] = fmt::format("{} from {} up: the largest gradients for their weights ({})",
                                         options.surgical, choice.first, join(found, ", "));
  return plan;
}

// What would fail late fails before anything is written.
void check_plan(const Plan& plan, Workbench& bench) {
  auto& model = *bench.opened.model;
  for (const auto& stage : plan.stages) check_stage(model, stage, plan.options);
  check_statistics(model, plan.stages, plan.options);
  resolve_save(plan.options, model, adapter_method(plan, bench.opened));
}

// A head that a stage solves does not keep what it started from.
std::vector<std::string> head_origin(const Plan& plan, const Workbench& bench) {
  const auto solved = std::ranges::find_if(plan.stages, [](const Stage& stage) { return stage.solver != "gradient"; });
  if (solved == plan.stages.end()) return bench.head_origin;
  std::vector<std::string> lines;
  for (const auto& label : bench.data.label_names)
    lines.push_back(fmt::format("{}: closed form ({}), solved by stage {}", label, solved->solver, solved->name));
  return lines;
}

// Patches are left out by the first block, and only where it trains.
void warn_of_whole_pictures(const Plan& plan, const Model& model) {
  const bool trains_first =
      std::ranges::any_of(plan.stages, [&](const Stage& stage) { return model.index_of(stage.cut) == 0; });
  if (plan.options.patch_dropout == 0 || trains_first || model.picture_tokens == 0) return;
  log_warning("patch_dropout: has no effect: the embeddings are frozen, and give all patches; method=full trains them");
}

RunResult execute(Plan plan, std::unique_ptr<Workbench> bench, const RunFolder& folder,
                  std::optional<Checkpoint> resume) {
  const double seconds_before = resume ? resume->progress.elapsed : 0;
  const auto started = utc_now();
  plan.options.out = folder.path.string();
  check_plan(plan, *bench);
  // The first file of the run: a folder that holds any other can be resumed.
  if (!resume) write_file_atomic(folder.path / "plan.yaml", to_yaml(plan));
  if (const auto& skipped = bench->data.skipped; !skipped.empty())
    write_file_atomic(folder.path / "skipped.txt", join(skipped, "\n") + "\n");
  set_log_file(folder.path / "strop.log");
  for (const auto& line : keys_of_other_tasks(plan.options, bench->opened.task->name())) log_warning("{}", line);
  for (const auto& line : keys_of_steps(plan)) log_warning("{}", line);
  warn_of_whole_pictures(plan, *bench->opened.model);
  const bool timed = std::ranges::any_of(plan.stages, [](const Stage& stage) { return stage.seconds > 0; });
  if (plan.options.infobatch > 0 && timed) {
    log_warning(
        "infobatch: leaves rows out in the first seven eighths of num_train_epochs ({}) and then none: where time ends "
        "the run, set those to the epochs that fit",
        plan.options.num_train_epochs);
  }
  for (const auto& [decision, reason] : plan.reasons) log_info("plan: {} {}", decision, reason);
  for (const auto& stage : plan.stages) {
    const auto length = stage.max_steps > 0 ? fmt::format("{} steps", stage.max_steps)
                        : stage.seconds > 0 ? human_duration(stage.seconds)
                        : stage.epochs > 0  ? fmt::format("{} epochs", stage.epochs)
                                            : stage.solver;
    log_info("plan: stage {}: {}, trains {}, learning rate {:.3g}", stage.name, length, join(stage.blocks, " "),
             stage.learning_rate);
  }
  if (plan.predicted.seconds > 0) {
    log_info("plan: predicted to take {} in all and {} of memory, {} samples at a time",
             human_duration(plan.predicted.seconds), human_bytes(static_cast<double>(plan.predicted.peak_bytes)),
             plan.micro_batch);
  }
  for (const auto& line : head_origin(plan, *bench)) log_info("head: {}", line);
  Console console(console_mode(plan.options.quiet, plan.options.json));
  Trainer trainer(*bench->opened.model, plan, bench->train_data(plan.options), folder.path, console);
  try {
    trainer.run(std::move(resume));
    auto results = finish_run(*bench, plan, trainer, folder.path, started, seconds_before);
    set_log_file({});
    return {folder.path, std::move(results)};
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::interrupted) throw;
    fail(error.kind(), "{}; go on with: strop train --resume --out {}", error.what(), folder.path.string());
  }
}

// The command of the run itself may be given again with --resume; another value of a key would change nothing.
void refuse_changes(const Options& options, const std::vector<std::string>& given, const Plan& plan,
                    const fs::path& run) {
  if (!first_run_folder(options).empty()) return;  // of two runs, whose keys differ from the command's
  const auto key = changed_key(options, given, plan.options);
  if (!key) return;
  fail(ErrorKind::usage,
       "{}={}: the run in {} was begun with {}, and goes on by its own plan; leave the key out to finish it, and "
       "then {}",
       key->name, key->asked, run.string(), key->planned, how_to_train_on(run));
}

RunResult resume_run(const Options& options, const std::vector<std::string>& named_keys) {
  const auto folder = claim_for_resume(options);
  const auto file = folder.path / "plan.yaml";
  Plan plan = plan_from_yaml(read_file(file, ErrorKind::usage), file.string());
  refuse_changes(options, named_keys, plan, folder.path);
  plan.options.quiet = options.quiet;
  plan.options.json = options.json;
  const fs::path given = options.resume;
  const bool names_checkpoint = given.filename().string().starts_with("checkpoint-");
  const auto checkpoint = names_checkpoint ? std::optional<fs::path>(given) : newest_checkpoint(folder.path);
  auto bench = open_workbench(choose_task(plan.options), plan.options);
  bench->measure_known();
  if (!checkpoint) {
    log_info("resume: {} holds no checkpoint yet; the run begins anew by its plan", folder.path.string());
    return execute(std::move(plan), std::move(bench), folder, std::nullopt);
  }
  auto loaded = load_checkpoint(*checkpoint);
  log_info("resume: from step {} ({})", loaded.progress.global_step, checkpoint->string());
  return execute(std::move(plan), std::move(bench), folder, std::move(loaded));
}

// A plan is one training.
void refuse_two_runs(const Options& options) {
  const auto folder = first_run_folder(options);
  if (folder.empty()) return;
  fail(ErrorKind::usage,
       "{}: a plan holds one training; run the options themselves with strop train, or plan each alone",
       folder == "pretrain" ? "pretrain_data" : "join_epochs");
}

}  // namespace

Plan make_plan(const Options& options) {
  refuse_two_runs(options);
  const auto bench = open_workbench(choose_task(options), options);
  bench->measure_known();  // as the run will, whose seconds the plan counts
  auto plan = plan_for(bench->options, *bench);
  check_plan(plan, *bench);
  settle_learning_rate(plan, *bench);
  return plan;
}

RunResult train(const Options& options, const std::vector<std::string>& given) {
  if (options.quiet || options.json) set_log_level(LogLevel::warning);
  if (!options.resume.empty()) return resume_run(options, given);
  if (!options.replay.empty()) return train(replay_plan(options));
  const Task& task = choose_task(options);
  const auto folder = claim_folder(options, task.name());
  auto bench = open_workbench(task, after_first_run(options, folder.path));
  bench->measure_known();  // before the plan, which counts the seconds that are gone
  Plan plan = plan_for(bench->options, *bench);
  if (const double seconds = settle_learning_rate(plan, *bench); seconds > 0) count_trials(plan, seconds);
  return execute(std::move(plan), std::move(bench), folder, std::nullopt);
}

RunResult train(const Plan& plan) {
  if (plan.options.quiet || plan.options.json) set_log_level(LogLevel::warning);
  if (!plan.options.resume.empty()) return resume_run(plan.options, {});
  refuse_two_runs(plan.options);
  const Task& task = choose_task(plan.options);
  const auto folder = claim_folder(plan.options, task.name());
  auto bench = open_workbench(task, plan.options);
  bench->measure_known();
  Plan settled = plan;
  settled.options = bench->options;
  return execute(std::move(settled), std::move(bench), folder, std::nullopt);
}

}  // namespace strop
