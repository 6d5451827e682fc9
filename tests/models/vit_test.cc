// Parity of the vision transformers with Transformers, timm and torchvision (tools/make_picture_reference.py).
#include <gtest/gtest.h>

#include <fstream>

#include "core/error.h"
#include "core/files.h"
#include "reference_case.h"
#include "refusal.h"
#include "temp_folder.h"

namespace strop {
namespace {

using torch::Tensor;

class Vit : public testing::TestWithParam<std::string> {
 protected:
  ReferenceCase reference{"vit/" + GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Files, Vit,
                         testing::Values("vit", "deit", "deit_teacher", "dinov2", "timm_vit", "timm_average",
                                         "timm_distilled", "timm_dinov2", "timm_deit3", "torchvision",
                                         "torchvision_old"),
                         [](const auto& one) { return one.param; });

TEST_P(Vit, LogitsEqualItsLibrary) {
  torch::NoGradGuard no_grad;
  const auto model = reference.model();
  EXPECT_EQ(model->label_names, (std::vector<std::string>{"cat", "dog", "owl"}));
  expect_close(logits_of(*model, reference.pixels()), reference.tensor("logits"), 1e-5, "logits");
  expect_close(logits_of(*model, reference.pixels("wide")), reference.tensor("wide_logits"), 1e-5, "of another size");
}

TEST_P(Vit, LogitsInBf16AreNear) {
  torch::NoGradGuard no_grad;
  Pass pass;
  pass.precision = torch::kBFloat16;
  expect_close(logits_of(*reference.model(), reference.pixels(), pass), reference.tensor("logits"), 5e-2, "logits");
}

TEST_P(Vit, GradientsEqualItsLibrary) { expect_gradients(reference, 1e-4); }
TEST_P(Vit, CutAtEveryBlockEqualsTheWhole) { expect_cut_equals_whole(reference); }

TEST_P(Vit, RecognisedWithoutConfig) {
  const auto with_config = open_model(reference.folder(), {});
  const auto alone = open_model(reference.folder() / "model.safetensors", {});
  EXPECT_EQ(alone.model->family(), with_config.model->family());
  EXPECT_EQ(alone.model->block_names(), with_config.model->block_names());
  EXPECT_EQ(alone.model->label_names, (std::vector<std::string>{"LABEL_0", "LABEL_1", "LABEL_2"}));
  EXPECT_TRUE(alone.made.empty());
  expect_contains(alone.why, "names and shapes");
}

// The table of positions takes the size of the pictures: what is computed of them stays, to the bit.
TEST_P(Vit, ItsTableIsMadeForOtherPictures) {
  torch::NoGradGuard no_grad;
  const auto model = reference.model();
  State wide;
  wide.set("pixels", seeded({2, 3, 24, 20}, 1).contiguous(at::MemoryFormat::ChannelsLast));
  const Tensor answers = logits_of(*model, wide);
  auto& embeddings = model->block(0);
  const auto& table = *embeddings.layers().rbegin()[1].second;  // the projection is the last
  const auto placed = table.weight.size(1) - 16;
  EXPECT_EQ(embeddings.fit_advice(16, 16), "");
  EXPECT_EQ(embeddings.fit_advice(24, 20).empty(), GetParam() == "dinov2")
      << "Transformers' DINOv2 interpolates by itself";
  embeddings.fit_pictures(24, 20);
  EXPECT_EQ(table.weight.sizes(), (std::vector<std::int64_t>{1, placed + 30, 16}));
  EXPECT_EQ(table.shape(), table.weight.sizes().vec());
  EXPECT_EQ(embeddings.fit_advice(24, 20), "");
  EXPECT_TRUE(same_bits(logits_of(*model, wide), answers));
  EXPECT_TRUE(logits_of(*model, reference.pixels()).isfinite().all().item<bool>())
      << "the old size, through the new table";
}

// A part of the patches, others for each key; nothing outside training.
TEST(VitTraining, PatchDropout) {
  torch::NoGradGuard no_grad;
  const ReferenceCase reference("vit/vit");
  const auto model = reference.model();
  const auto hidden = [&](const Pass& pass) {
    State state = reference.pixels();
    model->forward(state, pass, 0, 1);
    return state.at("hidden");
  };
  const Tensor all = hidden({});
  Pass pass;
  pass.patch_dropout = 0.25;
  EXPECT_TRUE(same_bits(hidden(pass), all));
  pass.training = true;
  const Tensor some = hidden(pass);
  ASSERT_EQ(some.sizes(), (std::vector<std::int64_t>{3, 13, 16}));
  EXPECT_TRUE(same_bits(some, hidden(pass)));
  EXPECT_TRUE(same_bits(some.narrow(1, 0, 1), all.narrow(1, 0, 1)));
  for (std::int64_t i = 1; i < 13; ++i) {  // each is one of the sample's own patches
    EXPECT_TRUE((all[1] == some[1][i]).all(1).any().item<bool>()) << i;
  }
  pass.dropout_key = 1;
  EXPECT_FALSE(same_bits(some, hidden(pass)));
  EXPECT_TRUE(logits_of(*model, reference.pixels(), pass).isfinite().all().item<bool>());
}

TEST(VitFiles, EncoderWithoutPrefixAndHead) {
  const TempFolder folder;
  const ReferenceCase reference("vit/dinov2");
  const auto source = std::make_shared<const WeightFiles>(reference.folder());
  std::map<std::string, TensorView> views;
  for (const auto& [name, view] : source->tensors()) {
    if (name.starts_with("dinov2.")) views[name.substr(7)] = view;
  }
  write_safetensors(folder.path() / "model.safetensors", views);
  ModelOptions options;
  options.label_names = {"a", "b"};
  const auto opened = open_model(folder.path() / "model.safetensors", options);
  EXPECT_EQ(opened.model->family(), "dinov2");
  EXPECT_EQ(opened.made, std::vector<std::string>{"classifier"});
  EXPECT_EQ(opened.model->find_layer("classifier")->shape(), (std::vector<std::int64_t>{2, 32}));
  const auto whole = reference.model()->tensors();
  for (const auto& [name, tensor] : opened.model->tensors()) {
    if (name.starts_with("dinov2.")) {
      EXPECT_TRUE(same_bits(tensor, whole.at(name))) << name;
    }
  }
}

// The pair of heads of a DeiT with teacher means the file's labels; for others there is one head, on the class token.
TEST(VitFiles, TeacherHeadsHoldForTheirLabels) {
  const ReferenceCase reference("vit/deit_teacher");
  ModelOptions options;
  options.label_names = {"cat", "dog", "owl"};
  EXPECT_TRUE(open_model(reference.folder(), options).made.empty());
  options.label_names = {"cat", "dog", "fox"};
  const auto opened = open_model(reference.folder(), options);
  EXPECT_EQ(opened.made, std::vector<std::string>{"classifier"});
  EXPECT_EQ(opened.model->task_architecture, "DeiTForImageClassification");
}

TEST(VitFiles, InputForm) {
  EXPECT_EQ(ReferenceCase("vit/vit").model()->input_form->fit, Fit::squash);
  const auto timm = ReferenceCase("vit/timm_vit").model()->input_form;
  EXPECT_EQ(timm->width, 16);
  EXPECT_EQ(timm->fit, Fit::crop);
  EXPECT_EQ(timm->interpolation, Filter::bicubic);
  EXPECT_NEAR(timm->crop_pct, 0.9, 1e-9);

  const TempFolder folder;
  for (const auto* file : {"config.json", "model.safetensors"}) {
    std::filesystem::copy(ReferenceCase("vit/vit").folder() / file, folder.path() / file);
  }
  const auto form = [&](const char* processor) {
    std::ofstream(folder.path() / "preprocessor_config.json") << processor;
    return *open_model(folder.path(), {}).model->input_form;
  };
  const auto squashed = form(R"({"size": {"height": 24, "width": 32}, "resample": 2, "image_mean": [0.5, 0.4, 0.3]})");
  EXPECT_EQ(squashed.fit, Fit::squash);
  EXPECT_EQ(squashed.height, 24);
  EXPECT_EQ(squashed.width, 32);
  EXPECT_FLOAT_EQ(squashed.mean[1], 0.4F);
  EXPECT_FLOAT_EQ(squashed.std[1], 0.5F);
  const auto cropped = form(R"({"size": {"shortest_edge": 256}, "do_center_crop": true, "resample": 3,
                               "crop_size": {"height": 224, "width": 224}})");
  EXPECT_EQ(cropped.fit, Fit::crop);
  EXPECT_EQ(cropped.width, 224);
  EXPECT_NEAR(cropped.crop_pct, 0.875, 1e-9);
  EXPECT_EQ(cropped.interpolation, Filter::bicubic);
  EXPECT_TRUE(cropped.floors);
  // As DeiT's files have it: a number is both sides, of which the proportions change.
  for (const char* size : {"256", R"({"height": 256, "width": 256})"}) {
    const auto deit = form((std::string(R"({"feature_extractor_type": "DeiTFeatureExtractor", "do_center_crop": true,
                                          "crop_size": 224, "size": )") +
                            size + "}")
                               .c_str());
    EXPECT_EQ(deit.fit, Fit::squash);
    EXPECT_EQ(deit.width, 224);
    EXPECT_NEAR(deit.crop_pct, 0.875, 1e-9);
  }
  EXPECT_EQ(form(R"({"feature_extractor_type": "ConvNextFeatureExtractor", "size": 224, "crop_pct": 0.875})").fit,
            Fit::crop);
  EXPECT_EQ(form(R"({"size": 224, "crop_pct": 0.875})").fit, Fit::crop) << "no other processor has the key";
  // Levels that are scaled otherwise, and EfficientNet's second division.
  const auto moved = form(R"({"size": 32, "rescale_factor": 0.0078431372549019607, "rescale_offset": true,
                             "image_mean": [0, 0, 0], "image_std": [1, 1, 1]})");
  EXPECT_FLOAT_EQ(moved.mean[0], 0.5F);
  EXPECT_FLOAT_EQ(moved.std[0], 0.5F);
  const auto raw = form(R"({"size": 32, "do_rescale": false, "do_normalize": false})");
  EXPECT_FLOAT_EQ(raw.mean[2], 0.0F);
  EXPECT_FLOAT_EQ(raw.std[2], 1 / 255.0F);
  const std::string efficientnet =
      R"({"image_processor_type": "EfficientNetImageProcessor", "size": 32, "image_mean": [0.5, 0.5, 0.5],
          "image_std": [0.4, 0.5, 0.6])";
  EXPECT_FLOAT_EQ(form((efficientnet + "}").c_str()).std[0], 0.16F);
  EXPECT_FLOAT_EQ(form((efficientnet + R"(, "include_top": false})").c_str()).std[0], 0.4F);
  try {
    form(R"({"size": {"height": -1, "width": 4}})");
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    expect_contains(error.what(), "preprocessor_config.json: size is");
  }
}

TEST(VitFiles, ADeitWithoutItsTokenIsToldByTheNameOfItsFile) {
  const TempFolder folder;
  const auto weights = ReferenceCase("vit/timm_vit").folder() / "model.safetensors";
  const auto opened = [&](const char* name) {
    std::filesystem::copy(weights, folder.path() / name);
    return open_model(folder.path() / name, {});
  };
  const auto vit = opened("some.safetensors"), deit = opened("deit_small.safetensors");
  EXPECT_EQ(vit.model->family(), "vit");
  EXPECT_EQ(vit.model->input_form->mean[0], 0.5F);
  EXPECT_EQ(deit.model->family(), "deit");
  EXPECT_NEAR(deit.model->input_form->mean[0], 0.485, 1e-6);
}

TEST(VitFiles, ConfigsThatDoNotFitAreRefused) {
  const TempFolder folder;
  std::filesystem::copy(ReferenceCase("vit/vit").folder() / "model.safetensors", folder.path() / "model.safetensors");
  const auto good = read_config(ReferenceCase("vit/vit").folder());
  const auto with = [&](const char* key, const nlohmann::json& value) {
    auto config = good;
    config[key] = value;
    return refusal(folder.path(), config);
  };
  expect_contains(with("hidden_size", 15), "hidden_size 15 is not a multiple of num_attention_heads 2");
  expect_contains(with("hidden_act", "relu"), "hidden_act is \"relu\"");
  expect_contains(with("patch_size", 32), "holds no patch of 32");
  expect_contains(with("num_hidden_layers", 3), "no tensor 'vit.encoder.layer.2.layernorm_before.weight'");
  expect_contains(with("image_size", 32), "has shape [1, 17, 16]; the model asks for [1, 65, 16]");
}

}  // namespace
}  // namespace strop
