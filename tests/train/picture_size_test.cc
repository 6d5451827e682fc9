// A vision transformer that was trained on pictures of another size is saved for that size: table of positions, config,
// input form. What other libraries make of the files: tests/interop/test_vision_transformers.py.
#include <sstream>

#include "core/log.h"
#include "errors.h"
#include "models/family.h"
#include "strop/job.h"
#include "train/picture_data.h"
#include "train/tiny_job.h"

namespace strop {
namespace {

using Shape = std::vector<std::int64_t>;

// Those of Transformers, and timm's with and without first tokens in the table; the position table's name.
const std::vector<std::pair<std::string, std::string>> kLayouts = {{"vit", "vit.embeddings.position_embeddings"},
                                                                   {"deit", "deit.embeddings.position_embeddings"},
                                                                   {"timm_distilled", "pos_embed"},
                                                                   {"timm_deit3", "pos_embed"}};

class PictureSize : public testing::Test {
 protected:
  PictureSize() { write_pictures(job_.path("pictures"), {"cat", "dog", "owl"}, 4); }

  Options options(const std::string& layout, const std::string& method, const std::string& out) const {
    auto options = job_.options(method, out);
    options.model = (std::filesystem::path(STROP_SOURCE_DIR) / "tests/data/vit" / layout).string();
    options.data = job_.path("pictures").string();
    options.image_size = 24;
    options.learning_rate = "1e-2";
    options.max_steps = 2;
    return options;
  }
  std::string predictions(const std::string& run, std::int64_t image_size = 0) const {
    Options use;
    use.model = job_.path(run).string();
    use.data = job_.path("pictures/test").string();
    use.image_size = image_size;
    use.threads = 1;
    std::ostringstream lines;
    predict(use, lines);
    return lines.str();
  }

  TinyJob job_;
};

TEST_F(PictureSize, AWholeModelIsSavedForTheSizeThatItWasTrainedAt) {
  for (const auto& [layout, table] : kLayouts) {
    SCOPED_TRACE(layout);
    auto full = options(layout, "full", layout);
    full.save = "full";
    train(full);
    auto delta = full;  // keeps the base's table, and interpolates
    delta.out = job_.path(layout + "-delta").string();
    delta.save = "delta";
    train(delta);
    EXPECT_EQ(predictions(layout), predictions(layout + "-delta"));
    EXPECT_EQ(predictions(layout, 16).find("nan"), std::string::npos) << "at the base's size";

    const auto alone = open_model(job_.path(layout), {}).model;
    EXPECT_EQ(alone->input_form->height, 24);
    EXPECT_EQ(alone->block(0).fit_advice(24, 24), "");
    const auto first = open_model(full.model, {}).model->tensors().at(table).size(1) - 4 * 4;
    EXPECT_EQ(alone->tensors().at(table).sizes().vec(), (Shape{1, first + 6 * 6, 16}));
    const auto config = job_.json(layout, "config.json");
    if (config.contains("architecture")) {
      EXPECT_EQ(config.at("model_args").at("img_size"), 24);
      EXPECT_EQ(config.at("pretrained_cfg").at("input_size"), nlohmann::json({3, 24, 24}));
    } else {
      EXPECT_EQ(config.at("image_size"), 24);
    }
  }
}

TEST_F(PictureSize, DINOv2KeepsItsTableSinceItsLibraryFitsItToEveryPicture) {
  auto full = options("dinov2", "full", "dinov2");
  full.save = "full";
  train(full);
  const auto base = open_model(full.model, {}).model, alone = open_model(job_.path("dinov2"), {}).model;
  EXPECT_EQ(alone->tensors().at("dinov2.embeddings.position_embeddings").size(1),
            base->tensors().at("dinov2.embeddings.position_embeddings").size(1));
  EXPECT_EQ(job_.json("dinov2", "config.json").at("image_size"), base->config().at("image_size"));
  EXPECT_EQ(alone->input_form->height, 24);
}

TEST_F(PictureSize, AnAdapterSaysWhatItCannotCarryAndMerges) {
  const auto said = [&](const Options& some) {
    set_log_level(LogLevel::warning);
    testing::internal::CaptureStderr();
    train(some);
    return testing::internal::GetCapturedStderr();
  };
  const auto lora = options("vit", "lora", "lora");
  const auto warning = said(lora);
  for (const auto* part : {"24 x 24 pixels", "interpolate_pos_encoding=True", "strop merge --model"}) {
    EXPECT_NE(warning.find(part), std::string::npos) << part << " is not in: " << warning;
  }
  auto usual = options("vit", "lora", "usual");
  usual.image_size = 0;
  EXPECT_EQ(said(usual).find("interpolate_pos_encoding"), std::string::npos);

  Options merging;
  merging.model = job_.path("lora").string();
  merging.out = job_.path("merged").string();
  merging.quiet = true;
  merge(merging);
  EXPECT_EQ(job_.json("merged", "config.json").at("image_size"), 24);
  EXPECT_EQ(open_model(job_.path("merged"), {}).model->tensors().at("vit.embeddings.position_embeddings").size(1), 37);
}

// Once an internal error, or a file of a network that saw nothing.
TEST_F(PictureSize, PicturesBelowOnePatchAreRefused) {
  const auto refused = [](const std::function<void()>& act, const char* least) {
    expect_parts(message_of(ErrorKind::usage, act), {"image_size: found ", fmt::format("sides of {} or more", least)});
  };
  for (const auto* layout : {"vit/vit", "vit/dinov2", "vit/timm_vit", "convnext/hf"}) {
    SCOPED_TRACE(layout);
    const auto* least = std::string(layout) == "convnext/hf" ? "32" : "4";
    auto small = options("vit", "full", "small");
    small.model = (std::filesystem::path(STROP_SOURCE_DIR) / "tests/data" / layout).string();
    small.image_size = 3;
    refused([&] { train(small); }, least);
    std::ostringstream lines;
    small.out.clear();
    small.data = job_.path("pictures/test").string();
    refused([&] { predict(small, lines); }, least);
    small.out = job_.path("small.onnx").string();
    refused([&] { export_model(small); }, least);
    EXPECT_FALSE(std::filesystem::exists(small.out));
  }
}

TEST_F(PictureSize, AFormThatOthersCannotReadIsSaid) {
  const auto said = [&](Options some, const char* out) {
    some.out = job_.path(out).string();
    some.save = "full";
    set_log_level(LogLevel::warning);
    testing::internal::CaptureStderr();
    train(some);
    return testing::internal::GetCapturedStderr();
  };
  auto full = options("vit", "full", "");
  EXPECT_EQ(said(full, "plain").find("do not read"), std::string::npos);
  full.channel_order = "bgr";
  expect_parts(said(full, "bgr"), {"do not read channel_order=bgr: they would give red first"});
  full.fit = "letterbox";
  expect_parts(said(full, "both"), {"do not read fit=letterbox and channel_order=bgr", "stretch or cut"});
}

// timm's files tell a table that is no square by img_size alone.
TEST_F(PictureSize, PicturesThatAreNoSquares) {
  auto wide = options("timm_vit", "head", "wide");
  wide.image_size = 0;
  const auto base = job_.path("base");
  std::filesystem::copy(wide.model, base);
  auto config = nlohmann::json::parse(read_file(base / "config.json", ErrorKind::internal));
  config["pretrained_cfg"]["input_size"] = {3, 16, 32};
  write_file_atomic(base / "config.json", config.dump());
  wide.model = base.string();
  train(wide);
  EXPECT_EQ(job_.json("wide", "config.json").at("model_args").at("img_size"), nlohmann::json({16, 32}));
  const auto alone = open_model(job_.path("wide"), {}).model;
  EXPECT_EQ(alone->block(0).fit_advice(16, 32), "");
  EXPECT_EQ(alone->tensors().at("pos_embed").size(1), 1 + 4 * 8);
}

}  // namespace
}  // namespace strop
