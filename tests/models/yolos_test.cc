// Parity of YOLOS with Transformers (tools/make_yolos_reference.py).
#include "models/yolos/yolos.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/error.h"
#include "detector_reference.h"
#include "models/yolos/detector.h"
#include "reference_case.h"
#include "refusal.h"
#include "temp_folder.h"

namespace strop {
namespace {

using torch::Tensor;

constexpr std::int64_t kQueries = 7, kNames = 3;

void train(const Model& model, std::size_t first_block) {
  for (std::size_t i = first_block; i < model.size(); ++i) {
    for (const auto& [name, layer] : model.block(i).layers()) {
      if (layer->kind() == LayerKind::slot) continue;
      layer->weight = layer->weight.clone().requires_grad_();
      if (layer->has_bias()) layer->bias = layer->bias.clone().requires_grad_();
    }
  }
}

State with_targets(const ReferenceCase& reference) {
  State state = reference.pixels();
  state.set(kTargets, reference.tensor("targets"));
  return state;
}

State run(const Model& model, State state, const Pass& pass = {}) {
  model.forward(state, pass, 0, model.size());
  return state;
}

// All true boxes in shares of a picture, as match_queries takes them.
std::vector<GroupBox> shares_of(const Tensor& targets, float width, float height,
                                const std::vector<std::int32_t>& labels) {
  auto boxes = boxes_of_group(targets, labels);
  for (auto& box : boxes)
    box = {box.sample, box.label, box.x / width, box.y / height, box.width / width, box.height / height};
  return boxes;
}

// Boxes that are alike may change places.
void expect_matches(const std::vector<QueryMatch>& found, const Tensor& expected, const std::vector<GroupBox>& boxes) {
  ASSERT_EQ(static_cast<std::int64_t>(found.size()), expected.size(0));
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Tensor row = expected[static_cast<std::int64_t>(i)];
    EXPECT_EQ(found[i].sample, row[0].item<std::int64_t>());
    EXPECT_EQ(found[i].query, row[1].item<std::int64_t>());
    const auto &own = boxes.at(found[i].box), &other = boxes.at(static_cast<std::size_t>(row[2].item<std::int64_t>()));
    const bool alike = own.label == other.label && own.x == other.x && own.y == other.y && own.width == other.width;
    EXPECT_TRUE(alike) << "query " << found[i].query << " has box " << found[i].box;
  }
}

class Yolos : public testing::TestWithParam<std::string> {
 protected:
  ReferenceCase reference{"yolos/" + GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Files, Yolos, testing::Values("tiny", "mid"), [](const auto& one) { return one.param; });

TEST_P(Yolos, IsRecognisedAndLosesNoTensor) {
  const auto opened = open_model(reference.folder(), {});
  const auto& model = *opened.model;
  EXPECT_EQ(model.family(), "yolos");
  EXPECT_EQ(model.task, kObjectDetection);
  EXPECT_EQ(task_of_model(reference.folder()), kObjectDetection);
  EXPECT_TRUE(opened.made.empty());
  EXPECT_EQ(model.label_names, (std::vector<std::string>{"cat", "dog", "owl"}));
  EXPECT_EQ(model.block_names(), (std::vector<std::string>{"embeddings", "encoder.layer.0", "encoder.layer.1",
                                                           "encoder.layer.2", "layernorm", "heads"}));
  EXPECT_EQ(model.block(model.head_begin()).name(), "heads");
  EXPECT_EQ(model.detector->groups(), (std::vector<std::vector<std::int32_t>>{{0, 1, 2}}));
  EXPECT_EQ(model.task_architecture, "YolosForObjectDetection");
  const auto ours = model.tensors();
  const WeightFiles files(reference.folder());
  EXPECT_EQ(ours.size(), files.tensors().size());
  for (const auto& [name, view] : files.tensors()) EXPECT_EQ(ours.count(name), 1U) << name;
}

TEST_P(Yolos, OutputsEqualTransformers) {
  torch::NoGradGuard no_grad;
  const auto model = reference.model();
  const auto expect = [&](State state, const std::string& before, double limit, const Pass& pass) {
    const Tensor outputs = run(*model, std::move(state), pass).at("outputs");
    expect_close(outputs.narrow(2, 0, 4), reference.tensor(before == "wide_" ? "wide_boxes" : "pred_boxes"), limit,
                 before + "boxes");
    expect_close(outputs.narrow(2, 4, kNames + 1), reference.tensor(before + "logits"), limit, before + "logits");
  };
  expect(reference.pixels(), "", 1e-5, {});
  expect(reference.pixels("wide"), "wide_", 1e-5, {});
  Pass half;
  half.precision = torch::kBFloat16;
  expect(reference.pixels(), "", 0.1, half);
}

TEST_P(Yolos, MatchesAndPartsOfTheLossEqualTransformers) {
  torch::NoGradGuard no_grad;
  const auto model = reference.model();
  const auto& weights = dynamic_cast<const YolosDetector&>(*model->detector).weights();
  const Tensor boxes = reference.tensor("pred_boxes"), logits = reference.tensor("logits");
  const auto wanted = shares_of(reference.tensor("targets"), 32, 32, {0, 1, 2});
  const auto matches = match_queries(boxes, logits, wanted, weights);
  expect_matches(matches, reference.tensor("matches"), wanted);
  const auto losses = set_losses(boxes, logits, wanted, matches, weights);
  expect_close(losses.classes.mean(), reference.tensor("loss_ce"), 1e-5, "classes");
  expect_close(losses.boxes.mean(), reference.tensor("loss_bbox"), 1e-5, "L1");
  expect_close(losses.giou.mean(), reference.tensor("loss_giou"), 1e-5, "GIoU");
}

TEST_P(Yolos, LossAndGradientsEqualTransformers) {
  const auto model = reference.model();
  train(*model, 0);
  const Tensor loss = model->detector->losses(run(*model, with_targets(reference))).mean();
  expect_close(loss, reference.tensor("loss"), 1e-5, "loss");
  loss.backward();
  for (const auto& [name, tensor] : model->tensors()) {
    ASSERT_TRUE(reference.has("grad/" + name)) << name;
    ASSERT_TRUE(tensor.grad().defined()) << name;
    const auto expected = reference.tensor("grad/" + name),
               found = tensor.grad().to(torch::kCPU).flatten().slice(0, 0, std::nullopt, 4);
    // The keys' bias has no gradient but rounding: softmax ignores it.
    const double scale = std::max(name.ends_with("key.bias") ? 1e-2 : 1e-3, expected.abs().max().item<double>());
    EXPECT_LT((found - expected).abs().max().item<double>() / scale, 1e-4) << name;
  }
}

TEST_P(Yolos, TenTrainingLossesEqualTransformers) {
  constexpr double kRate = 0.02;
  const auto model = reference.model();
  train(*model, 0);
  const Tensor expected = reference.tensor("losses");
  for (std::int64_t step = 0; step < expected.numel(); ++step) {
    const Tensor loss = model->detector->losses(run(*model, with_targets(reference))).mean();
    const auto wanted = expected[step].item<double>();
    EXPECT_NEAR(loss.item<double>(), wanted, 1e-4 * wanted) << step;
    loss.backward();
    torch::NoGradGuard no_grad;
    for (const auto& [name, layer] : model->layers()) {
      for (auto* tensor : {&layer->weight, &layer->bias}) {
        if (!tensor->defined() || !tensor->grad().defined()) continue;
        tensor->sub_(tensor->grad() * kRate);
        tensor->mutable_grad().reset();
      }
    }
  }
}

// As post_process_object_detection: one box a query, its best class that is not "nothing".
TEST_P(Yolos, BoxesEqualTransformers) {
  torch::NoGradGuard no_grad;
  const auto model = reference.model();
  const DecodeSettings settings = {.least_score = 0, .nms_iou = 1, .best_class_only = true};
  const auto found = model->detector->decode(run(*model, reference.pixels()), settings);
  const Tensor expected = reference.tensor("found");
  ASSERT_EQ(static_cast<std::int64_t>(found.size()), expected.size(0));
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found[i].size(), static_cast<std::size_t>(kQueries));
    for (std::size_t k = 0; k < found[i].size(); ++k) {
      const auto& [rect, label, score] = found[i][k];
      const Tensor row = expected[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(k)];
      const double ours[] = {rect.x, rect.y, rect.width, rect.height, static_cast<double>(label), score};
      for (std::int64_t n = 0; n < 6; ++n)
        EXPECT_NEAR(ours[n], row[n].item<double>(), n == 5 ? 1e-5 : 1e-4) << i << " " << k << " " << n;
    }
  }
}

TEST_P(Yolos, SettingsOfDecodingHold) {
  torch::NoGradGuard no_grad;
  const auto model = reference.model();
  const State state = run(*model, reference.pixels());
  const auto count = [&](const DecodeSettings& settings) { return model->detector->decode(state, settings)[0].size(); };
  EXPECT_EQ(count({.least_score = 0, .nms_iou = 1}),
            static_cast<std::size_t>(kQueries * kNames));  // each class of each query
  EXPECT_EQ(count({.least_score = 0, .nms_iou = 1, .max_det = 5}), 5U);
  EXPECT_LT(count({.least_score = 0, .nms_iou = 0.05}), static_cast<std::size_t>(kQueries * kNames));
  const auto some = model->detector->decode(state, {.least_score = 0.3, .nms_iou = 1})[0];
  ASSERT_FALSE(some.empty());
  for (const auto& box : some) EXPECT_GE(box.score, 0.3);
}

TEST_P(Yolos, CutAtEveryBlockEqualsTheWhole) {
  torch::NoGradGuard no_grad;
  const auto model = reference.model();
  const State whole = run(*model, with_targets(reference));
  for (std::size_t cut = 0; cut < model->size(); ++cut) {
    State front = with_targets(reference);
    model->forward(front, {}, 0, cut);
    State back;
    for (const auto& port : model->live_at(cut)) back.set(port.name, front.at(port.name).clone());
    model->forward(back, {}, cut, model->size());
    EXPECT_TRUE(same_bits(back.at("outputs"), whole.at("outputs"))) << "cut before " << model->block(cut).name();
    EXPECT_TRUE(same_bits(model->detector->losses(back), model->detector->losses(whole))) << cut;
  }
}

// Both tables of positions take the size of the pictures: what is computed of them stays.
TEST_P(Yolos, ItsTablesAreMadeForOtherPictures) {
  torch::NoGradGuard no_grad;
  const auto model = reference.model();
  auto& embeddings = model->block(0);
  EXPECT_EQ(embeddings.fit_advice(48, 24), "") << "Transformers interpolates by itself";
  const Tensor before = run(*model, reference.pixels("wide")).at("outputs");
  embeddings.fit_pictures(48, 24);
  const auto tensors = model->tensors();
  EXPECT_EQ(tensors.at("vit.embeddings.position_embeddings").sizes(),
            (std::vector<std::int64_t>{1, 1 + 18 + kQueries, 16}));
  if (GetParam() == "mid") {
    EXPECT_EQ(tensors.at("vit.encoder.mid_position_embeddings").sizes(),
              (std::vector<std::int64_t>{2, 1, 1 + 18 + kQueries, 16}));
  }
  EXPECT_TRUE(same_bits(run(*model, reference.pixels("wide")).at("outputs"), before));
  EXPECT_TRUE(run(*model, reference.pixels()).at("outputs").isfinite().all().item<bool>())
      << "another size through the new tables";
}

TEST(YolosTraining, PatchDropoutLeavesDetectionTokens) {
  torch::NoGradGuard no_grad;
  Pass pass;
  pass.training = true;
  pass.patch_dropout = 0.5;
  for (const auto& [name, tokens] : {std::pair{"yolos/tiny", 8 + kQueries + 1}, {"yolos/mid", 16 + kQueries + 1}}) {
    const ReferenceCase reference(name);
    const auto model = reference.model();
    State state = reference.pixels();
    model->forward(state, pass, 0, 1);
    EXPECT_EQ(state.at("hidden").size(1), tokens) << name;
    model->forward(state, pass, 1, model->size());
    EXPECT_EQ(state.at("outputs").sizes(), (std::vector<std::int64_t>{2, kQueries, 4 + kNames + 1}));
  }
}

// A crowd of more boxes than queries, an empty picture, boxes that are alike, one of a pixel.
TEST(SetLoss, OfRandomNumbersEqualsTransformers) {
  const auto files = std::make_shared<const WeightFiles>(std::filesystem::path(STROP_SOURCE_DIR) /
                                                         "tests/data/yolos/loss.safetensors");
  const auto stored = [&](const char* name) { return to_tensor(files->tensors().at(name), files).clone(); };
  const std::vector<std::int32_t> labels = {0, 1, 2, 3, 4};
  const Tensor boxes = stored("boxes").requires_grad_(), logits = stored("logits").requires_grad_(),
               targets = stored("targets");
  const auto wanted = shares_of(targets, 96, 96, labels);
  const auto matches = match_queries(boxes, logits, wanted, {});
  expect_matches(matches, stored("matches").to(torch::kLong), wanted);
  const auto parts = set_losses(boxes, logits, wanted, matches, {});
  expect_close(parts.classes.mean(), stored("loss_ce"), 1e-5, "classes");
  expect_close(parts.boxes.mean(), stored("loss_bbox"), 1e-5, "L1");
  expect_close(parts.giou.mean(), stored("loss_giou"), 1e-5, "GIoU");
  State state;
  state.set("outputs", at::cat({boxes, logits}, 2));
  state.set(vit::kSides, stored("sides"));
  state.set(kTargets, targets);
  const Tensor loss = YolosDetector({labels}, {}, 16, kQueries).losses(state).mean();
  expect_close(loss, stored("loss"), 1e-5, "loss");
  loss.backward();
  const auto expect_gradient = [&](const Tensor& found, const Tensor& expected) {
    EXPECT_LT((found - expected).abs().max().item<double>(), 1e-4 * expected.abs().max().item<double>());
  };
  expect_gradient(boxes.grad(), stored("boxes_gradient"));
  expect_gradient(logits.grad(), stored("logits_gradient"));
}

TEST(SetLoss, OfBoxesWithoutAreaIsFinite) {
  const Tensor boxes = torch::zeros({1, 2, 4}).requires_grad_(), logits = torch::zeros({1, 2, 2}).requires_grad_();
  const std::vector<GroupBox> wanted = {{0, 0, 0, 0, 0, 0}};
  const auto losses = set_losses(boxes, logits, wanted, match_queries(boxes, logits, wanted, {}), {});
  const Tensor sum = (losses.classes + losses.boxes + losses.giou).sum();
  sum.backward();
  EXPECT_TRUE(std::isfinite(sum.item<double>()));
  EXPECT_TRUE(boxes.grad().isfinite().all().item<bool>());
  const auto empty = set_losses(boxes, logits, {}, {}, {});
  EXPECT_NEAR(empty.classes.item<double>(), std::log(2), 1e-6);
  EXPECT_EQ(empty.boxes.item<double>(), 0);
}

ModelOptions with_two_more() {
  ModelOptions options;
  options.label_names = {"cat", "dog", "owl", "hat", "bus"};
  options.keeps_classes = true;
  return options;
}

// The heads of new classes learn; what the old ones say stays the same to the bit, and the boxes with it.
TEST(YolosIncrement, AddedClassesLeaveTheOldAsTheyAre) {
  const ReferenceCase reference("yolos/tiny");
  const auto before = reference.model();
  const auto opened = open_model(reference.folder(), with_two_more());
  const auto& model = *opened.model;
  EXPECT_EQ(model.block_names().back(), "increments.0");
  EXPECT_EQ(model.detector->groups(), (std::vector<std::vector<std::int32_t>>{{0, 1, 2}, {3, 4}}));
  EXPECT_EQ(opened.made.size(), 6U);
  for (const auto& name : opened.made) EXPECT_EQ(name.rfind("increments.0.", 0), 0U) << name;
  EXPECT_EQ(model.find_layer("increments.0.class_labels_classifier.layers.2")->shape(),
            (std::vector<std::int64_t>{3, 16}));
  const auto quiet = [](const Model& one, State state) {
    torch::NoGradGuard no_grad;
    return run(one, std::move(state));
  };
  const State old = quiet(*before, reference.pixels()), first = quiet(model, reference.pixels());
  EXPECT_TRUE(same_bits(first.at("outputs.0").narrow(2, 0, 4), old.at("outputs").narrow(2, 0, 4)))
      << "it begins with the head's boxes";
  train(model, model.size() - 1);
  State state = run(model, reference.pixels());
  const Tensor boxes_of_each = torch::tensor({4.0F, 10.0F, 12.0F, 8.0F, 9.0F, 1.0F, 20.0F, 18.0F, 10.0F, 7.0F});
  state.set(kTargets, boxes_of_each.view({1, 2, 5}).expand({2, 2, 5}).contiguous());
  model.detector->losses(state).mean().backward();
  {
    torch::NoGradGuard no_grad;
    for (const auto& [name, layer] : model.block(model.size() - 1).layers()) {
      for (auto* tensor : {&layer->weight, &layer->bias}) tensor->sub_(tensor->grad() * 0.1);
    }
  }
  const State after = quiet(model, reference.pixels());
  EXPECT_FALSE(same_bits(after.at("outputs.0"), first.at("outputs.0")));
  EXPECT_TRUE(same_bits(after.at("outputs"), old.at("outputs")));
  const auto boxes = model.detector->decode(after, {}), old_boxes = before->detector->decode(old, {});
  expect_old_then_new(boxes[0], old_boxes[0], 3);
}

TEST(YolosIncrement, AddedClassesAreReadAgain) {
  torch::NoGradGuard no_grad;
  const ReferenceCase reference("yolos/mid");
  const auto model = open_model(reference.folder(), with_two_more()).model;
  const TempFolder folder;
  std::map<std::string, TensorView> views;
  const auto tensors = model->tensors();
  for (const auto& [name, tensor] : tensors) {
    views[name] = {
        "F32", tensor.sizes().vec(), {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}};
  }
  write_safetensors(folder.path() / "model.safetensors", views);
  auto config = model->config();
  for (std::size_t i = 0; i < 5; ++i) config["id2label"][std::to_string(i)] = model->label_names[i];
  std::ofstream(folder.path() / "config.json") << config.dump();
  const auto again = open_model(folder.path(), {});
  EXPECT_TRUE(again.made.empty());
  EXPECT_EQ(again.model->label_names, model->label_names);
  EXPECT_EQ(again.model->detector->groups(), model->detector->groups());
  const State ours = run(*model, reference.pixels()), theirs = run(*again.model, reference.pixels());
  for (const auto& name : again.model->detector->outputs())
    EXPECT_TRUE(same_bits(theirs.at(name), ours.at(name))) << name;
}

TEST(YolosFiles, HeadForOtherClassesIsMadeAnew) {
  ModelOptions options;
  options.label_names = {"a", "b"};
  const auto opened = open_model(ReferenceCase("yolos/tiny").folder(), options);
  EXPECT_EQ(opened.made, std::vector<std::string>{"class_labels_classifier.layers.2"});
  EXPECT_EQ(opened.model->find_layer("class_labels_classifier.layers.2")->shape(), (std::vector<std::int64_t>{3, 16}));
}

// A folder with the tiny weights.
struct TinyFolder {
  TinyFolder() {
    std::filesystem::copy(ReferenceCase("yolos/tiny").folder() / "model.safetensors", place() / "model.safetensors");
  }
  std::filesystem::path place() const { return folder.path(); }
  std::unique_ptr<Model> open(const nlohmann::json& said, const nlohmann::json& processor) const {
    std::ofstream(place() / "config.json") << said.dump();
    std::ofstream(place() / "preprocessor_config.json") << processor.dump();
    return open_model(place(), {}).model;
  }
  TempFolder folder;
  nlohmann::json config = read_config(ReferenceCase("yolos/tiny").folder());
};

TEST(YolosFiles, InputForm) {
  const auto form = *ReferenceCase("yolos/tiny").model()->input_form;
  EXPECT_EQ(form.width, 24);  // the shorter side of the config's 24 x 40
  EXPECT_EQ(form.height, 24);
  EXPECT_EQ(form.fit, Fit::squash);
  EXPECT_FLOAT_EQ(form.mean[0], 0.485F);
  const TinyFolder tiny;
  const nlohmann::json size = {{"shortest_edge", 48}, {"longest_edge", 80}};
  const nlohmann::json processor = {{"size", size}, {"image_mean", {0.5, 0.5, 0.5}}, {"resample", 3}};
  const auto processed = *tiny.open(tiny.config, processor)->input_form;
  EXPECT_EQ(processed.width, 48);
  EXPECT_EQ(processed.height, 48);
  EXPECT_EQ(processed.fit, Fit::squash) << "detectors cut nothing off";
  EXPECT_EQ(processed.interpolation, Filter::bicubic);
  EXPECT_FLOAT_EQ(processed.mean[0], 0.5F);
  ModelOptions options;
  options.image_size = 30;
  EXPECT_EQ(message_of(ErrorKind::usage, [&] { open_model(ReferenceCase("yolos/tiny").folder(), options); }),
            "image_size: 30 is no whole number of patches of 8; try 24");
}

// Transformers' files for COCO number their labels as COCO does, with gaps.
TEST(YolosFiles, CategoryIds) {
  EXPECT_TRUE(ReferenceCase("yolos/tiny").model()->category_ids.empty());
  TinyFolder tiny;
  tiny.config["id2label"] = {{"0", "N/A"}, {"1", "person"}, {"2", "bicycle"}};
  EXPECT_EQ(tiny.open(tiny.config, nlohmann::json::object())->category_ids, (std::vector<std::int64_t>{0, 1, 2}));
  ModelOptions options;
  options.label_names = {"a", "b"};
  EXPECT_TRUE(open_model(tiny.place(), options).model->category_ids.empty()) << "those of other labels";
  options.label_names = {"a", "b", "c"};
  EXPECT_TRUE(open_model(tiny.place(), options).model->category_ids.empty()) << "though they are as many";
}

TEST(YolosFiles, FilesThatDoNotFitAreRefused) {
  const ReferenceCase reference("yolos/tiny");
  expect_contains(message_of(ErrorKind::model, [&] { open_model(reference.folder() / "model.safetensors", {}); }),
                  "'vit.embeddings.detection_tokens' is one of a YOLOS detector, and no config.json beside it says");
  const TinyFolder tiny;
  const auto with = [&](const char* key, const nlohmann::json& value) {
    auto config = tiny.config;
    config[key] = value;
    return refusal(tiny.place(), config);
  };
  expect_contains(with("num_detection_tokens", 8),
                  "'vit.embeddings.detection_tokens' has shape [1, 7, 16]; the model asks for [1, 8, 16]");
  expect_contains(with("use_mid_position_embeddings", true), "no tensor 'vit.encoder.mid_position_embeddings'");
  expect_contains(with("eos_coefficient", "much"),
                  "config.json: eos_coefficient is \"much\"; expected a number of 0 or more");
  expect_contains(with("hidden_act", "relu"), "hidden_act is \"relu\"");
  expect_contains(with("image_size", {24, 48}), "has shape [1, 23, 16]; the model asks for [1, 26, 16]");
}

}  // namespace
}  // namespace strop
