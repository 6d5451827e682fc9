// Whole jobs on pictures: train, save, open again, evaluate, predict; cached and not; head rows by name.
#include <algorithm>
#include <sstream>

#include "core/log.h"
#include "errors.h"
#include "image/decode.h"
#include "models/family.h"
#include "nn/compare.h"
#include "strop/job.h"
#include "train/picture_data.h"
#include "train/tiny_job.h"

namespace strop {
namespace {

class PictureJob : public testing::Test {
 protected:
  PictureJob() { write_pictures(job_.path("pictures"), {"cat", "dog", "owl"}, 12); }

  Options options(const std::string& method, const std::string& out = "run") const {
    auto options = job_.options(method, out);
    options.model = tiny_picture_model().string();
    options.data = job_.path("pictures").string();
    return options;
  }
  double accuracy(const std::string& run) const {
    Options use;
    use.model = job_.path(run).string();
    use.data = job_.path("pictures").string();
    use.quiet = true;
    return nlohmann::json::parse(evaluate(use)).at("eval_accuracy").get<double>();
  }

  TinyJob job_;
};

TEST_F(PictureJob, AHeadIsTrainedSavedAndOpenedAgain) {
  const auto result = train(options("head"));
  const auto figures = nlohmann::json::parse(result.results_json);
  EXPECT_GT(figures.at("test_accuracy").get<double>(), 0.9);
  EXPECT_EQ(accuracy("run"), figures.at("test_accuracy").get<double>());
  for (const auto* file :
       {"model.safetensors", "config.json", "preprocessor_config.json", "gallery.json", "report.html"}) {
    EXPECT_TRUE(std::filesystem::exists(job_.path("run") / file)) << file;
  }
  const auto record = job_.json("run", "strop.json");
  EXPECT_EQ(record.at("task"), "image-classification");
  EXPECT_EQ(record.at("input").at("width"), 16);
  for (const auto& block : record.at("blocks")) {
    EXPECT_EQ(block.at("frozen_hash_before"), block.at("frozen_hash_after")) << block.at("name");
  }

  Options use;
  use.model = job_.path("run").string();
  use.data = job_.path("pictures/test").string();
  use.draw = job_.path("drawn").string();
  std::ostringstream lines;
  predict(use, lines);
  std::istringstream in(lines.str());
  std::size_t count = 0, right = 0;
  for (std::string line; std::getline(in, line); ++count) {
    const auto answer = nlohmann::json::parse(line);
    EXPECT_EQ(answer.at("index"), count);
    EXPECT_EQ(answer.at("scores").size(), 3U);
    const auto file = answer.at("file").get<std::string>();
    right += file.find(answer.at("label").get<std::string>()) != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(count, 12U);
  EXPECT_GE(right, 11U);
  EXPECT_TRUE(std::filesystem::exists(job_.path("drawn") / "000000-0.jpg"));
}

TEST_F(PictureJob, GradientStepsLearnWithAndWithoutACacheAndWithMixing) {
  auto full = options("full", "full");
  full.num_train_epochs = 6;
  full.learning_rate = "0.003";
  full.augment = {"light", "cutmix", "mixup"};
  full.label_smoothing_factor = 0.1;
  train(full);
  EXPECT_GT(accuracy("full"), 0.6);

  auto cached = options("layerwise", "cached");
  cached.top_k = 1;
  cached.augment = {"flip"};
  cached.views = 2;
  cached.learning_rate = "0.01";
  train(cached);
  auto plain = cached;
  plain.out = job_.path("plain").string();
  plain.cache = "disk";
  train(plain);
  EXPECT_EQ(job_.weights("cached"), job_.weights("plain"));
}

TEST_F(PictureJob, ARandomCropAloneIsAnAugmentation) {
  auto crops = options("full", "crops");
  crops.max_steps = 1;
  crops.augment = {"crop"};
  train(crops);
  const auto augmented = job_.json("crops", "gallery.json").at("augmented");
  ASSERT_FALSE(augmented.empty());
  EXPECT_NE(augmented[0].at("images")[0], augmented[0].at("images")[1]);
}

TEST_F(PictureJob, TheGalleryShowsWhatMixingMakes) {
  auto mixed = options("full", "run");
  mixed.max_steps = 1;
  for (const auto* word : {"mixup", "cutmix"}) {
    mixed.out = job_.path(word).string();
    mixed.augment = {word};
    train(mixed);
    const auto augmented = job_.json(word, "gallery.json").at("augmented");
    ASSERT_EQ(augmented.size(), 6U) << word;
    int changed = 0;
    for (const auto& one : augmented) {
      ASSERT_EQ(one.at("images").size(), 6U);
      for (const auto& image : one.at("images")) changed += image != one.at("images")[0] ? 1 : 0;
    }
    EXPECT_GT(changed, 0) << word;
  }
}

TEST_F(PictureJob, TheSameSeedGivesTheSameBitsWhateverTheThreadsThatDecode) {
  auto one = options("full", "one");
  one.max_steps = 5;
  one.augment = {"strong"};
  train(one);
  auto two = one;
  two.out = job_.path("two").string();
  train(two);
  EXPECT_EQ(job_.weights("one"), job_.weights("two"));
}

TEST_F(PictureJob, HeadRowsOfKnownNamesAreKept) {
  auto some = options("full");
  some.max_steps = 1;
  some.head_init = "pretrained";
  write_pictures(job_.path("other"), {"dog", "horse"}, 6);
  some.data = job_.path("other").string();
  set_log_level(LogLevel::info);  // another test may have lowered it
  testing::internal::CaptureStderr();
  some.quiet = false;
  train(some);
  const auto said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("dog: kept from the pretrained head"), std::string::npos) << said;
  EXPECT_NE(said.find("horse: new; "), std::string::npos) << said;
  EXPECT_NE(said.find("2 rows of the stored head left out, of labels that these data lack: cat, owl"),
            std::string::npos)
      << said;
  EXPECT_EQ(said.find("not in the file for these labels"), std::string::npos) << "some rows are";
}

TEST_F(PictureJob, TwoStagesFromOneSetOfOptions) {
  write_pictures(job_.path("small"), {"dog", "owl"}, 4);
  auto both = options("head", "both");
  both.data = job_.path("small").string();
  both.pretrain_data = job_.path("pictures").string();
  both.pretrain_method = "layerwise";
  both.pretrain_epochs = 2;
  train(both);
  EXPECT_EQ(job_.json("both/pretrain", "strop.json").at("labels").size(), 3U);
  EXPECT_EQ(job_.json("both", "strop.json").at("labels").size(), 2U);
  EXPECT_EQ(job_.json("both", "strop.json").at("base_model"), job_.path("both/pretrain").string());
  // What is there of the first is used by the same command alone.
  for (const auto& entry : std::filesystem::directory_iterator(job_.path("both")))
    if (entry.path().filename() != "pretrain") std::filesystem::remove_all(entry.path());
  auto longer = both;
  longer.pretrain_epochs = 5;
  expect_contains(message_of(ErrorKind::usage, [&] { train(longer); }),
                  "was made with pretrain_epochs=2, and now 5 is asked for");
  const auto first = sha256_file(job_.path("both/pretrain/model.safetensors"));
  both.memory = "8G";  // it is made already
  train(both);
  EXPECT_EQ(sha256_file(job_.path("both/pretrain/model.safetensors")), first);
}

TEST_F(PictureJob, OfALimitOnTimeTheFirstOfTwoRunsHasHalf) {
  auto both = options("head", "both");
  both.pretrain_data = both.data;
  both.pretrain_method = "head";
  both.time = "10m";
  train(both);
  EXPECT_NE(job_.content("both/pretrain", "plan.yaml").find("time: 300s"), std::string::npos);
  EXPECT_NE(job_.content("both", "plan.yaml").find("time: 10m"), std::string::npos);
}

TEST_F(PictureJob, APlanHoldsNoPretraining) {
  auto both = options("head", "both");
  both.pretrain_data = both.data;
  EXPECT_THROW(make_plan(both), Error);
}

TEST_F(PictureJob, ASolvedHeadIsSharedAmongSeveralClassifiers) {
  auto distilled = options("head", "distilled");
  distilled.model = (std::filesystem::path(STROP_SOURCE_DIR) / "tests/data/vit/timm_distilled").string();
  train(distilled);
  EXPECT_EQ(job_.json("distilled", "strop.json").at("labels").size(), 3U);
  EXPECT_GT(job_.json("distilled", "all_results.json").at("eval_accuracy").get<double>(), 0.5);
}

// Both heads of a distilled DeiT answer, so both have to forget the file's labels.
TEST_F(PictureJob, OfPromptsBehindASolvedHeadNoneIsKeptThatWasNotMeasured) {
  auto prompts = options("vpt");
  prompts.lp_ft = true;
  prompts.learning_rate = "1e-9";
  prompts.num_train_epochs = 1;
  train(prompts);
  const auto state = job_.json("run", "trainer_state.json");
  EXPECT_GT(state.at("best_global_step").get<int>(), 0) << "step 0 was measured without prompts";
  EXPECT_EQ(state.at("best_metric"), job_.json("run", "eval_results.json").at("eval_accuracy"));
}

TEST_F(PictureJob, EachOfSeveralClassifiersBeginsAnew) {
  auto distilled = options("full", "distilled");
  distilled.model = (std::filesystem::path(STROP_SOURCE_DIR) / "tests/data/vit/timm_distilled").string();
  distilled.head_init = "random";
  distilled.max_steps = 1;
  distilled.learning_rate = "1e-9";
  train(distilled);
  const auto file = open_model(distilled.model, {}).model, run = open_model(job_.path("distilled"), {}).model;
  for (const auto* head : {"head", "head_dist"}) {
    const auto stored = file->find_layer(head)->weight, begun = run->find_layer(head)->weight;
    ASSERT_EQ(stored.sizes(), begun.sizes()) << head;
    EXPECT_GT((stored - begun).abs().max().item<float>(), 1e-3F) << head;
  }
}

// A base that says all of it on grey is trained on otherwise: its word does not stay in the result's file.
TEST_F(PictureJob, TheFormOfABaseGivesWay) {
  auto base = options("head", "base");
  base.fit = "letterbox";
  base.channel_order = "bgr";
  train(base);
  EXPECT_EQ(job_.json("base", "preprocessor_config.json").at("fit"), "letterbox");
  auto next = options("head", "next");
  next.model = job_.path("base").string();
  next.fit = "squash";
  next.channel_order = "rgb";
  train(next);
  const auto form = job_.json("next", "preprocessor_config.json");
  EXPECT_FALSE(form.contains("fit") || form.contains("channel_order")) << form;
}

TEST_F(PictureJob, LevelsAndSingleChangesOfAugmentationGoTogether) {
  auto some = options("full", "levels");
  some.max_steps = 1;
  some.augment = {"light", "strong"};
  EXPECT_THROW(train(some), Error);
  some.augment = {"jitter", "medium"};
  train(some);
}

TEST_F(PictureJob, PoliciesAndJitterByTheirKeys) {
  auto some = options("full", "keys");
  some.max_steps = 2;
  some.augment = {"rand-m9-mstd0.5-n2", "flip"};
  some.color_jitter = "0.2,0.2,0.2,0.1";
  train(some);
  const auto shown = [&](const std::vector<std::string>& words, const std::string& jitter) {
    auto sheet = options("full");
    sheet.out = job_.path("sheets").string();
    std::filesystem::create_directories(sheet.out);
    sheet.augment = words;
    sheet.color_jitter = jitter;
    sheet.json = true;
    InspectOptions what;
    what.augment = true;
    return nlohmann::json::parse(inspect(sheet, what)).at("data").at("augmented").at("changes").get<std::string>();
  };
  EXPECT_EQ(shown(some.augment, some.color_jitter),
            "flip 0.5, rand-m9-mstd0.5-n2, jitter brightness=0.2 contrast=0.2 saturation=0.2 hue=0.1");
  EXPECT_EQ(shown({"medium"}, "0.1"),
            "crop 0.25..1, flip 0.5, jitter brightness=0.1 contrast=0.1 saturation=0.1 hue=0");
  EXPECT_EQ(shown({"medium"}, "0"), "crop 0.25..1, flip 0.5");
  EXPECT_EQ(shown({"strong", "trivialaugment"}, ""), "crop 0.08..1, flip 0.5, trivialaugment, erase 0.25");
  EXPECT_THROW(shown({"randaugment", "rand-m9"}, ""), Error);
  EXPECT_THROW(shown({"flip", "mosaic"}, ""), Error) << "a word of boxes";
}

TEST_F(PictureJob, AContactSheetIsAsTheModelSeesPicturesAndReplacesNoFile) {
  auto sheet = options("full");
  sheet.augment = {"flip"};
  InspectOptions what;
  what.augment = true;
  const auto text_of = [&](const std::filesystem::path& out) {
    sheet.out = out.string();
    return inspect(sheet, what);
  };
  const auto decoded = [](const std::filesystem::path& file) {
    return decode_picture(read_file(file, ErrorKind::data), file.string());
  };
  // Right of the first tile's 16 pixels: white where the picture is of the model's size, else the picture itself.
  const auto beside = [&](const std::filesystem::path& file) {
    return static_cast<int>(decoded(file).row(4 + 8)[3 * (4 + 40)]);
  };
  EXPECT_NE(text_of(job_.path("sheet.png")).find("(flip 0.5; 16 x 16 pixels, squash"), std::string::npos);
  EXPECT_EQ(beside(job_.path("sheet.png")), 255);
  expect_parts(message_of(ErrorKind::usage, [&] { text_of(job_.path("sheet.png")); }),
               {"out: ", "sheet.png exists; choose another"});
  expect_parts(message_of(ErrorKind::usage, [&] { text_of(job_.path("sheet.webp")); }),
               {"expected a file that ends in .jpg or .png"});
  sheet.model.clear();
  EXPECT_NE(text_of(job_.path("plain.jpg")).find("(flip 0.5; 224 x 224 pixels, crop"), std::string::npos);
  EXPECT_LT(beside(job_.path("plain.jpg")), 250);
  std::filesystem::create_directories(job_.path("folder"));
  text_of(job_.path("folder"));
  const auto first = read_file(job_.path("folder/augmented.jpg"), ErrorKind::data);
  sheet.augment = {"strong"};
  text_of(job_.path("folder"));
  EXPECT_EQ(read_file(job_.path("folder/augmented.jpg"), ErrorKind::data), first);
  EXPECT_NE(read_file(job_.path("folder/augmented-2.jpg"), ErrorKind::data), first);
}

TEST_F(PictureJob, ProgressiveResizingIsRefusedWhereFeaturesAreKept) {
  auto some = options("head", "progressive");
  some.progressive_resizing = 0.5;
  EXPECT_THROW(train(some), Error);
  some.method = "full";
  some.cache = "ram";
  EXPECT_THROW(train(some), Error);
  some.cache = "auto";
  some.num_train_epochs = 2;
  train(some);
}

TEST_F(PictureJob, AnAnswerOnAPictureThatCannotBeReadIsNone) {
  const auto file = job_.path("pictures/test/cat/0.png");
  auto broken = read_file(file, ErrorKind::data);
  for (std::size_t i = broken.size() / 2; i < broken.size() / 2 + 40; ++i) broken[i] = 0;
  write_file_atomic(file, broken);
  train(options("head"));
  const auto answers = job_.content("run", "predictions.jsonl");
  const auto rows = job_.json("run", "strop.json").at("splits").at(2).at("rows").get<std::int64_t>();
  EXPECT_EQ(std::ranges::count(answers, '\n'), rows - 1);
  EXPECT_EQ(answers.find("cat/0.png"), std::string::npos);
  expect_contains(job_.content("run", "strop.log"), "could not be read when the result was measured");
}

TEST_F(PictureJob, FilesThatGoBadDuringTheRunAreLeftOut) {
  auto some = options("full");
  some.max_steps = 3;
  const auto file = job_.path("pictures/train/cat/0.png");
  const auto bytes = read_file(file, ErrorKind::data);
  // Whole by its ends, damaged within: only decoding tells.
  auto broken = bytes;
  for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 40; ++i) broken[i] = 0;
  write_file_atomic(file, broken);
  train(some);
  EXPECT_EQ(job_.json("run", "all_results.json").at("total_steps"), 3);
  some.out = job_.path("strict").string();
  some.strict = true;
  some.num_train_epochs = 3;
  some.max_steps = 0;
  EXPECT_THROW(train(some), Error);
}

}  // namespace
}  // namespace strop
