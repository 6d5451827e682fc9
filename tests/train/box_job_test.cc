// Whole jobs on boxes: train, save, open again, evaluate, predict; a detector on a classifier.
#include <fmt/format.h>
#include <torch/types.h>

#include <fstream>
#include <map>
#include <set>
#include <thread>
#include <tuple>

#include "errors.h"
#include "nn/compare.h"
#include "train/box_job.h"
#include "train/task.h"
#include "train/tasks/box_gallery.h"

namespace strop {
namespace {

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
  const auto again = nlohmann::json::parse(evaluate(use));
  EXPECT_EQ(again.at("eval_map"), figures.at("test_map"));
  EXPECT_EQ(again.at("eval_confusion_matrix"), figures.at("test_confusion_matrix"));
  std::int64_t truths = 0, rows = 0;  // each true box stands in one cell of the rows above the background's
  for (const auto& one : again.at("eval_box_classes")) truths += one.at("support").get<std::int64_t>();
  for (std::size_t row = 0; row < 2; ++row) {
    for (const auto& cell : again.at("eval_confusion_matrix")[row]) rows += cell.get<std::int64_t>();
  }
  EXPECT_EQ(rows, truths);
  const auto splits = job_.json("run", "strop.json").at("splits");
  EXPECT_EQ(splits.at(2).at("name"), "test");
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_EQ(splits.at(2).at("per_class")[i], again.at("eval_box_classes")[i].at("support")) << "boxes, not pictures";
  for (const auto* file :
       {"model.safetensors", "config.json", "preprocessor_config.json", "gallery.json", "report.html"}) {
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

// What predict writes is COCO's form: measured as a file it is as good as the model itself, but for the rounded boxes.
TEST_F(BoxJob, PredictionsInAFileAreWorthWhatTheModelIs) {
  auto full = options("full");
  full.num_train_epochs = 4;
  full.augment = {"none"};
  full.conf = 0;  // so short a training gives low scores
  const auto figures = nlohmann::json::parse(train(full).results_json);
  Options use;
  use.model = job_.path("run").string();
  use.data = job_.path("scenes/test.json").string();
  use.conf = 0;
  use.quiet = true;
  std::ostringstream out;
  predict(use, out);
  std::ofstream(job_.path("found.json")) << out.str();
  Options files;
  files.data = use.data;
  files.out = job_.path("figures").string();
  const auto measured = nlohmann::json::parse(evaluate_predictions(job_.path("found.json").string(), files));
  EXPECT_EQ(measured.at("eval_samples"), 8);
  auto more = nlohmann::json::parse(out.str());
  auto stranger = more.at(0);
  stranger["category_id"] = 56;
  more.push_back(stranger);
  std::ofstream(job_.path("more.json")) << more.dump();
  files.out.clear();
  testing::internal::CaptureStderr();
  const auto same = nlohmann::json::parse(evaluate_predictions(job_.path("more.json").string(), files));
  expect_parts(testing::internal::GetCapturedStderr(), {"1 of ", "categories (56)", "(10, 20)", "left out"});
  EXPECT_EQ(same.at("eval_map"), measured.at("eval_map"));
  std::ofstream(job_.path("strangers.json")) << nlohmann::json::array({stranger}).dump();
  expect_parts(
      message_of(ErrorKind::data, [&] { evaluate_predictions(job_.path("strangers.json").string(), files); }),
      {"strangers.json: its category ids (56)", "same data"});
  for (const auto* key : {"map", "map_50", "mar_100", "map_medium"}) {
    EXPECT_NEAR(measured.at(std::string("eval_") + key).get<double>(),
                figures.at(std::string("test_") + key).get<double>(), 0.01)
        << key;
  }
  EXPECT_GT(measured.at("eval_mar_100").get<double>(), 0) << "nothing is compared";
  EXPECT_TRUE(std::filesystem::exists(job_.path("figures") / "eval_results.json"));
  std::ofstream(job_.path("other.json"))
      << R"([{"image_id": 99, "category_id": 10, "bbox": [0, 0, 1, 1], "score": 1}])";
  EXPECT_NE(message_of(ErrorKind::data, [&] { evaluate_predictions(job_.path("other.json").string(), files); })
                .find("image_id 99 is none"),
            std::string::npos);
}

TEST_F(BoxJob, InspectConverts) {
  auto show = options("full");
  show.model.clear();
  show.val_size = 0;
  show.json = true;
  InspectOptions what;
  what.write = job_.path("voc").string();
  what.format = "voc";
  const auto shown = nlohmann::json::parse(inspect(show, what)).at("data");
  EXPECT_EQ(shown.at("written").at("pictures"), 48);
  const auto read = [&](const std::string& folder) {
    auto again = show;
    again.data = job_.path(folder).string();
    nlohmann::json counts;
    for (const auto& split : nlohmann::json::parse(inspect(again, {})).at("data").at("splits")) {
      counts[split.at("name").get<std::string>()] = {split.at("boxes"), split.at("by_class"), split.at("small"),
                                                     split.at("medium")};
    }
    return counts;
  };
  EXPECT_EQ(read("voc"), read("scenes"));
  EXPECT_THROW(inspect(show, what), Error) << "the folder is there already";
  what.write = job_.path("other").string();
  what.format = "kitti";
  EXPECT_THROW(inspect(show, what), Error);
  EXPECT_FALSE(std::filesystem::exists(job_.path("other")));
}

// One whose boxes are a set, matched with the true ones; its frozen layers are cached.
TEST_F(BoxJob, ADetectorOfASetOfBoxesLearnsAndIsOpenedAgain) {
  for (const auto* method : {"full", "head"}) {
    auto wanted = options(method, method);
    wanted.model = (std::filesystem::path(STROP_SOURCE_DIR) / "tests/data/yolos/mid").string();
    wanted.num_train_epochs = 6;
    wanted.learning_rate = "0.003";
    wanted.augment = {"none"};
    train(wanted);
    double first = 0, last = 0;
    for (const auto& line : job_.log(method)) {
      if (!line.contains("loss")) continue;
      last = line.at("loss").get<double>();
      if (first == 0) first = last;
    }
    EXPECT_LT(last, 0.9 * first) << method;
    Options use;
    use.model = job_.path(method).string();
    use.data = job_.path("scenes").string();
    use.quiet = true;
    EXPECT_EQ(nlohmann::json::parse(evaluate(use)).at("eval_map"),
              job_.json(method, "all_results.json").at("test_map"));
    EXPECT_EQ(job_.json(method, "config.json").at("image_size"), (nlohmann::json{64, 64}));
    for (const auto& one : found(method, "scenes/test.json")) {
      EXPECT_TRUE(one.at("category_id") == 10 || one.at("category_id") == 20) << one;
    }
  }
}

TEST_F(BoxJob, AFrozenBackboneIsCachedByViewAndProved) {
  auto head = options("head");
  head.augment = {"light", "mosaic"};
  head.views = 2;
  head.num_train_epochs = 4;  // fewer than two of each view are not kept
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

TEST_F(BoxJob, WeightsThatFindNothingAreSaidToDoSo) {
  auto one = options("full");
  one.max_steps = 1;
  one.learning_rate = "1e-9";
  train(one);
  expect_contains(job_.content("run", "strop.log"), "test: an AP50 of 0.0; train longer");
}

// Adapters and parts of a detector: trained, saved, opened again, folded in, with the same boxes.
TEST_F(BoxJob, AdaptersAndPartsOfDetectorsAreOpenedAgain) {
  for (const std::string model : {"yolox/nano", "fastestdet/tiny"}) {
    for (const std::string method : {"lora", "bitfit", "norm", "layerwise"}) {
      const auto name = model.substr(0, 4) + method;
      auto some = options(method, name);
      some.model = (std::filesystem::path(STROP_SOURCE_DIR) / "tests/data" / model).string();
      some.max_steps = 3;
      some.learning_rate = "0.01";
      some.augment = {"none"};
      if (method == "lora") {
        const bool yolox = model.starts_with("yolox");
        some.target_modules = {yolox ? "lateral_conv0.conv" : "branch_main.0"};
        some.lr_scale = {{"backbone", "0.1"}};
      }
      train(some);
      const auto record = job_.json(name, "strop.json");
      std::int64_t trained = 0;
      for (const auto& block : record.at("blocks")) {
        trained += block.at("trained_parameters").get<std::int64_t>();
        EXPECT_EQ(block.at("frozen_hash_before"), block.at("frozen_hash_after")) << name;
      }
      EXPECT_GT(trained, 0) << name;
      const auto answers = found(name, "scenes/test.json");
      ASSERT_FALSE(answers.empty()) << name;
      if (method != "lora") continue;
      Options merging;
      merging.model = job_.path(name).string();
      merging.out = job_.path(name + "-merged").string();
      merge(merging);
      const auto whole = found(name + "-merged", "scenes/test.json");
      ASSERT_EQ(whole.size(), answers.size()) << name;
      for (std::size_t i = 0; i < whole.size(); ++i)
        EXPECT_NEAR(whole[i].at("score").get<double>(), answers[i].at("score").get<double>(), 1e-4) << name;
    }
  }
}

// A transformer keeps no maps of the strides that a detector reads, whatever side its patches divide.
TEST_F(BoxJob, ATransformerIsRefusedAsABackbone) {
  for (const char* model : {"vit/vit", "vit/dinov2"}) {
    auto head = options("head");
    head.model = (std::filesystem::path(STROP_SOURCE_DIR) / "tests/data" / model).string();
    head.image_size = 0;
    expect_parts(message_of(ErrorKind::model, [&] { train(head); }),
                 {"a detector needs maps of strides 8, 16 and 32", "give a convolutional network"});
  }
}

// Without `conf` few sure boxes are drawn; with it those that the JSON lists.
TEST_F(BoxJob, WhatIsDrawnFollowsConf) {
  auto one = options("full");
  one.max_steps = 1;
  train(one);
  const auto answers = found("run", "scenes/test.json", "all");
  ASSERT_FALSE(answers.empty());
  for (const auto& box : answers) ASSERT_LT(box.at("score").get<double>(), 0.3) << "too sure for this test";
  Options use;
  use.model = job_.path("run").string();
  use.data = job_.path("scenes/test.json").string();
  use.draw = job_.path("sure").string();
  std::ostringstream out;
  predict(use, out);
  const auto drawn = [&](const char* folder) {
    return read_file(job_.path(folder) / "000000-test0.jpg", ErrorKind::data);
  };
  EXPECT_NE(drawn("all"), drawn("sure"));
}

// With a classifier, which may become a detector's backbone, boxes are still boxes.
TEST_F(BoxJob, InspectWithAClassifierShowsBoxes) {
  Options show;
  show.model = (std::filesystem::path(STROP_SOURCE_DIR) / "tests/data/conv/timm_resnet").string();
  show.data = job_.path("scenes").string();
  show.json = true;
  EXPECT_TRUE(nlohmann::json::parse(inspect(show, {})).at("data").at("splits").at(0).contains("boxes"));
}

// A classifier's files say how it cuts the middle out of a picture; a detector on its maps has to see all of it.
TEST_F(BoxJob, AClassifiersCropIsNotTheDetectors) {
  const auto classifier = job_.path("classifier");
  std::filesystem::copy(std::filesystem::path(STROP_SOURCE_DIR) / "tests/data/conv/transformers_resnet", classifier);
  write_file_atomic(
      classifier / "preprocessor_config.json",
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

TEST(BoxGallery, WhatIsFoundInACrowdIsNoFalseAlarm) {
  const TempFolder folder;
  write_scenes(folder.path(), "train", 2, {"red", "green"});
  const auto name = (folder.path() / "images" / "train0.png").string();
  BoxSample sample{name, {}, 64, 64, 1, {}};
  sample.bytes.file = name;
  sample.boxes = {{{0, 0, 40, 40}, 0, true, 1600, 1}, {{50, 50, 10, 10}, 0, false, 100, 2}};
  BoxAnswers answers;
  answers.found = {{{{5, 5, 10, 10}, 0, 0.9}, {{20, 20, 10, 10}, 0, 0.8}, {{20, 20, 10, 10}, 1, 0.7}}};
  const auto shown = gallery_of_boxes({"here", {sample}}, answers, {"red", "green"}, {});
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0].at("false_alarms"), 1) << "the green one";
  EXPECT_EQ(shown[0].at("missed"), 1);
  answers.unmade = {0};
  EXPECT_TRUE(gallery_of_boxes({"here", {sample}}, answers, {"red", "green"}, {}).empty());
}

// Its true boxes would be held against an input of nothing.
TEST_F(BoxJob, PicturesThatGoDuringARunCountNowhereAndAreSaid) {
  auto full = options("full");
  full.num_train_epochs = 4;
  std::thread remover([&] {
    while (!std::filesystem::exists(job_.path("run") / "plan.yaml")) std::this_thread::yield();
    for (const auto* name : {"train3.png", "validation1.png"})
      std::filesystem::remove(job_.path("scenes") / "images" / name);
  });
  train(full);
  remover.join();
  const auto notes = job_.json("run", "strop.json").at("data_notes").dump();
  expect_parts(notes,
               {"1 pictures could not be read during the run and were skipped, the first: ", "train3.png",
                "validation: 1 of 8 pictures could not be read when the result was measured", "validation1.png"});
  EXPECT_EQ(job_.json("run", "all_results.json").at("eval_samples"), 7);

  Options use;
  use.model = job_.path("run").string();
  use.data = job_.path("scenes/test.json").string();
  const auto opened = open_for_use(use);
  std::vector<std::string> said;
  const auto split = opened.task->load_evaluation(use, opened, said);
  const auto support = [&] {
    const auto measured = opened.task->measure(opened, *split, use);
    std::int64_t boxes = 0;
    for (const auto& one : std::get<BoxMetrics>(measured.metrics).classes) boxes += one.support;
    return std::pair{measured.unmade, boxes};
  };
  const auto whole = support();
  EXPECT_TRUE(whole.first.empty());
  std::filesystem::remove(job_.path("scenes/images/test2.png"));
  const auto left = support();
  EXPECT_EQ(left.first, std::vector<std::size_t>{2});
  EXPECT_LT(left.second, whole.second);
}

TEST_F(BoxJob, WhatDoesNotFitIsRefusedWithTheReason) {
  const auto refusal = [](const Options& wrong) {
    try {
      train(wrong);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("it was trained");
  };
  auto missing = options("incremental");
  missing.model = job_.path("nowhere").string();
  expect_parts(refusal(missing), {missing.model});
  auto odd = options("full");
  odd.image_size = 50;
  expect_parts(refusal(odd), {"image_size: 50"});
  expect_parts(refusal(options("ia3")), {"ia3", "other methods that fit this model: ", "full", "lora"});
  EXPECT_FALSE(std::filesystem::exists(job_.path("run")));
}

// The branch that is added here takes fewer steps than find anything.
TEST_F(BoxJob, FewStepsForNewClassesAreDoubted) {
  Options few = options("incremental");
  few.max_steps = 0;
  few.num_train_epochs = 2;
  testing::internal::CaptureStderr();
  make_plan(few);
  expect_parts(testing::internal::GetCapturedStderr(),
               {"steps are few for classes that begin anew", "its 3 classes have no names", "coco.names"});
  few.num_train_epochs = 500;
  testing::internal::CaptureStderr();
  make_plan(few);
  EXPECT_EQ(testing::internal::GetCapturedStderr().find("steps are few"), std::string::npos);
}

}  // namespace
}  // namespace strop
