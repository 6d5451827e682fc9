// Parity of FastestDet with a plain PyTorch one that is upstream's (tools/make_fastestdet_reference.py).
#include <gtest/gtest.h>

#include "conv_reference.h"
#include "core/error.h"
#include "detector_reference.h"
#include "errors.h"
#include "models/detector_parts/class_groups.h"
#include "models/fastestdet/detector.h"
#include "nn/compare.h"
#include "temp_folder.h"
#include "weights/safetensors.h"

namespace strop {
namespace {

using torch::Tensor;

const std::filesystem::path kData = std::filesystem::path(STROP_SOURCE_DIR) / "tests" / "data" / "fastestdet";

struct Tiny {
  explicit Tiny(const ModelOptions& options = {})
      : opened(open_model(kData / "tiny" / "weights.pth", options)), model(*opened.model) {}

  State input() const {
    State state;
    state.set("pixels", picture(2, reference.at("side")));
    state.set(kTargets, targets_of(reference.at("truths")));
    return state;
  }
  State run(const Pass& pass = {}) const {
    State state = input();
    model.forward(state, pass, 0, model.size());
    return state;
  }
  void train(std::size_t first_block) const {
    for (std::size_t i = first_block; i < model.size(); ++i) {
      for (const auto& [name, layer] : model.block(i).layers()) {
        layer->weight = layer->weight.clone().requires_grad_();
        if (layer->has_bias()) layer->bias = layer->bias.clone().requires_grad_();
      }
    }
  }

  nlohmann::json reference = json_of(kData / "tiny" / "reference.json");
  OpenedModel opened;
  Model& model;
};

void expect_boxes(const std::vector<FoundBox>& found, const nlohmann::json& expected, double limit) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& [rect, label, score] = found[i];
    const auto numbers = expected[i].get<std::vector<double>>();
    EXPECT_NEAR(rect.x, numbers[0], limit) << i;
    EXPECT_NEAR(rect.y, numbers[1], limit) << i;
    EXPECT_NEAR(rect.width, numbers[2], limit) << i;
    EXPECT_NEAR(rect.height, numbers[3], limit) << i;
    EXPECT_EQ(label, static_cast<std::int32_t>(numbers[4])) << i;
    EXPECT_NEAR(score, numbers[5], 1e-5) << i;
  }
}

TEST(FastestDet, IsRecognisedAndLosesNoTensor) {
  const Tiny tiny;
  EXPECT_EQ(tiny.model.family(), "fastestdet");
  EXPECT_EQ(tiny.model.task, kObjectDetection);
  EXPECT_TRUE(tiny.opened.made.empty());
  expect_contains(tiny.opened.why, "as FastestDet writes them");
  const auto ours = tiny.model.tensors();
  const WeightFiles files(kData / "tiny" / "weights.pth");
  for (const auto& [name, view] : files.tensors()) {
    if (name.ends_with("num_batches_tracked")) continue;
    EXPECT_EQ(ours.count(name), 1U) << name;
  }
  EXPECT_EQ(tiny.model.block_names(),
            (std::vector<std::string>{"stem", "stage2.0", "stage2.1", "stage3.0", "stage3.1", "stage3.2", "stage4.0",
                                      "stage4.1", "SPP", "detect_head"}));
  EXPECT_TRUE(tiny.model.input_form->bgr);
  EXPECT_EQ(tiny.model.input_form->fit, Fit::squash);
  EXPECT_EQ(tiny.model.detector->groups(), (std::vector<std::vector<std::int32_t>>{{0, 1, 2}}));
}

TEST(FastestDet, LabelsStandBesideTheWeights) {
  const TempFolder folder;
  std::filesystem::copy(kData / "tiny" / "weights.pth", folder.path() / "weights.pth");
  std::ofstream(folder.path() / "some.names") << "cat\ndog\r\nbus stop\n";
  EXPECT_EQ(open_model(folder.path() / "weights.pth", {}).model->label_names,
            (std::vector<std::string>{"cat", "dog", "bus stop"}));
  const auto refused = [&](const char* labels) {
    std::ofstream(folder.path() / "some.names") << labels;
    return message_of(ErrorKind::model, [&] { open_model(folder.path() / "weights.pth", {}); });
  };
  expect_contains(refused("cat\ndog\n"), "some.names: 2 labels, but the weights beside it have 3 classes");
  expect_contains(refused("cat\ndog\ncat\n"), "some.names: a label stands twice among the 3");
}

TEST(FastestDet, OutputsEqualUpstreams) {
  torch::NoGradGuard no_grad;
  const Tiny tiny;
  const Tensor expected = tensor_of(tiny.reference.at("outputs"));
  expect_close(tiny.run().at("outputs"), expected, 1e-5, "outputs");
  Pass half;
  half.precision = torch::kBFloat16;
  expect_close(tiny.run(half).at("outputs"), expected, 0.1, "in bf16");
}

TEST(FastestDet, LossAndGradientsEqualUpstreams) {
  const Tiny tiny;
  tiny.train(0);
  const Tensor loss = tiny.model.detector->losses(tiny.run()).mean();
  const double expected = tiny.reference.at("loss");
  EXPECT_NEAR(loss.item<double>(), expected, 1e-5 * expected);
  loss.backward();
  const auto tensors = tiny.model.tensors();
  std::size_t compared = 0;
  for (const auto& [name, numbers] : tiny.reference.at("gradients").items()) {
    const Tensor gradient = tensors.at(name).grad();
    ASSERT_TRUE(gradient.defined()) << name;
    const double norm = numbers[0], product = numbers[1], scale = std::max(1e-3, norm);
    EXPECT_NEAR(gradient.norm().item<double>() / scale, norm / scale, 1e-4) << name;
    EXPECT_NEAR((gradient.flatten() * wave(gradient.numel())).sum().item<double>() / scale, product / scale, 2e-4)
        << name;
    ++compared;
  }
  EXPECT_GT(compared, 50U);
}

TEST(FastestDet, TenTrainingLossesEqualUpstreams) {
  const Tiny tiny;
  tiny.train(0);
  for (const double expected : tiny.reference.at("losses")) {
    const Tensor loss = tiny.model.detector->losses(tiny.run()).mean();
    EXPECT_NEAR(loss.item<double>(), expected, 1e-4 * expected);
    loss.backward();
    torch::NoGradGuard no_grad;
    for (const auto& [name, layer] : tiny.model.layers()) {
      for (auto* tensor : {&layer->weight, &layer->bias}) {
        if (!tensor->defined() || !tensor->grad().defined()) continue;
        tensor->sub_(tensor->grad() * 1e-4);
        tensor->mutable_grad().reset();
      }
    }
  }
}

// A crowd, an empty picture, boxes at the border, of a pixel, and two on one place.
TEST(FastestDet, LossOfRandomNumbersEqualsUpstreams) {
  const auto files = std::make_shared<const WeightFiles>(kData / "loss.safetensors");
  const auto stored = [&](const char* name) { return to_tensor(files->tensors().at(name), files).clone(); };
  State state;
  state.set("outputs", stored("outputs").requires_grad_());
  state.set(kTargets, stored("targets"));
  const FastestDetector detector({{0, 1, 2, 3, 4}});
  const Tensor loss = detector.losses(state).mean();
  const double expected = stored("loss").item<double>();
  EXPECT_NEAR(loss.item<double>(), expected, 1e-5 * expected);
  loss.backward();
  const Tensor gradient = stored("gradient");
  EXPECT_LT((state.at("outputs").grad() - gradient).abs().max().item<double>(),
            1e-4 * gradient.abs().max().item<double>());
}

// Where upstream divides by nothing: no box, one place that is its own mean, boxes of the first row alone, a box found
// exactly.
TEST(FastestDet, LossOfFewBoxesIsFinite) {
  const FastestDetector detector({{0, 1}});
  const auto loss_of = [&](std::vector<float> box) {
    State state;
    state.set("outputs", torch::zeros({1, 7, 4, 4}).requires_grad_());
    state.set(kTargets, torch::tensor(box).view({1, 1, 5}));
    const Tensor loss = detector.losses(state).sum();
    loss.backward();
    EXPECT_TRUE(state.at("outputs").grad().isfinite().all().item<bool>());
    return loss.item<double>();
  };
  const double background = 16 * 0.75 * 0.5 * 0.25;  // smooth L1 of 0.5
  EXPECT_NEAR(loss_of({-1, 0, 0, 0, 0}), background, 1e-6);
  EXPECT_GT(loss_of({0, 43, 3, 8, 4}), background);           // the second row alone is asked, one place nearer
  EXPECT_NEAR(loss_of({0, 63, 63, 8, 4}), background, 1e-6);  // one place is asked
  EXPECT_TRUE(std::isfinite(loss_of({1, 32, 32, 32, 32})));   // sigmoid(0) * 4 places, found exactly at (2, 2)
}

TEST(FastestDet, BoxesEqualUpstreams) {
  torch::NoGradGuard no_grad;
  const Tiny tiny;
  const State state = tiny.run();
  for (const bool best : {false, true}) {
    DecodeSettings settings;
    settings.best_class_only = best;
    const auto found = tiny.model.detector->decode(state, settings);
    const auto& expected = tiny.reference.at("found").at(best ? "best_class" : "multi_label");
    for (std::size_t i = 0; i < found.size(); ++i) expect_boxes(found[i], expected[i], 1e-3);
  }
}

TEST(FastestDet, CutAtEveryBlockEqualsTheWhole) {
  torch::NoGradGuard no_grad;
  const Tiny tiny;
  const Tensor whole = tiny.run().at("outputs");
  for (std::size_t cut = 0; cut < tiny.model.size(); ++cut) {
    State front = tiny.input();
    tiny.model.forward(front, {}, 0, cut);
    State back;
    for (const auto& port : tiny.model.live_at(cut)) back.set(port.name, front.at(port.name).clone());
    tiny.model.forward(back, {}, cut, tiny.model.size());
    EXPECT_TRUE(same_bits(back.at("outputs"), whole)) << "cut before " << tiny.model.block(cut).name();
    EXPECT_TRUE(back.has(kTargets)) << cut;
  }
}

ModelOptions with_two_more() {
  ModelOptions options;
  options.label_names = {"cat", "dog", "bus", "owl", "hat"};
  options.keeps_classes = true;
  return options;
}

// The branch of new classes learns; what the old ones say stays the same to the bit, and the boxes with it.
TEST(FastestDet, AddedClassesLeaveTheOldAsTheyAre) {
  const Tiny before, tiny(with_two_more());
  EXPECT_EQ(tiny.model.block_names().back(), "increments.0");
  EXPECT_EQ(tiny.model.detector->groups(), (std::vector<std::vector<std::int32_t>>{{0, 1, 2}, {3, 4}}));
  EXPECT_EQ(tiny.model.detector->outputs(), (std::vector<std::string>{"outputs", "outputs.0"}));
  for (const auto& name : tiny.opened.made) EXPECT_EQ(name.rfind("increments.0.", 0), 0U) << name;
  EXPECT_EQ(tiny.opened.made.size(), before.model.block(before.model.size() - 1).layers().size());
  const auto run = [](const Tiny& one) {
    torch::NoGradGuard no_grad;
    return one.run();
  };
  const State old = run(before), first = run(tiny);
  tiny.train(tiny.model.size() - 1);
  State state = tiny.run();
  state.set(kTargets, torch::tensor({4.0F, 40.0F, 50.0F, 30.0F, 30.0F, 1.0F, 60.0F, 50.0F, 20.0F, 30.0F})
                          .view({1, 2, 5})
                          .expand({2, 2, 5})
                          .contiguous());
  tiny.model.detector->losses(state).mean().backward();
  {
    torch::NoGradGuard no_grad;
    for (const auto& [name, layer] : tiny.model.block(tiny.model.size() - 1).layers()) {
      for (auto* tensor : {&layer->weight, &layer->bias}) {
        if (tensor->defined()) tensor->sub_(tensor->grad() * 0.01);
      }
    }
  }
  const State after = run(tiny);
  EXPECT_FALSE(same_bits(after.at("outputs.0"), first.at("outputs.0")));
  EXPECT_TRUE(same_bits(first.at("outputs.0").narrow(1, 1, 4),
                        old.at("outputs").narrow(1, 1, 4)));  // it begins with the head's boxes
  EXPECT_TRUE(same_bits(after.at("outputs"), old.at("outputs")));
  const auto boxes = tiny.model.detector->decode(after, {}), old_boxes = before.model.detector->decode(old, {});
  expect_old_then_new(boxes[0], old_boxes[0], 3);
}

TEST(FastestDet, AddedClassesAreReadAgain) {
  torch::NoGradGuard no_grad;
  const Tiny tiny(with_two_more());
  const TempFolder folder;
  std::map<std::string, TensorView> views;
  const auto tensors = tiny.model.tensors();
  for (const auto& [name, tensor] : tensors) {
    views[name] = {
        "F32", tensor.sizes().vec(), {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}};
  }
  write_safetensors(folder.path() / "model.safetensors", views);
  auto config = tiny.model.config();
  for (std::size_t i = 0; i < 5; ++i) config["id2label"][std::to_string(i)] = tiny.model.label_names[i];
  std::ofstream(folder.path() / "config.json") << config.dump();
  const auto again = open_model(folder.path(), {});
  EXPECT_TRUE(again.made.empty());
  EXPECT_EQ(again.model->label_names, tiny.model.label_names);
  EXPECT_EQ(again.model->detector->groups(), tiny.model.detector->groups());
  State state = tiny.input();
  again.model->forward(state, {}, 0, again.model->size());
  for (const auto& name : again.model->detector->outputs())
    EXPECT_TRUE(same_bits(state.at(name), tiny.run().at(name))) << name;
}

TEST(FastestDet, HeadForOtherClassesIsMadeAnew) {
  ModelOptions options;
  options.label_names = {"a", "b"};
  EXPECT_EQ(Tiny(options).opened.made,
            (std::vector<std::string>{"detect_head.cls_layers.conv5x5.3", "detect_head.cls_layers.conv5x5.4"}));
}

TEST(FastestDet, SidesThatDoNotDivideAreRefused) {
  ModelOptions options;
  options.image_size = 100;
  try {
    Tiny tiny(options);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    expect_contains(error.what(), "image_size: 100 does not divide by 32, the coarsest map's stride; try 96");
  }
}

TEST(FastestDet, ReleasedWeightsSayTheSame) {
  torch::NoGradGuard no_grad;
  const char* const data = std::getenv("STROP_DATA");
  const auto folder =
      std::filesystem::path(data != nullptr ? data : STROP_SOURCE_DIR "/../shared") / "models" / "fastestdet";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no released FastestDet in " << folder;
  const auto opened = open_model(folder, {});
  EXPECT_TRUE(opened.made.empty());
  ASSERT_EQ(opened.model->label_names.size(), 80U);
  EXPECT_EQ(opened.model->label_names[0], "person");
  State state;
  state.set("pixels", picture(1, 352));
  opened.model->forward(state, {}, 0, opened.model->size());
  const auto reference = json_of(kData / "real.json");
  const std::int64_t every = reference.at("every");
  expect_close(state.at("outputs").contiguous().flatten().slice(0, 0, std::nullopt, every),
               tensor_of(reference.at("outputs")), 1e-4, "outputs");
  DecodeSettings settings;
  settings.least_score = 0.1;
  const auto found = opened.model->detector->decode(state, settings)[0];
  EXPECT_EQ(found.size(), reference.at("found").size());
}

}  // namespace
}  // namespace strop
