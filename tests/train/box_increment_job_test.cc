// Whole jobs that add classes to a detector: increments, what they leave as it was, and how they are joined.
#include <fmt/format.h>
#include <torch/types.h>

#include <fstream>
#include <map>
#include <set>
#include <tuple>

#include "errors.h"
#include "nn/compare.h"
#include "train/box_job.h"
#include "train/start_detector.h"
#include "train/task.h"

namespace strop {
namespace {

// Pictures on which things of a new class alone are drawn, so many of each split.
void write_blue(const std::filesystem::path& folder,
                const std::vector<std::pair<std::string, std::uint64_t>>& splits) {
  for (const auto& [split, count] : splits) write_scenes(folder, split, count, {"blue"}, 2);
}

TEST_F(BoxJob, AnIncrementLeavesOldBoxesAsTheyWere) {
  auto base = options("full", "base");
  base.num_train_epochs = 2;
  train(base);
  write_blue(job_.path("more"), {{"train", 16}, {"validation", 4}, {"test", 4}});
  auto increment = options("incremental", "added");
  increment.model = job_.path("base").string();
  increment.data = job_.path("more").string();
  increment.num_train_epochs = 4;
  increment.conf = 0;
  train(increment);
  const auto results = job_.json("added", "all_results.json");
  for (const std::string split : {"eval", "test"}) {
    EXPECT_GT(results.at(split + "_base_found").get<int>(), 0);
    EXPECT_EQ(results.at(split + "_base_found_before"), results.at(split + "_base_found"));
    EXPECT_EQ(results.at(split + "_base_agreement"), 1.0);
    EXPECT_EQ(results.at(split + "_base_score_change"), 0.0);
  }
  EXPECT_EQ(results.at("test_base_boxes"), 0) << "only blue ones are annotated";
  EXPECT_GT(results.at("test_novel_boxes").get<int>(), 0);
  EXPECT_FALSE(results.contains("test_base_map") || results.contains("test_forgetting"));
  const auto labels = job_.json("added", "strop.json").at("labels");
  EXPECT_EQ(labels, (nlohmann::json{"red", "green", "blue"}));
  const auto before = found("base", "scenes/test.json"), after = found("added", "scenes/test.json");
  nlohmann::json old = nlohmann::json::array();
  for (const auto& one : after) {
    if (one.at("category_name") != "blue") old.push_back(one);
  }
  ASSERT_FALSE(before.empty());
  ASSERT_EQ(old.size(), before.size());
  for (std::size_t i = 0; i < old.size(); ++i) {
    EXPECT_EQ(old[i].at("bbox"), before[i].at("bbox"));
    EXPECT_EQ(old[i].at("score"), before[i].at("score"));
  }
  EXPECT_LT(old.size(), after.size());
  for (const auto& one : after) {  // the file's 10 is that of red
    EXPECT_EQ(one.at("category_id"), one.at("category_name") == "red"     ? 10
                                     : one.at("category_name") == "green" ? 20
                                                                          : 21);
  }
  EXPECT_NE(job_.json("added", "strop.json").at("data_notes").dump().find("blue 21 (the file's 10 is that of red)"),
            std::string::npos);
}

TEST_F(BoxJob, AddedClassesKeepTheCategoryIdsOfTheirFile) {
  auto base = options("full", "base");
  base.num_train_epochs = 1;
  train(base);
  for (const auto* split : {"train", "validation"}) {
    write_scenes(job_.path("more"), split, 6, {"blue", "yellow"}, 2);
    auto root = job_.json("more", std::string(split) + ".json");
    for (const auto& [list, key] : {std::pair{"categories", "id"}, {"annotations", "category_id"}}) {
      for (auto& one : root[list]) one[key] = one[key] == 10 ? 77 : 15;
    }
    std::ofstream(job_.path("more") / (std::string(split) + ".json")) << root.dump();
  }
  for (const double join_epochs : {0.0, 1.0}) {  // the second run has them from the first one's model
    const auto name = join_epochs > 0 ? "joined" : "added";
    auto increment = options("incremental", name);
    increment.model = job_.path("base").string();
    increment.data = job_.path("more").string();
    increment.num_train_epochs = 1;
    increment.join_epochs = join_epochs;
    train(increment);
    const std::map<std::string, int> ids = {{"red", 10}, {"green", 20}, {"yellow", 15}, {"blue", 77}};
    std::set<std::string> seen;
    for (const auto& one : found(name, "scenes/test.json")) {
      const auto label = one.at("category_name").get<std::string>();
      EXPECT_EQ(one.at("category_id"), ids.at(label)) << label;
      seen.insert(label);
    }
    EXPECT_EQ(seen.size(), 4U) << name;
  }
}

// save=delta: an increment's branch alone is written. Another one stands on it, then a join on both.
TEST_F(BoxJob, IncrementsSavedAsChangesStandOnEachOther) {
  auto base = options("full", "base");
  base.num_train_epochs = 2;
  train(base);
  for (const auto& [folder, name, colour] : {std::tuple{"more", "blue", 2}, {"yet", "yellow", 3}}) {
    for (const auto* split : {"train", "validation"})
      write_scenes(job_.path(folder), split, 8, {name}, static_cast<std::size_t>(colour));
  }
  const auto run = [&](const std::string& method, const std::string& out, const std::string& model,
                       const std::string& data, const std::string& save) {
    auto increment = options(method, out);
    increment.model = job_.path(model).string();
    increment.data = job_.path(data).string();
    increment.num_train_epochs = 2;
    increment.image_size = 0;
    increment.save = save;
    train(increment);
  };
  const auto without = [](const nlohmann::json& all, const std::string& label) {
    nlohmann::json rest = nlohmann::json::array();
    for (const auto& one : all) {
      if (one.at("category_name") != label) rest.push_back(one);
    }
    return rest;
  };
  run("incremental", "whole", "base", "more", "full");
  run("incremental", "added", "base", "more", "delta");
  EXPECT_FALSE(std::filesystem::exists(job_.path("added/config.json")));
  EXPECT_LT(job_.content("added", "delta.safetensors").size(), job_.content("whole", "model.safetensors").size() / 2);
  const auto one = found("added", "scenes/test.json");
  EXPECT_EQ(one, found("whole", "scenes/test.json"));
  EXPECT_NE(without(one, "blue"), one);

  run("incremental", "second", "added", "yet", "delta");
  EXPECT_EQ(job_.json("second", "strop.json").at("labels"), (nlohmann::json{"red", "green", "blue", "yellow"}));
  EXPECT_EQ(job_.json("second", "strop.json").at("class_groups"), (nlohmann::json{2, 1, 1}));
  for (const auto& block : job_.json("second", "strop.json").at("blocks")) {
    EXPECT_EQ(block.at("frozen_hash_before"), block.at("frozen_hash_after")) << block.at("name");
  }
  const auto two = found("second", "scenes/test.json");
  EXPECT_EQ(without(two, "yellow"), one) << "what was known stays as it was";
  EXPECT_GT(two.size(), one.size());
  std::set<int> ids;
  for (const auto& box : two) ids.insert(box.at("category_id").get<int>());
  EXPECT_EQ(ids, (std::set<int>{10, 20, 21, 22}));

  run("join", "joined", "second", "yet", "delta");
  EXPECT_EQ(job_.json("joined", "strop.json").at("class_groups"), (nlohmann::json{2, 1, 1}));
  const auto joined = found("joined", "scenes/test.json");
  EXPECT_FALSE(without(joined, "yellow").empty());
  EXPECT_NE(without(joined, "yellow"), one) << "all was tuned";

  Options whole;
  whole.model = job_.path("second").string();
  whole.out = job_.path("merged").string();
  merge(whole);
  EXPECT_EQ(found("merged", "scenes/test.json"), two);

  auto other = options("full", "other");
  other.model = job_.path("second").string();
  EXPECT_NE(message_of(ErrorKind::usage, [&] { train(other); }).find("strop merge --model"), std::string::npos);
}

TEST_F(BoxJob, AnIncrementIsJoinedWithOldPicturesAndItsOwnFinds) {
  auto base = options("full", "base");
  base.num_train_epochs = 6;
  base.learning_rate = "0.001";
  train(base);
  write_blue(job_.path("more"), {{"train", 16}, {"validation", 4}, {"test", 4}});
  // As many tools do, the file lists the old classes too, though none of theirs is drawn.
  auto file = job_.json("more", "train.json");
  for (const auto& [name, id] : {std::pair{"red", 91}, {"green", 92}})
    file["categories"].push_back({{"id", id}, {"name", name}});
  std::ofstream(job_.path("more/train.json")) << file.dump();
  auto increment = options("incremental", "joined");
  increment.model = job_.path("base").string();
  increment.data = job_.path("more").string();
  increment.test_file = job_.path("scenes/test.json").string();  // of the classes from before: they keep their numbers
  increment.num_train_epochs = 2;
  increment.join_epochs = 1;
  increment.replay_data = job_.path("scenes").string();
  increment.replay_samples = 8;
  increment.pseudo_labels = 0.01;
  increment.conf = 0.001;
  increment.learning_rate = "0.003";
  train(increment);
  EXPECT_TRUE(std::filesystem::exists(job_.path("joined/increment/report.html")));
  expect_contains(job_.content("joined/increment", "plan.yaml"), "learning_rate: 0.003");
  expect_contains(job_.content("joined", "plan.yaml"), "learning_rate: table");
  const auto record = job_.json("joined", "strop.json");
  EXPECT_EQ(record.at("labels"), (nlohmann::json{"red", "green", "blue"}));
  EXPECT_EQ(record.at("method"), "join");
  const auto notes = record.at("data_notes").dump();
  EXPECT_NE(notes.find("does not label red, green"), std::string::npos) << notes;
  EXPECT_NE(notes.find("does not label blue"), std::string::npos) << notes;
  EXPECT_NE(notes.find("no training box of red, green"), std::string::npos) << notes;
  EXPECT_NE(notes.find("max_train_samples: 8 of 32"), std::string::npos) << notes;
  // Opened again, it has its three classes in two groups.
  EXPECT_FALSE(found("joined", "scenes/test.json").empty());

  auto wrong = increment;
  wrong.out = job_.path("wrong").string();
  wrong.replay_data = job_.path("nowhere").string();
  EXPECT_NE(message_of(ErrorKind::usage, [&] { train(wrong); }).find("replay_data"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(job_.path("wrong"))) << "said before anything is trained";

  auto unknown = options("join", "unknown");
  unknown.model = job_.path("base").string();
  unknown.data = job_.path("more").string();
  EXPECT_NE(message_of(ErrorKind::usage, [&] { train(unknown); }).find("no class 'blue'"), std::string::npos);
}

// The test pictures show the old classes, training the new one alone.
TEST_F(BoxJob, WhatAnIncrementForgetsIsMeasured) {
  auto base = options("full", "base");
  base.num_train_epochs = 4;
  base.augment = {"none"};
  train(base);
  write_blue(job_.path("more"), {{"train", 16}, {"validation", 4}});
  Options use;
  use.model = job_.path("base").string();
  use.data = job_.path("scenes/test.json").string();
  use.conf = 0;  // so short a training gives low scores
  use.threads = 1;
  use.quiet = true;
  const auto of_base = nlohmann::json::parse(evaluate(use));
  ASSERT_GT(of_base.at("eval_map_50").get<double>(), 0);
  for (const double join_epochs : {0.0, 4.0}) {
    const auto name = join_epochs > 0 ? "joined" : "added";
    auto increment = options("incremental", name);
    increment.model = job_.path("base").string();
    increment.data = job_.path("more").string();
    increment.test_file = job_.path("scenes/test.json").string();
    increment.num_train_epochs = 1;
    increment.learning_rate = "0.05";
    increment.join_epochs = join_epochs;
    increment.conf = 0;
    increment.load_best_model_at_end = false;  // the best by the new class alone may lie before the joint stage
    train(increment);
    const auto results = job_.json(name, "all_results.json");
    for (const auto* figure : {"map", "map_50"}) {  // group 0 is the base; means of means round otherwise
      EXPECT_NEAR(results.at(std::string("test_base_") + figure + "_before").get<double>(),
                  of_base.at(std::string("eval_") + figure).get<double>(), 1e-12)
          << figure;
    }
    EXPECT_DOUBLE_EQ(results.at("test_forgetting").get<double>(),
                     results.at("test_base_map_before").get<double>() - results.at("test_base_map").get<double>());
    EXPECT_EQ(results.at("test_base_map") == results.at("test_base_map_before"), join_epochs == 0)
        << "only joined do old classes move";
    EXPECT_EQ(results.at("eval_base_boxes"), 0);
    EXPECT_EQ(results.at("eval_base_score_change") == 0, join_epochs == 0) << "needs no truth";
    EXPECT_NE(job_.content(name, "report.html").find("Old and new classes"), std::string::npos);
  }
}

// That it holds the old outputs: tests/train/distill_test.cc. The network here finds nothing that is worth holding.
TEST_F(BoxJob, DistillationHoldsToTheNetworkAsItWas) {
  auto base = options("full", "base");
  base.num_train_epochs = 6;
  base.learning_rate = "0.001";
  train(base);
  write_blue(job_.path("more"), {{"train", 16}, {"validation", 6}});
  auto increment = options("incremental", "added");
  increment.model = job_.path("base").string();
  increment.data = job_.path("more").string();
  increment.num_train_epochs = 1;
  train(increment);
  std::map<double, double> first;
  for (const double weight : {0.0, 100.0}) {
    auto join = options("join", fmt::format("joined-{}", weight));
    join.model = job_.path("added").string();
    join.data = increment.data;
    join.pseudo_labels = 0;
    join.distill = weight;
    join.learning_rate = "0.001";
    join.conf = 0;
    join.load_best_model_at_end = false;
    join.save_steps = 2;
    join.save_total_limit = 10;
    train(join);
    const auto name = std::filesystem::path(join.out).filename().string();
    first[weight] = job_.log(name).front().at("loss").get<double>();
  }
  EXPECT_NEAR(first[0], first[100], 0.01 * first[0]) << "before the first step nothing has moved";
  EXPECT_NE(job_.weights("joined-0"), job_.weights("joined-100")) << "later steps are held";

  // Stopped on the way and taken up again: it is held to the same network as before.
  const auto again = job_.path("again");
  std::filesystem::copy(job_.path("joined-100"), again, std::filesystem::copy_options::recursive);
  for (const auto* file : {"all_results.json", "report.html", "model.safetensors", "strop.json", "checkpoint-6"}) {
    std::filesystem::remove_all(again / file);
  }
  ASSERT_TRUE(std::filesystem::exists(again / "checkpoint-4"));
  ASSERT_FALSE(std::filesystem::exists(again / "checkpoint-8"));
  Options rest;
  rest.resume = again.string();
  rest.quiet = true;
  train(rest);
  EXPECT_EQ(job_.weights("again"), job_.weights("joined-100"));
}

// The neck and head of such a detector are made anew; by this plan the last block alone trains.
TEST_F(BoxJob, WhatIsMadeButFrozenIsNotCountedAsTrained) {
  auto full = options("full");
  full.model = (std::filesystem::path(STROP_SOURCE_DIR) / "tests/data/conv/timm_resnet").string();
  full.num_train_epochs = 1;
  auto plan = make_plan(full);
  for (auto& stage : plan.stages) {
    stage.cut = stage.blocks.back();
    stage.blocks = {stage.cut};
  }
  train(plan);
  const auto record = job_.json("run", "strop.json");
  const auto& blocks = record.at("blocks");
  for (const auto& block : blocks) {
    const bool last = block == blocks.back();
    EXPECT_EQ(block.at("trained_parameters"), last ? block.at("parameters") : nlohmann::json(0)) << block.at("name");
  }
  EXPECT_EQ(record.at("trained_parameters"), blocks.back().at("parameters"));
}

// Classes of an increment have rows in its branch: training on the same ones in another order joins all into one head.
TEST_F(BoxJob, RowsOfAddedClassesAreFoundByName) {
  auto base = options("full", "base");
  base.max_steps = 1;
  train(base);
  for (const auto* split : {"train", "validation"}) {
    write_scenes(job_.path("blue"), split, 8, {"blue"}, 2);
    write_scenes(job_.path("turned"), split, 8, {"blue", "red", "green"}, 2);
  }
  auto added = options("incremental", "added");
  added.model = job_.path("base").string();
  added.data = job_.path("blue").string();
  added.max_steps = 1;
  train(added);
  const auto file = open_model(job_.path("added"), {});
  for (const auto& [data, labels] : {std::pair{"turned", std::vector<std::string>{"blue", "red", "green"}},
                                     {"blue", std::vector<std::string>{"blue"}}}) {
    Options again = options("full");
    Opened opened;
    ModelOptions wanted;
    wanted.label_names = labels;
    opened.model = open_model(job_.path("added"), wanted).model;
    opened.base_folder = job_.path("added");
    EXPECT_EQ(opened.model->detector->groups().size(), 1U);
    const auto lines = start_detector(opened, again);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_NE(lines[0].find("start from their rows: blue"), std::string::npos) << lines[0];
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const auto weights = [](const auto& one, const std::string& branch) {
        return one.model->find_layer(branch + ".cls_preds.1")->weight;
      };
      const auto stored = labels[i] == "blue" ? weights(file, "increments.0")[0]
                                              : weights(file, "head")[labels[i] == "red" ? 0 : 1];
      EXPECT_TRUE(at::equal(weights(opened, "head")[static_cast<std::int64_t>(i)], stored)) << data << " " << labels[i];
    }
  }
  auto joined = options("full", "joined");
  joined.model = job_.path("added").string();
  joined.data = job_.path("turned").string();
  joined.max_steps = 1;
  joined.learning_rate = "1e-9";
  train(joined);
  EXPECT_EQ(job_.json("joined", "strop.json").at("class_groups"), (nlohmann::json{3}));
}

}  // namespace
}  // namespace strop
