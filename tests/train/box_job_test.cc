// Whole jobs on boxes: train, save, open again, evaluate, predict; a detector on a classifier; increments.
#include <sstream>

#include "errors.h"
#include "strop/job.h"
#include "train/box_scenes.h"
#include "train/tiny_job.h"

namespace strop {
namespace {

class BoxJob : public testing::Test {
 protected:
  BoxJob() {
    for (const auto& [split, count] : {std::pair{"train", 32}, {"validation", 8}, {"test", 8}}) {
      write_scenes(job_.path("scenes"), split, static_cast<std::uint64_t>(count), {"red", "green"});
    }
  }
  Options options(const std::string& method, const std::string& out = "run") const {
    auto options = job_.options(method, out);
    options.model = tiny_detector().string();
    options.data = job_.path("scenes").string();
    options.image_size = 64;
    options.per_device_train_batch_size = 8;
    return options;
  }
  nlohmann::json found(const std::string& run, const std::string& data, const std::string& drawn = "") const {
    Options use;
    use.model = job_.path(run).string();
    use.data = job_.path(data).string();
    use.conf = 0;
    if (!drawn.empty()) use.draw = job_.path(drawn).string();
    std::ostringstream out;
    predict(use, out);
    return nlohmann::json::parse(out.str());
  }

  TinyJob job_;
};

TEST_F(BoxJob, ADetectorLearnsIsSavedAndOpenedAgain) {
  auto full = options("full");
  full.num_train_epochs = 6;
  full.learning_rate = "0.001";
  full.augment = {"none"};
  const auto figures = nlohmann::json::parse(train(full).results_json);
  double first = 0, last = 0;  // of the losses; the random network is too small to find much in a few steps
  for (const auto& line : job_.log("run")) {
    if (!line.contains("loss")) continue;
    last = line.at("loss").get<double>();
    if (first == 0) first = last;
  }
  EXPECT_LT(last, 0.8 * first);
  Options use;
  use.model = job_.path("run").string();
  use.data = job_.path("scenes").string();
  use.quiet = true;
  EXPECT_EQ(nlohmann::json::parse(evaluate(use)).at("eval_map"), figures.at("test_map"));
  for (const auto* file : {"model.safetensors", "config.json", "preprocessor_config.json", "gallery.json", "report.html"}) {
    EXPECT_TRUE(std::filesystem::exists(job_.path("run") / file)) << file;
  }
  const auto answers = found("run", "scenes/test.json", "drawn");
  ASSERT_FALSE(answers.empty());
  for (const auto& one : answers) {
    EXPECT_TRUE(one.at("category_id") == 10 || one.at("category_id") == 20) << one;
    EXPECT_GE(one.at("bbox")[0].get<double>(), 0);
    EXPECT_LE(one.at("bbox")[0].get<double>() + one.at("bbox")[2].get<double>(), 64.001);
  }
  EXPECT_TRUE(std::filesystem::exists(job_.path("drawn") / "000000-test0.jpg"));
}

TEST_F(BoxJob, AFrozenBackboneIsCachedByViewAndProved) {
  auto head = options("head");
  head.augment = {"light", "mosaic"};
  head.views = 2;
  head.num_train_epochs = 3;
  train(head);
  for (const auto& block : job_.json("run", "strop.json").at("blocks")) {
    EXPECT_EQ(block.at("frozen_hash_before"), block.at("frozen_hash_after")) << block.at("name");
  }
}

TEST_F(BoxJob, AClassifierBecomesABackbone) {
  auto full = options("full");
  full.model = (std::filesystem::path(STROP_SOURCE_DIR) / "tests/data/conv/timm_resnet").string();
  full.num_train_epochs = 1;
  train(full);
  Options use;
  use.model = job_.path("run").string();
  use.data = job_.path("scenes").string();
  use.quiet = true;
  const auto figures = nlohmann::json::parse(evaluate(use));
  EXPECT_EQ(figures.at("eval_map"), job_.json("run", "all_results.json").at("test_map"));
  EXPECT_EQ(job_.json("run", "config.json").at("backbone").at("family"), "resnet");
}

// A classifier's files say how it cuts the middle out of a picture; a detector on its maps has to see all of it.
TEST_F(BoxJob, AClassifiersCropIsNotTheDetectors) {
  const auto classifier = job_.path("classifier");
  std::filesystem::copy(std::filesystem::path(STROP_SOURCE_DIR) / "tests/data/conv/transformers_resnet", classifier);
  write_file_atomic(classifier / "preprocessor_config.json",
                    R"({"do_center_crop": true, "crop_size": {"height": 32, "width": 32}, "size": {"shortest_edge": 36}, "image_mean": [0.1, 0.2, 0.3]})");
  auto head = options("head");
  head.model = classifier.string();
  head.max_steps = 1;
  train(head);
  const auto form = job_.json("run", "preprocessor_config.json");
  EXPECT_EQ(form.at("fit"), "letterbox");
  EXPECT_EQ(form.at("size"), (nlohmann::json{{"height", 64}, {"width", 64}}));
  EXPECT_NEAR(form.at("image_mean")[2].get<double>(), 0.3, 1e-6);
}

TEST_F(BoxJob, AnIncrementLeavesOldBoxesAsTheyWere) {
  auto base = options("full", "base");
  base.num_train_epochs = 2;
  train(base);
  for (const auto& [split, count] : {std::pair{"train", 16}, {"validation", 4}, {"test", 4}}) {
    write_scenes(job_.path("more"), split, static_cast<std::uint64_t>(count), {"blue"}, 2);
  }
  auto increment = options("incremental", "added");
  increment.model = job_.path("base").string();
  increment.data = job_.path("more").string();
  increment.num_train_epochs = 4;
  train(increment);
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
}

TEST_F(BoxJob, AnIncrementIsJoinedWithOldPicturesAndItsOwnFinds) {
  auto base = options("full", "base");
  base.num_train_epochs = 6;
  base.learning_rate = "0.001";
  train(base);
  for (const auto& [split, count] : {std::pair{"train", 16}, {"validation", 4}, {"test", 4}}) {
    write_scenes(job_.path("more"), split, static_cast<std::uint64_t>(count), {"blue"}, 2);
  }
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
  train(increment);
  EXPECT_TRUE(std::filesystem::exists(job_.path("joined/increment/report.html")));
  const auto record = job_.json("joined", "strop.json");
  EXPECT_EQ(record.at("labels"), (nlohmann::json{"red", "green", "blue"}));
  EXPECT_EQ(record.at("method"), "join");
  const auto notes = record.at("data_notes").dump();
  EXPECT_NE(notes.find("does not label red, green"), std::string::npos) << notes;
  EXPECT_NE(notes.find("does not label blue"), std::string::npos) << notes;
  EXPECT_NE(notes.find("max_train_samples: 8 of 32"), std::string::npos) << notes;
  // Opened again, it has its three classes in two groups.
  EXPECT_FALSE(found("joined", "scenes/test.json").empty());

  auto unknown = options("join", "unknown");
  unknown.model = job_.path("base").string();
  unknown.data = job_.path("more").string();
  EXPECT_NE(message_of(ErrorKind::usage, [&] { train(unknown); }).find("no class 'blue'"), std::string::npos);
}

TEST_F(BoxJob, AMethodThatDoesNotFitIsRefusedWithTheReason) {
  auto wrong = options("incremental");  // red and green are not among the tiny detector's names, so they would be added
  wrong.data = job_.path("scenes").string();
  wrong.model = job_.path("nowhere").string();
  EXPECT_THROW(train(wrong), Error);
  auto odd = options("full");
  odd.image_size = 50;
  try {
    train(odd);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("image_size: 50"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace strop
