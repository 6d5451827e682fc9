// The levers and the trainer's promises, through whole jobs.
#include <torch/types.h>

#include <functional>
#include <set>

#include "models/model.h"
#include "nn/compare.h"
#include "tiny_job.h"

namespace strop {
namespace {

using Change = std::function<void(Options&)>;

Options full_options(const TinyJob& job, const std::string& out, const Change& change) {
  Options options = job.options("full", out);
  options.learning_rate = "2e-3";
  options.dropout = 0.1;
  options.load_best_model_at_end = false;
  change(options);
  return options;
}

std::int64_t steps_of(const TinyJob& job, const std::string& run) {
  return job.json(run, "all_results.json").at("total_steps");
}

std::vector<std::int64_t> evaluated_steps(const TinyJob& job, const std::string& run) {
  std::vector<std::int64_t> steps;
  for (const auto& line : job.log(run)) {
    if (line.contains("eval_loss")) steps.push_back(line.at("current_steps"));
  }
  return steps;
}

// Every lever trains to a good model, and each changes what is trained.
TEST(Levers, EachTrainsAndActs) {
  const TinyJob job(98);  // of unequal classes
  constexpr std::int64_t kEpochs = 12;
  train(full_options(job, "plain", [](Options& o) { o.num_train_epochs = kEpochs; }));
  const auto plain = job.weights("plain");
  const std::vector<std::pair<std::string, Change>> levers = {
      {"ema", [](Options& o) { o.ema = 0.8; }},
      {"infobatch", [](Options& o) { o.infobatch = 0.5; }},
      {"fixed_subset", [](Options& o) { o.data_fraction = 0.5; }},
      {"fresh_subset",
       [](Options& o) {
         o.data_fraction = 0.5;
         o.resample = "epoch";
       }},
      {"update_period",
       [](Options& o) {
         o.update_period = {1, 2, 4};
         o.learning_rate = "4e-3";  // the slowest block's is half of it
       }},
      {"block_cycle",
       [](Options& o) {
         o.block_cycle = 1;
         o.block_cycle_steps = 3;
       }},
      {"class_weights", [](Options& o) { o.class_weights = "balanced"; }},
      {"accumulation",
       [](Options& o) {
         o.per_device_train_batch_size = 8;
         o.gradient_accumulation_steps = 2;
       }},
      {"layer_decay", [](Options& o) { o.layer_decay = 0.7; }},
      {"mixup_and_rdrop",
       [](Options& o) {
         o.augment = {"mixup", "rdrop"};
       }},
      {"swap_and_delete",
       [](Options& o) {
         o.augment = {"swap", "delete"};
       }},
      {"smoothing", [](Options& o) { o.label_smoothing_factor = 0.1; }},
      {"sgd",
       [](Options& o) {
         o.optim = "sgd";
         o.learning_rate = "5e-2";
       }},
      {"random_order", [](Options& o) { o.train_sampling_strategy = "random"; }},
  };
  for (const auto& [name, change] : levers) {
    auto options = full_options(job, name, change);
    options.num_train_epochs = kEpochs;
    train(options);
    EXPECT_NE(job.weights(name), plain) << name;
    EXPECT_GE(job.accuracy(name), 0.8) << name;
  }
  EXPECT_EQ(steps_of(job, "plain"), kEpochs * 7);
  EXPECT_LT(steps_of(job, "infobatch"), kEpochs * 7);
  EXPECT_EQ(steps_of(job, "fresh_subset"), kEpochs * 4);
  EXPECT_EQ(steps_of(job, "accumulation"), kEpochs * 7);
  EXPECT_NE(job.weights("fixed_subset"), job.weights("fresh_subset"));
}

TEST(Trainer, SamePlanSameBits) {
  const TinyJob job;
  const auto change = [](Options& o) { o.threads = 2; };
  Options options = full_options(job, "one", change);
  train(options);
  auto plan = plan_from_yaml(job.content("one", "plan.yaml"), "plan.yaml");
  plan.options.out = job.path("two").string();
  train(plan);
  EXPECT_EQ(job.weights("one"), job.weights("two"));
  options.out = job.path("three").string();
  options.seed = 43;
  train(options);
  EXPECT_NE(job.weights("one"), job.weights("three"));
}

TEST(Trainer, CacheChangesNoBitsOfTheResult) {
  const TinyJob job;
  const auto top = [](const std::string& cache, const std::string& limit) {
    return [=](Options& o) {
      o.method = "layerwise";
      o.top_k = 2;
      o.cache = cache;
      o.cache_limit = limit;
    };
  };
  train(full_options(job, "ram", top("ram", "64M")));
  train(full_options(job, "disk", top("disk", "64M")));
  train(full_options(job, "full", top("ram", "30000")));
  EXPECT_EQ(job.weights("ram"), job.weights("disk"));
  EXPECT_EQ(job.weights("ram"), job.weights("full"));
}

// Looking at the model while it trains changes nothing, whatever is due on the step that comes before.
TEST(Trainer, EvaluationsAndCheckpointsLeaveTheTrainingAlone) {
  const std::vector<std::pair<std::string, Change>> levers = {
      {"period",
       [](Options& o) {
         o.update_period = {1, 2, 4};
       }},
      {"ema_period",
       [](Options& o) {
         o.ema = 0.8;
         o.update_period = {1, 2, 4};
       }},
      {"ema_cycle",
       [](Options& o) {
         o.ema = 0.8;
         o.block_cycle = 1;
         o.block_cycle_steps = 3;
       }},
      {"lora_ema",
       [](Options& o) {
         o.method = "lora";
         o.ema = 0.8;
         o.update_period = {1, 2};
       }},
  };
  const TinyJob job;
  for (const auto& [name, change] : levers) {
    auto options = full_options(job, name + "-blind", change);
    options.eval_strategy = "no";
    train(options);
    options.out = job.path(name + "-seeing").string();
    options.eval_strategy = "steps";
    options.eval_steps = 1;
    options.save_steps = 1;
    train(options);
    EXPECT_EQ(job.weights(name + "-blind"), job.weights(name + "-seeing")) << name;
  }
}

TEST(Trainer, EvaluatesWhenAsked) {
  const TinyJob job;
  train(full_options(job, "epoch", [](Options&) {}));
  EXPECT_EQ(evaluated_steps(job, "epoch"), (std::vector<std::int64_t>{6, 12, 18, 24}));
  train(full_options(job, "steps", [](Options& o) {
    o.eval_strategy = "steps";
    o.eval_steps = 5;
  }));
  EXPECT_EQ(evaluated_steps(job, "steps"), (std::vector<std::int64_t>{5, 10, 15, 20, 24}));
  train(full_options(job, "ten", [](Options& o) {
    o.eval_strategy = "steps";
    o.max_steps = 20;
  }));
  EXPECT_EQ(evaluated_steps(job, "ten"), (std::vector<std::int64_t>{2, 4, 6, 8, 10, 12, 14, 16, 18, 20}));
  for (const auto& line : job.log("ten")) EXPECT_EQ(line.at("total_steps"), 20) << line;
}

TEST(Trainer, StepsAndEpochsCountThroughAllStages) {
  const TinyJob job;
  Options options = job.options("layerwise");
  options.layerwise_steps = 5;
  train(options);
  double epoch = 0;
  std::int64_t evaluations = 0;
  std::set<std::string> stages;
  const auto lines = job.log("run");
  for (const auto& line : lines) {
    stages.insert(line.at("stage"));
    EXPECT_GE(line.at("epoch").get<double>(), epoch) << line;
    epoch = line.at("epoch");
    evaluations += line.contains("eval_loss") ? 1 : 0;
  }
  EXPECT_GT(evaluations, 1);
  ASSERT_GT(stages.size(), 1U);
  const auto total = 5 * static_cast<std::int64_t>(stages.size());
  for (const auto& line : lines) EXPECT_EQ(line.at("total_steps"), total) << line;
  EXPECT_EQ(lines.back().at("percentage"), 100);
  // After the first step all others are before it, those of the later stages too, each as long as the first.
  const auto& first = lines.front();
  EXPECT_NEAR(first.at("remaining_time").get<double>() / first.at("elapsed_time").get<double>(),
              static_cast<double>(total - 1), 1e-6);
}

TEST(Trainer, StopsEarlyWithoutGain) {
  const TinyJob job;
  train(full_options(job, "run", [](Options& o) {
    o.learning_rate = "1e-12";
    o.eval_strategy = "steps";
    o.eval_steps = 2;
    o.early_stopping_patience = 3;
  }));
  EXPECT_EQ(steps_of(job, "run"), 8);  // the first evaluation is a gain, then three without
}

TEST(Trainer, KeepsTheBestWeights) {
  const TinyJob job;
  auto options = full_options(job, "run", [](Options& o) {
    o.load_best_model_at_end = true;
    o.metric_for_best_model = "loss";
    o.lr_scheduler_type = "constant";
    o.learning_rate = "3e-2";  // so fast that the loss jumps up and down
    o.eval_strategy = "steps";
    o.eval_steps = 1;
  });
  train(options);
  std::map<double, std::int64_t> step_of_loss;
  for (const auto& line : job.log("run")) {
    if (line.contains("eval_loss"))
      step_of_loss.emplace(line.at("eval_loss").get<double>(), line.at("current_steps").get<std::int64_t>());
  }
  const auto results = job.json("run", "all_results.json");
  const auto best = results.at("best_step").get<std::int64_t>();
  EXPECT_EQ(best == 0 ? steps_of(job, "run") : best, step_of_loss.begin()->second);
  EXPECT_NEAR(results.at("eval_loss").get<double>(), step_of_loss.begin()->first, 1e-5);
}

// The schedule ends at zero exactly at the planned end; the log's rates tell.
TEST(Trainer, RatesRiseAndEndNearZero) {
  const TinyJob job;
  train(full_options(job, "run", [](Options& o) {
    o.max_steps = 20;
    o.warmup_ratio = 0.2;
  }));
  std::vector<double> rates;
  for (const auto& line : job.log("run")) {
    if (line.contains("learning_rate")) rates.push_back(line.at("learning_rate"));
  }
  ASSERT_EQ(rates.size(), 20U);
  EXPECT_GT(rates[0], 0);
  EXPECT_LT(rates[0], rates[2]);
  EXPECT_LE(*std::max_element(rates.begin(), rates.end()), 2e-3 * (1 + 1e-9));
  EXPECT_LT(rates.back(), 0.08 * 2e-3);
  EXPECT_GT(rates.back(), 0);
}

TEST(Trainer, LossThatIsNoNumberIsSaid) {
  const TinyJob job;
  try {
    train(full_options(job, "run", [](Options& o) {
      o.learning_rate = "1e30";
      o.max_grad_norm = 0;
    }));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    expect_contains(error.what(), "the loss is ");
    expect_contains(error.what(), "learning rate");
    expect_contains(error.what(), "expected a finite number. Lower learning_rate");
  }
  EXPECT_FALSE(std::filesystem::exists(job.path("run") / "model.safetensors"));
}

TEST(Trainer, GoesOnFromAnAdapter) {
  const TinyJob job;
  auto options = job.options("lora", "first");
  options.learning_rate = "1e-2";
  train(options);
  const auto before = job.accuracy("first", "validation.csv");
  options.out = job.path("second").string();
  options.adapter = job.path("first").string();
  options.learning_rate = "1e-9";
  options.load_best_model_at_end = false;
  train(options);
  EXPECT_NE(job.weights("first"), job.weights("second"));
  EXPECT_EQ(job.accuracy("second", "validation.csv"), before);  // a rate so small changes no prediction
}

// Its rate is that of the middle of the run.
TEST(Trainer, AOneStepEpochLearns) {
  const TinyJob job;
  train(full_options(job, "run", [](Options& o) {
    o.infobatch = 0.3;
    o.num_train_epochs = 1;
    o.per_device_train_batch_size = 96;
    o.warmup_ratio = 0;
    o.lr_scheduler_type = "linear";
    o.learning_rate = "1e-3";
  }));
  const auto lines = job.log("run");
  ASSERT_EQ(lines.at(0).at("current_steps"), 1);
  EXPECT_NEAR(lines.at(0).at("learning_rate").get<double>(), 0.5e-3, 1e-6);
}

TEST(Trainer, SweepChoosesALearningRate) {
  const TinyJob job;
  train(full_options(job, "run", [](Options& o) { o.learning_rate = "auto"; }));
  const auto plan = plan_from_yaml(job.content("run", "plan.yaml"), "plan.yaml");
  EXPECT_EQ(plan.options.learning_rate, "table");
  EXPECT_EQ(plan.reasons.count("learning_rate"), 1U);
  EXPECT_GT(plan.stages.at(0).learning_rate, 0);
  EXPECT_GE(job.accuracy("run"), 0.5);
  const auto alone = make_plan(full_options(job, "plan", [](Options& o) { o.learning_rate = "auto"; }));
  EXPECT_EQ(alone.reasons.at("learning_rate"), plan.reasons.at("learning_rate"));
  EXPECT_EQ(alone.stages.at(0).learning_rate, plan.stages.at(0).learning_rate);
}

}  // namespace
}  // namespace strop
