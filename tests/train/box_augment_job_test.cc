// Whole jobs on boxes whose pictures are changed at random, or hold what nobody expects.
#include <cmath>
#include <functional>
#include <set>

#include "errors.h"
#include "image/decode.h"
#include "strop/job.h"
#include "train/box_scenes.h"
#include "train/tiny_job.h"
#include "train/workbench.h"

namespace strop {
namespace {

using json = nlohmann::json;

class BoxAugmentJob : public testing::Test {
 protected:
  BoxAugmentJob() {
    for (const auto& [split, count] : {std::pair{"train", 32}, {"validation", 6}, {"test", 6}}) {
      write_scenes(job_.path("scenes"), split, static_cast<std::uint64_t>(count), {"red", "green"});
    }
  }
  Options options(const std::string& method = "full", const std::string& out = "run") const {
    auto options = job_.options(method, out);
    options.model = tiny_detector().string();
    options.data = job_.path("scenes").string();
    options.image_size = 64;
    options.per_device_train_batch_size = 8;
    options.num_train_epochs = 2;
    return options;
  }
  std::string notes(const std::string& run = "run") const {
    return job_.json(run, "strop.json").at("data_notes").dump();
  }
  // `data` as the training split's JSON, changed in place.
  void edit_training(const std::function<void(json&)>& change) const {
    const auto file = job_.path("scenes/train.json");
    auto root = json::parse(read_file(file, ErrorKind::data));
    change(root);
    write_file_atomic(file, root.dump());
  }
  void expect_finite_losses(const std::string& run = "run") const {
    std::size_t steps = 0;
    for (const auto& line : job_.log(run)) {
      if (!line.contains("loss")) continue;
      ++steps;
      EXPECT_TRUE(line.at("loss").is_number() && std::isfinite(line.at("loss").get<double>())) << line;
    }
    EXPECT_GT(steps, 0U);
  }

  TinyJob job_;
};

TEST_F(BoxAugmentJob, CropsAndCopiesAreCountedAndDrawn) {
  auto some = options();
  some.augment = {"strong", "crop", "copy"};
  train(some);
  expect_finite_losses();
  expect_parts(notes(), {"boxes were copied onto other pictures", "boxes lay outside of the inputs that were made"});
  const auto augmented = job_.json("run", "gallery.json").at("augmented");
  ASSERT_EQ(augmented.size(), 4U);
  for (const auto& one : augmented) EXPECT_EQ(one.at("images").size(), 5U) << "as it is, and four views";
}

TEST_F(BoxAugmentJob, SidesChangeInTrainingAlone) {
  auto some = options();
  some.multi_scale = 0.5;
  some.max_steps = 30;
  const auto figures = json::parse(train(some).results_json);
  expect_finite_losses();
  std::set<std::string> sides;
  for (const auto* side : {"32", "64", "96"}) {
    if (notes().find(std::string(" ") + side) != std::string::npos) sides.insert(side);
  }
  expect_parts(notes(), {"multi_scale: training inputs had sides of "});
  EXPECT_GE(sides.size(), 2U) << notes();
  EXPECT_EQ(job_.json("run", "strop.json").at("input").at("width"), 64);
  Options use;
  use.model = job_.path("run").string();
  use.data = job_.path("scenes").string();
  use.quiet = true;
  EXPECT_EQ(json::parse(evaluate(use)).at("eval_map"), figures.at("test_map"));
  const auto facts = open_workbench(choose_task(some), some)->facts(0);
  EXPECT_DOUBLE_EQ(facts.largest_input, 2.25) << "what the plan's memory is counted by";
  EXPECT_NEAR(facts.mean_input, (0.25 + 1 + 2.25) / 3, 1e-12);
}

TEST_F(BoxAugmentJob, SidesThatCannotChangeAreRefused) {
  const auto said = [&](const std::function<void(Options&)>& change) {
    auto some = options();
    some.multi_scale = 0.5;
    change(some);
    return message_of(ErrorKind::usage, [&] { make_plan(some); });
  };
  expect_parts(said([](Options& some) { some.cache = "ram"; }), {"multi_scale: cache=ram keeps", "use cache=none"});
  expect_parts(said([](Options& some) { some.method = "head"; }), {"multi_scale: method=head keeps"});
  expect_parts(said([](Options& some) { some.multi_scale = 0.1; }), {"multi_scale: 0.1 of 64 pixels"});
  expect_parts(said([](Options& some) {
                 some.model = (std::filesystem::path(STROP_SOURCE_DIR) / "tests/data/yolos/mid").string();
               }),
               {"multi_scale: ", "takes pictures of one size alone"});
  expect_parts(said([](Options& some) { some.progressive_resizing = 0.5; }),
               {"progressive_resizing: is for labelled pictures"});
  expect_parts(said([](Options& some) {
                 some.augment = {"light", "erasing"};
               }),
               {"augment: found 'light,erasing'", "crop, copy and mixup"});
  auto head = options("head");  // nothing is kept: each step computes the frozen layers at its own size
  head.multi_scale = 0.5;
  head.cache = "none";
  train(head);
  expect_finite_losses();
}

TEST_F(BoxAugmentJob, InspectDrawsWhatTrainingSees) {
  Options show = options();
  show.augment = {"strong", "crop"};
  show.multi_scale = 0.5;
  show.out = job_.path("sheet.png").string();
  InspectOptions what;
  what.augment = true;
  what.samples = 3;
  expect_parts(inspect(show, what), {"augmented pictures (", "mosaic 1", "crop 0.5", "copies of boxes 0.4",
                                     "sides of 32 to 96 pixels", "sheet.png"});
  const auto sheet = decode_picture(read_file(job_.path("sheet.png"), ErrorKind::data), "sheet.png");
  EXPECT_EQ(sheet.width(), 4 + 6 * 260);
  EXPECT_EQ(sheet.height(), 4 + 3 * 260);
  // The first picture is as it is, its squares' outlines in a colour that neither scene nor sheet has.
  int drawn = 0;
  for (int y = 4; y < 68; ++y) {
    for (int x = 4; x < 68; ++x) {
      const auto* pixel = sheet.row(y) + 3 * x;
      drawn += (pixel[0] == 230 && pixel[1] == 75) || (pixel[0] == 77 && pixel[1] == 187) ? 1 : 0;
    }
  }
  EXPECT_GT(drawn, 20);
  show.model.clear();  // as a usual detector would see them
  show.image_size = 0;
  show.out.clear();
  show.out = job_.path("plain.jpg").string();
  expect_parts(inspect(show, what), {"416 x 416 pixels, letterbox", "sides of 224 to 608 pixels"});
  EXPECT_TRUE(message_of(ErrorKind::usage, [&] { inspect(show, what); }).find("exists") != std::string::npos);
}

// Thousands of boxes on one picture, boxes of a pixel, a class without a box, pictures without one.
TEST_F(BoxAugmentJob, OddPicturesAreTrainedOn) {
  edit_training([](json& root) {
    auto& boxes = root.at("annotations");
    std::erase_if(boxes.get_ref<json::array_t&>(), [](const json& one) { return one.at("image_id").get<int>() >= 20; });
    for (int i = 0; i < 5000; ++i) {
      boxes.push_back({{"id", 10'000 + i},
                       {"image_id", 20},
                       {"category_id", 10},
                       {"bbox", {i % 56, i / 56 % 56, 8, 8}},
                       {"area", 64},
                       {"iscrowd", 0}});
    }
    for (int i = 0; i < 40; ++i) {
      boxes.push_back({{"id", 20'000 + i},
                       {"image_id", 21},
                       {"category_id", 20},
                       {"bbox", {i, i, 1, 1}},
                       {"area", 1},
                       {"iscrowd", 0}});
    }
    root.at("categories").push_back({{"id", 30}, {"name", "never"}});
  });
  auto some = options();
  some.num_train_epochs = 1;
  for (const auto* level : {"none", "strong"}) {
    some.out = job_.path(level).string();
    some.augment = {level};
    train(some);
    expect_finite_losses(level);
    expect_parts(notes(level), {"no training box of never", "11 training pictures without boxes"});
  }
  EXPECT_EQ(job_.json("strong", "strop.json").at("labels"), (json{"red", "green", "never"}));
}

TEST_F(BoxAugmentJob, EmptyPicturesAloneAreRefused) {
  edit_training([](json& root) { root.at("annotations") = json::array(); });
  expect_parts(message_of(ErrorKind::data, [&] { train(options()); }), {"no boxes on its 32 training pictures"});
}

// Whole by its header, damaged within: only decoding tells. Mosaics and copies meet it as well as its own turn.
TEST_F(BoxAugmentJob, APictureThatIsDamagedWithinIsSkippedAndSaid) {
  const auto file = job_.path("scenes/images/train3.png");
  auto bytes = read_file(file, ErrorKind::data);
  for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 30; ++i) bytes[i] = 0;
  write_file_atomic(file, bytes);
  auto some = options();
  some.augment = {"strong", "copy"};
  train(some);
  expect_finite_losses();
  EXPECT_EQ(job_.json("run", "all_results.json").at("total_steps"), 8);
  some.out = job_.path("strict").string();
  some.strict = true;
  EXPECT_NE(message_of(ErrorKind::data, [&] { train(some); }).find("train3.png"), std::string::npos);
}

}  // namespace
}  // namespace strop
