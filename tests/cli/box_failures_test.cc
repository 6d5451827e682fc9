// Pictures with boxes as people really have them, through the program: one clear message, or a run that goes on and
// says what it left out.
#include "program.h"
#include "train/box_scenes.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

class BoxFailures : public testing::Test {
 protected:
  BoxFailures() {
    for (const auto& [split, count] : {std::pair{"train", 12}, {"validation", 4}}) {
      write_scenes(data(), split, static_cast<std::uint64_t>(count), {"red", "green"});
    }
  }

  fs::path data() const { return job_.path("scenes"); }
  // A whole training of `steps` steps.
  ProgramRun trained(const Words& more = {}, int steps = 2) const {
    fs::remove_all(job_.path("run"));
    Words all = {"train",
                 "--model",
                 tiny_detector().string(),
                 "--data",
                 data().string(),
                 "--out",
                 job_.path("run").string(),
                 "--method",
                 "full",
                 "--threads",
                 "1",
                 "precision=fp32",
                 "image_size=64",
                 "per_device_train_batch_size=4",
                 "max_steps=" + std::to_string(steps)};
    all.insert(all.end(), more.begin(), more.end());
    return run_program_on(job_, all);
  }
  void expect_done(const ProgramRun& done, const Words& parts) const {
    EXPECT_EQ(done.code, 0) << done.err;
    for (const auto& part : parts)
      EXPECT_NE(done.err.find(part), std::string::npos) << "no '" << part << "' in: " << done.err;
  }

  TinyJob job_;
};

TEST_F(BoxFailures, MissingAndDamagedPicturesAreLeftOutAndSaid) {
  fs::remove(data() / "images/train2.png");
  const auto whole = read_file(data() / "images/train5.png", ErrorKind::data);
  write_file_atomic(data() / "images/train5.png", whole.substr(0, whole.size() / 2));
  expect_done(trained({"augment=strong,copy"}), {"2 pictures skipped, the first: ", "train2.png"});
  const auto listed = job_.content("run", "skipped.txt");
  EXPECT_EQ(std::count(listed.begin(), listed.end(), '\n'), 2) << listed;
  EXPECT_NE(listed.find("train5.png"), std::string::npos) << listed;
  fs::remove_all(job_.path("run"));
  expect_failure(trained({"--strict"}), ErrorKind::data, {".png", "strict"});
  EXPECT_FALSE(fs::exists(job_.path("run")));
}

TEST_F(BoxFailures, PredictSaysWhatItLeavesOutAndWhichSplitItTakes) {
  expect_done(trained(), {});
  fs::remove(data() / "images/validation1.png");
  const auto asked = [&](const char* verb) {
    return run_program_on(job_, {verb, "--model", job_.path("run").string(), "--data", data().string()});
  };
  for (const auto* verb : {"predict", "eval"}) {
    expect_done(asked(verb),
                {"of its 2 splits the one for validation", "skipped: ", "validation1.png: no such picture"});
  }
}

TEST_F(BoxFailures, PicturesWithoutAnyBoxAreRefused) {
  auto root = nlohmann::json::parse(read_file(data() / "train.json", ErrorKind::data));
  root.at("annotations") = nlohmann::json::array();
  write_file_atomic(data() / "train.json", root.dump());
  expect_failure(trained(), ErrorKind::data, {"no boxes on its 12 training pictures"});
}

// Every evaluation would give the same figure of nothing, and the first of them be the best.
TEST_F(BoxFailures, AValidationSplitWithoutBoxesChoosesNoWeights) {
  auto root = nlohmann::json::parse(read_file(data() / "validation.json", ErrorKind::data));
  root.at("annotations") = nlohmann::json::array();
  write_file_atomic(data() / "validation.json", root.dump());
  const auto run = trained({"eval_strategy=steps", "eval_steps=1"}, 4);
  expect_done(run, {"no boxes on the 4 validation pictures: AP is not defined there"});
  EXPECT_EQ(run.err.find("AP -"), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("the best by map"), std::string::npos) << run.err;
}

TEST_F(BoxFailures, ThousandsOfBoxesAndThoseOfOnePixelAreTrainedOn) {
  auto root = nlohmann::json::parse(read_file(data() / "train.json", ErrorKind::data));
  for (int i = 0; i < 5040; ++i) {
    const int side = i < 5000 ? 6 : 1;
    root.at("annotations")
        .push_back({{"id", 1000 + i},
                    {"image_id", i < 5000 ? 1 : 2},
                    {"category_id", 20},
                    {"bbox", {i % 58, i / 58 % 58, side, side}},
                    {"area", side * side},
                    {"iscrowd", 0}});
  }
  root.at("categories").push_back({{"id", 30}, {"name", "never"}});
  write_file_atomic(data() / "train.json", root.dump());
  expect_done(trained({"augment=strong,mosaic,crop,copy", "multi_scale=0.5"}, 6),
              {"no training box of never", "multi_scale: training inputs"});
}

TEST_F(BoxFailures, WordsThatBoxesDoNotFollowAreRefused) {
  expect_failure(trained({"augment=light,erasing"}), ErrorKind::usage, {"augment", "erasing", "mosaic, crop, copy"});
  expect_failure(trained({"multi_scale=0.25", "cache=ram"}), ErrorKind::usage, {"multi_scale", "cache=ram"});
  expect_failure(trained({"train_sampling_strategy=balanced"}), ErrorKind::usage,
                 {"train_sampling_strategy", "balanced"});
  const auto cut = trained({"fit=crop"});
  expect_failure(cut, ErrorKind::usage, {"fit: crop would cut boxes off"});
  EXPECT_EQ(cut.err.find("fit: crop"), cut.err.rfind("fit: crop")) << "said once";
  for (const auto* key : {"lp_ft=true", "head_init=closed_form"}) {
    const auto solved = trained({key});
    expect_failure(solved, ErrorKind::usage, {std::string(key) + ": ", "closed form", "method=head", "--model"});
    EXPECT_EQ(solved.err.find("head_solver"), std::string::npos) << solved.err;
  }
  expect_failure(trained({"metric_for_best_model=accuracy"}), ErrorKind::usage,
                 {"metric_for_best_model: ", "no accuracy", "map, map_50"});
  EXPECT_FALSE(fs::exists(job_.path("run")));
}

}  // namespace
}  // namespace strop
