// Parity of YOLOX with a plain PyTorch one that is upstream's (tools/make_yolox_reference.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "conv_reference.h"
#include "core/error.h"
#include "core/files.h"
#include "detector_reference.h"
#include "image/decode.h"
#include "models/yolox/detector.h"
#include "nn/compare.h"
#include "temp_folder.h"
#include "weights/safetensors.h"

namespace strop {
namespace {

using torch::Tensor;

const std::filesystem::path kData = std::filesystem::path(STROP_SOURCE_DIR) / "tests" / "data" / "yolox";

// These networks magnify rounding: PyTorch's own outputs in fp32 (of the references), in fp32 with the norms folded
// into the convolutions and in fp64 differ by up to 4e-5, a gradient by up to 6e-5 (nano) and 6e-4 (deep).
struct Net {
  std::string name, file;
  double outputs, gradients;  // limits, relative
};
const std::vector<Net>& nets() {
  static const std::vector<Net> list = {{"nano", "weights.pth", 1e-4, 2e-4}, {"deep", "model.safetensors", 1e-4, 2e-3}};
  return list;
}

struct Tiny {
  explicit Tiny(const Net& one, ModelOptions options = {})
      : net(one),
        reference(json_of(kData / one.name / "reference.json")),
        opened(open_model(place(), sized(std::move(options)))),
        model(*opened.model) {}

  std::filesystem::path place() const { return kData / net.name / net.file; }
  ModelOptions sized(ModelOptions options) const {
    options.image_size = reference.at("side");
    return options;
  }
  State input() const {
    State state;
    state.set("pixels", picture(2, reference.at("side")));
    state.set(kTargets, targets_of(reference.at("truths")));
    return state;
  }
  State run() const {
    State state = input();
    model.forward(state, {}, 0, model.size());
    return state;
  }
  State answers() const {
    torch::NoGradGuard no_grad;
    return run();
  }
  void train(std::size_t first_block) const {
    for (std::size_t i = first_block; i < model.size(); ++i) {
      for (const auto& [name, layer] : model.block(i).layers()) {
        layer->weight = layer->weight.clone().requires_grad_();
        if (layer->has_bias()) layer->bias = layer->bias.clone().requires_grad_();
      }
    }
  }
  // SGD on every tensor that has a gradient.
  void step(double rate) const {
    torch::NoGradGuard no_grad;
    for (const auto& [name, layer] : model.layers()) {
      for (auto* tensor : {&layer->weight, &layer->bias}) {
        if (!tensor->defined() || !tensor->grad().defined()) continue;
        tensor->sub_(tensor->grad() * rate);
        tensor->mutable_grad().reset();
      }
    }
  }
  // As a checkpoint's folder is written.
  void save(const std::filesystem::path& folder) const {
    std::map<std::string, TensorView> views;
    const auto tensors = model.tensors();
    for (const auto& [name, tensor] : tensors) {
      views[name] = {
          "F32", tensor.sizes().vec(), {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}};
    }
    write_safetensors(folder / "model.safetensors", views);
    auto config = model.config();
    for (std::size_t i = 0; i < model.label_names.size(); ++i)
      config["id2label"][std::to_string(i)] = model.label_names[i];
    std::ofstream(folder / "config.json") << config.dump();
  }

  Net net;
  nlohmann::json reference;
  OpenedModel opened;
  Model& model;
};

// The names of a file's tensors, but for the norms' counters of batches.
std::set<std::string> names_in(const std::filesystem::path& place) {
  const WeightFiles files(place);
  std::set<std::string> names;
  for (const auto& [name, view] : files.tensors()) {
    if (!name.ends_with("num_batches_tracked")) names.insert(name);
  }
  return names;
}

TEST(Yolox, IsRecognised) {
  for (const auto& net : nets()) {
    const Tiny tiny(net);
    EXPECT_EQ(tiny.model.family(), "yolox") << net.name;
    EXPECT_EQ(tiny.model.task, kObjectDetection) << net.name;
    EXPECT_TRUE(tiny.opened.made.empty()) << net.name;
    expect_contains(tiny.opened.why, "as YOLOX writes them");
    EXPECT_EQ(tiny.model.block_names(),
              (std::vector<std::string>{"stem", "dark2", "dark3", "dark4", "dark5", "neck.p4", "neck.p3", "neck.n4",
                                        "neck.n5", "head.stems", "head"}));
    EXPECT_EQ(tiny.model.input_form->fit, Fit::letterbox);
    EXPECT_EQ(tiny.model.detector->groups(), (std::vector<std::vector<std::int32_t>>{{0, 1, 2}}));
  }
}

// What upstream calls legacy: no name tells, but the first convolution multiplies normalised pixels by far more.
TEST(Yolox, FilesForNormalisedPixelsAreToldByTheirFirstConvolution) {
  const auto files = std::make_shared<const WeightFiles>(kData / "nano" / "weights.pth");
  auto views = files->tensors();
  const std::string name = "backbone.backbone.stem.conv.conv.weight";
  const TempFolder folder;
  for (const bool legacy : {false, true}) {
    const Tensor weight = to_tensor(views.at(name), files) * (legacy ? 100 : 0.01);
    views[name] = {
        "F32", weight.sizes().vec(), {static_cast<const std::byte*>(weight.const_data_ptr()), weight.nbytes()}};
    write_safetensors(folder.path() / "model.safetensors", views);
    const auto form = *open_model(folder.path() / "model.safetensors", {}).model->input_form;
    EXPECT_EQ(form.bgr, !legacy);
    EXPECT_FLOAT_EQ(form.mean[0], legacy ? 0.485F : 0.0F);
    views = files->tensors();
  }
}

TEST(Yolox, SavedTensorsKeepTheirNamesAndOpenAgain) {
  for (const auto& net : nets()) {
    const Tiny tiny(net);
    const TempFolder folder;
    tiny.save(folder.path());
    EXPECT_EQ(names_in(folder.path() / "model.safetensors"), names_in(tiny.place())) << net.name;
    const auto again = open_model(folder.path(), tiny.sized({}));
    EXPECT_TRUE(again.made.empty()) << net.name;
    torch::NoGradGuard no_grad;
    State state = tiny.input();
    again.model->forward(state, {}, 0, again.model->size());
    EXPECT_TRUE(same_bits(state.at("outputs"), tiny.run().at("outputs"))) << net.name;
  }
}

TEST(Yolox, OutputsEqualUpstreams) {
  for (const auto& net : nets()) {
    const Tiny tiny(net);
    expect_close(tiny.answers().at("outputs"), tensor_of(tiny.reference.at("outputs")), net.outputs, net.name);
  }
}

TEST(Yolox, LossAndGradientsEqualUpstreams) {
  for (const auto& net : nets()) {
    const Tiny tiny(net);
    tiny.train(0);
    const Tensor loss = tiny.model.detector->losses(tiny.run()).mean();
    const double expected = tiny.reference.at("loss");
    EXPECT_NEAR(loss.item<double>(), expected, 1e-5 * expected) << net.name;
    loss.backward();
    const auto tensors = tiny.model.tensors();
    std::size_t compared = 0;
    for (const auto& [name, numbers] : tiny.reference.at("gradients").items()) {
      const Tensor gradient = tensors.at(name).grad();
      ASSERT_TRUE(gradient.defined()) << net.name << ": " << name;
      const double norm = numbers[0], product = numbers[1], scale = std::max(1e-3, norm);
      EXPECT_NEAR(gradient.norm().item<double>() / scale, norm / scale, net.gradients) << net.name << ": " << name;
      EXPECT_NEAR((gradient.flatten() * wave(gradient.numel())).sum().item<double>() / scale, product / scale,
                  net.gradients)
          << net.name << ": " << name;
      ++compared;
    }
    EXPECT_GT(compared, 300U) << net.name;
  }
}

TEST(Yolox, TenTrainingLossesEqualUpstreams) {
  for (const auto& net : nets()) {
    const Tiny tiny(net);
    tiny.train(0);
    for (const double expected : tiny.reference.at("losses")) {
      const Tensor loss = tiny.model.detector->losses(tiny.run()).mean();
      EXPECT_NEAR(loss.item<double>(), expected, 1e-4 * expected) << net.name;
      loss.backward();
      tiny.step(1e-5);
    }
  }
}

TEST(Yolox, CutAtEveryBlockEqualsTheWhole) {
  torch::NoGradGuard no_grad;
  for (const auto& net : nets()) {
    const Tiny tiny(net);
    const Tensor whole = tiny.run().at("outputs");
    for (std::size_t cut = 0; cut < tiny.model.size(); ++cut) {
      State front = tiny.input();
      tiny.model.forward(front, {}, 0, cut);
      State back;
      for (const auto& port : tiny.model.live_at(cut)) back.set(port.name, front.at(port.name).clone());
      tiny.model.forward(back, {}, cut, tiny.model.size());
      EXPECT_TRUE(same_bits(back.at("outputs"), whole)) << net.name << " cut before " << tiny.model.block(cut).name();
      EXPECT_TRUE(back.has(kTargets)) << cut;
    }
  }
}

// From the reference's own numbers: a hundred boxes whose scores lie close keep their order.
TEST(Yolox, BoxesEqualUpstreams) {
  for (const auto& net : nets()) {
    const auto reference = json_of(kData / net.name / "reference.json");
    State state;
    state.set("outputs", tensor_of(reference.at("outputs")));
    for (const bool best : {false, true}) {
      DecodeSettings settings;
      settings.best_class_only = best;
      const auto all = YoloxDetector({{0, 1, 2}}).decode(state, settings);
      const auto& expected = reference.at("found").at(best ? "best_class" : "multi_label");
      ASSERT_EQ(all.size(), expected.size());
      for (std::size_t sample = 0; sample < all.size(); ++sample) {
        ASSERT_EQ(all[sample].size(), expected[sample].size()) << net.name << best << sample;
        for (std::size_t i = 0; i < all[sample].size(); ++i) {
          const auto& [rect, label, score] = all[sample][i];
          const auto numbers = expected[sample][i].get<std::vector<double>>();
          EXPECT_NEAR(rect.x, numbers[0], 1e-3) << net.name << i;
          EXPECT_NEAR(rect.y, numbers[1], 1e-3) << net.name << i;
          EXPECT_NEAR(rect.width, numbers[2], 1e-3) << net.name << i;
          EXPECT_NEAR(rect.height, numbers[3], 1e-3) << net.name << i;
          EXPECT_EQ(label, static_cast<std::int32_t>(numbers[4])) << net.name << i;
          EXPECT_NEAR(score, numbers[5], 1e-6) << net.name << i;
        }
      }
    }
  }
}

// assign.safetensors: a crowd, an empty picture, boxes of a pixel.
class YoloxLoss : public ::testing::Test {
 protected:
  Tensor stored(const std::string& name) const {
    const auto& view = files_->tensors().at(name);
    const Tensor tensor = to_tensor(view, files_).clone();
    return view.dtype == "I64" ? tensor.to(torch::kLong) : tensor;
  }

 private:
  std::shared_ptr<const WeightFiles> files_ = std::make_shared<const WeightFiles>(kData / "assign.safetensors");
};

std::vector<OtaMatch> matches_of(const Tensor& raw, const Tensor& targets) {
  std::vector<Rect> boxes;
  std::vector<std::int32_t> labels;
  for (std::int64_t i = 0; i < targets.size(0); ++i) {
    const float* row = targets.const_data_ptr<float>() + 5 * i;
    if (row[0] < 0) continue;
    boxes.push_back({row[1] - row[3] / 2.0, row[2] - row[4] / 2.0, row[3], row[4]});
    labels.push_back(static_cast<std::int32_t>(row[0]));
  }
  return sim_ota({raw.const_data_ptr<float>(), raw.size(0), raw.size(1) - 5}, square_anchors(raw.size(0)), boxes,
                 labels);
}

TEST_F(YoloxLoss, MatchesEqualUpstreams) {
  const Tensor outputs = stored("outputs"), targets = stored("targets");
  EXPECT_TRUE(matches_of(outputs[1], targets[1]).empty());
  for (const std::int64_t sample : {0, 2}) {
    const auto number = std::string(".").append(std::to_string(sample));
    const Tensor anchors = stored("anchors" + number), boxes = stored("boxes" + number), ious = stored("ious" + number);
    const auto found = matches_of(outputs[sample], targets[sample]);
    ASSERT_EQ(static_cast<std::int64_t>(found.size()), anchors.numel()) << sample;
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      EXPECT_EQ(found[i].anchor, anchors[at].item<std::int64_t>()) << sample << ": " << i;
      EXPECT_EQ(static_cast<std::int64_t>(found[i].box), boxes[at].item<std::int64_t>()) << sample << ": " << i;
      EXPECT_NEAR(found[i].iou, ious[at].item<double>(), 1e-5) << sample << ": " << i;
    }
  }
}

TEST_F(YoloxLoss, OfRandomNumbersEqualsUpstreams) {
  State state;
  state.set("outputs", stored("outputs").requires_grad_());
  state.set(kTargets, stored("targets"));
  const Tensor loss = YoloxDetector({{0, 1, 2, 3, 4}}).losses(state).mean();
  const double expected = stored("loss").item<double>();
  EXPECT_NEAR(loss.item<double>(), expected, 1e-5 * expected);
  loss.backward();
  const Tensor gradient = stored("gradient");
  EXPECT_LT((state.at("outputs").grad() - gradient).abs().max().item<double>(),
            1e-4 * gradient.abs().max().item<double>());
}

// Pictures that show the classes of other groups teach this one that nothing is there, each as much as a box would: not
// by the sum of all their anchors.
TEST_F(YoloxLoss, OfPicturesWithoutBoxesIsOneMatchEachAtMost) {
  const std::int64_t anchors = 52 * 52 + 26 * 26 + 13 * 13;
  const auto loss_of = [&](std::int64_t samples) {
    State state;
    state.set("outputs", torch::full({samples, anchors, 8}, -4.0).requires_grad_());
    state.set(kTargets, torch::full({samples, 1, 5}, -1.0));
    return YoloxDetector({{0, 1, 2}}).losses(state).mean().item<double>();
  };
  const double one = static_cast<double>(anchors) * std::log1p(std::exp(-4.0));
  EXPECT_NEAR(loss_of(1), one, 1e-4 * one);
  EXPECT_NEAR(loss_of(8), one, 1e-4 * one);
}

// More boxes than anchors: each anchor answers for one at most.
TEST_F(YoloxLoss, OfFiveThousandBoxesOnOnePictureIsFinite) {
  const std::int64_t count = 5000, side = 416, anchors = 52 * 52 + 26 * 26 + 13 * 13;
  const Tensor middles = seeded({count, 2}, 1).sigmoid() * side, sizes = seeded({count, 2}, 2).abs() * 20 + 1;
  const Tensor labels = torch::arange(count).remainder(3).to(torch::kFloat).unsqueeze(1);
  const Tensor targets = at::cat({labels, middles, sizes}, 1).contiguous(), outputs = seeded({1, anchors, 8}, 3);
  const auto matches = matches_of(outputs[0], targets);
  EXPECT_GT(matches.size(), 100U);
  for (std::size_t i = 1; i < matches.size(); ++i) EXPECT_LT(matches[i - 1].anchor, matches[i].anchor);
  State state;
  state.set("outputs", outputs.clone().requires_grad_());
  state.set(kTargets, targets.unsqueeze(0));
  const Tensor loss = YoloxDetector({{0, 1, 2}}).losses(state).mean();
  EXPECT_TRUE(std::isfinite(loss.item<double>()));
  loss.backward();
  EXPECT_TRUE(state.at("outputs").grad().isfinite().all().item<bool>());
}

ModelOptions with_two_more() {
  ModelOptions options;
  options.label_names = {"cat", "dog", "bus", "owl", "hat"};
  options.keeps_classes = true;
  return options;
}

// The branch of new classes learns; what the old ones say stays the same to the bit, and the boxes with it.
TEST(Yolox, AddedClassesLeaveTheOldAsTheyAre) {
  for (const auto& net : nets()) {
    const Tiny before(net), tiny(net, with_two_more());
    const auto last = tiny.model.size() - 1;
    EXPECT_EQ(tiny.model.block(last).name(), "increments.0");
    EXPECT_EQ(tiny.model.detector->groups(), (std::vector<std::vector<std::int32_t>>{{0, 1, 2}, {3, 4}}));
    EXPECT_EQ(tiny.model.detector->outputs(), (std::vector<std::string>{"outputs", "outputs.0"}));
    EXPECT_EQ(tiny.opened.made.size(), tiny.model.block(last).layers().size());
    for (const auto& name : tiny.opened.made) EXPECT_EQ(name.rfind("increments.0.", 0), 0U) << name;
    const State old = before.answers(), first = tiny.answers();
    // It begins with the head's boxes.
    EXPECT_TRUE(same_bits(first.at("outputs.0").narrow(2, 0, 4), old.at("outputs").narrow(2, 0, 4))) << net.name;
    tiny.train(last);
    const Tensor owl_and_hat =
        torch::tensor({4.0F, 20.0F, 24.0F, 12.0F, 14.0F, 3.0F, 40.0F, 44.0F, 16.0F, 10.0F}).view({1, 2, 5});
    for (int i = 0; i < 3; ++i) {
      State state = tiny.run();
      state.set(kTargets, owl_and_hat.expand({2, 2, 5}).contiguous());
      tiny.model.detector->losses(state).mean().backward();
      tiny.step(1e-3);
    }
    const State after = tiny.answers();
    EXPECT_FALSE(torch::equal(after.at("outputs.0"), first.at("outputs.0"))) << net.name;
    EXPECT_TRUE(torch::equal(after.at("outputs"), old.at("outputs"))) << net.name;
    DecodeSettings settings;
    settings.least_score = 0;  // young classes say little
    const auto boxes = tiny.model.detector->decode(after, settings),
               old_boxes = before.model.detector->decode(old, settings);
    ASSERT_GT(boxes[0].size(), old_boxes[0].size()) << net.name;
    for (std::size_t i = 0; i < old_boxes[0].size(); ++i) {
      EXPECT_EQ(boxes[0][i].rect, old_boxes[0][i].rect);
      EXPECT_EQ(boxes[0][i].score, old_boxes[0][i].score);
      EXPECT_EQ(boxes[0][i].label, old_boxes[0][i].label);
    }
    for (std::size_t i = old_boxes[0].size(); i < boxes[0].size(); ++i) EXPECT_GE(boxes[0][i].label, 3);
  }
}

TEST(Yolox, AddedClassesAreReadAgain) {
  torch::NoGradGuard no_grad;
  const Tiny tiny(nets()[0], with_two_more());
  const TempFolder folder;
  tiny.save(folder.path());
  const auto again = open_model(folder.path(), tiny.sized({}));
  EXPECT_TRUE(again.made.empty());
  EXPECT_EQ(again.model->label_names, tiny.model.label_names);
  EXPECT_EQ(again.model->detector->groups(), tiny.model.detector->groups());
  State state = tiny.input();
  again.model->forward(state, {}, 0, again.model->size());
  const State expected = tiny.run();
  for (const auto& name : again.model->detector->outputs())
    EXPECT_TRUE(same_bits(state.at(name), expected.at(name))) << name;
}

TEST(Yolox, HeadForOtherClassesIsMadeAnew) {
  ModelOptions options;
  options.label_names = {"a", "b"};
  EXPECT_EQ(Tiny(nets()[0], options).opened.made,
            (std::vector<std::string>{"head.cls_preds.0", "head.cls_preds.1", "head.cls_preds.2"}));
}

// YOLOX-Nano in the folder that STROP_DATA names.
TEST(Yolox, ReleasedWeightsSayTheSame) {
  torch::NoGradGuard no_grad;
  const char* const data = std::getenv("STROP_DATA");
  const auto root = std::filesystem::path(data != nullptr ? data : STROP_SOURCE_DIR "/../shared");
  const auto folder = root / "models" / "yolox-nano";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << "no models/yolox-nano in the folder that STROP_DATA names (" << root << ")";
  const auto reference = json_of(kData / "real.json");
  const auto opened = open_model(folder, {});
  EXPECT_TRUE(opened.made.empty());
  ASSERT_EQ(opened.model->label_names.size(), 80U);
  EXPECT_EQ(opened.model->label_names[0], "person");
  State state;
  state.set("pixels", picture(1, 416));
  opened.model->forward(state, {}, 0, opened.model->size());
  const std::int64_t every = reference.at("every");
  expect_close(state.at("outputs")[0].slice(0, 0, std::nullopt, every), tensor_of(reference.at("outputs")), 1e-4,
               "outputs");

  const auto file = root / "data" / "bccd" / "JPEGImages" / reference.at("photograph").get<std::string>();
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "outputs alone were compared: no " << file;
  // This file is of the older releases: red first, ImageNet's mean and deviation.
  InputForm form;
  form.width = form.height = 416;
  form.fit = Fit::letterbox;
  const auto small = letterbox(decode_picture(read_file(file, ErrorKind::data), file.string()).view(), form, false);
  const Tensor pixels = torch::empty({1, 416, 416, 3});
  to_floats(small.picture.view(), form, PixelLayout::hwc, pixels.data_ptr<float>());
  state.set("pixels", pixels.permute({0, 3, 1, 2}));
  opened.model->forward(state, {}, 0, opened.model->size());
  const auto found = opened.model->detector->decode(state, {})[0];
  // Decoders of JPEG and filters round differently by a step or two of 255.
  for (const auto& box : reference.at("found")) {
    const auto numbers = box.get<std::vector<double>>();
    const Rect rect{numbers[0], numbers[1], numbers[2], numbers[3]};
    const bool any = std::any_of(found.begin(), found.end(), [&](const FoundBox& one) {
      return one.label == static_cast<std::int32_t>(numbers[4]) && std::abs(one.score - numbers[5]) < 0.01 &&
             intersection_over_union(one.rect, rect) > 0.97;
    });
    EXPECT_TRUE(any) << "no box like " << box.dump();
  }
}

}  // namespace
}  // namespace strop
