// Parity of the convolutional networks with the libraries whose files they come from.
#include <gtest/gtest.h>

#include <functional>

#include "conv_reference.h"
#include "core/error.h"
#include "core/files.h"
#include "errors.h"
#include "models/efficientnet/row.h"
#include "nn/compare.h"
#include "temp_folder.h"
#include "weights/safetensors.h"

namespace strop {
namespace {

using torch::Tensor;

struct Expected {
  std::string name, family, why;
};

const std::vector<Expected>& nets() {
  static const std::vector<Expected> list = {
      {"timm_lite", "efficientnet", "names and shapes as timm"},
      {"timm_tf_lite", "efficientnet", "architecture 'tf_efficientnet_lite0'"},
      {"lukemelas_lite", "efficientnet", "names and shapes as lukemelas"},
      {"timm_b", "efficientnet", "architecture 'efficientnet_b0'"},
      {"timm_v2", "mobilenet_v2", "names and shapes as timm"},
      {"timm_v3_large", "mobilenet_v3", "architecture 'mobilenetv3_large_100'"},
      {"timm_v3_small", "mobilenet_v3", "names and shapes as timm"},
      {"torchvision_v2", "mobilenet_v2", "names and shapes as torchvision"},
      {"torchvision_v3", "mobilenet_v3", "names and shapes as torchvision"},
      {"torchvision_efficientnet", "efficientnet", "names and shapes as torchvision"},
      {"transformers_v2", "mobilenet_v2", "model_type of config.json"},
      {"transformers_efficientnet", "efficientnet", "model_type of config.json"},
      {"timm_resnet", "resnet", "names and shapes as timm and torchvision"},
      {"timm_resnet_bottleneck", "resnet", "architecture 'resnet50'"},
      {"transformers_resnet", "resnet", "model_type of config.json"},
      {"transformers_resnet_bottleneck", "resnet", "model_type of config.json"},
  };
  return list;
}

TEST(ConvNets, AreRecognisedAndLoseNoTensor) {
  for (const auto& one : nets()) {
    const TinyNet net(one.name);
    EXPECT_EQ(net.opened.model->family(), one.family) << one.name;
    EXPECT_EQ(net.opened.model->task, kImageClassification) << one.name;
    expect_contains(net.opened.why, one.why);
    EXPECT_TRUE(net.opened.made.empty()) << one.name;
    ASSERT_TRUE(net.opened.model->input_form.has_value()) << one.name;
    const auto ours = net.opened.model->tensors();
    const WeightFiles files(net.place());
    for (const auto& [name, view] : files.tensors()) {
      if (name.ends_with("num_batches_tracked")) continue;
      EXPECT_EQ(ours.count(name), 1U) << one.name << ": " << name;
    }
  }
}

// As timm's tf_ weights were trained; what its others take is ImageNet's mean and deviation.
TEST(ConvNets, TheNameOfALoneMobileNetV3FileTellsItsInputForm) {
  const TempFolder folder;
  const auto form_of = [&](const char* name) {
    std::filesystem::copy(conv_data() / "timm_v3_small/weights.pth", folder.path() / name);
    return *open_model(folder.path() / name, {}).model->input_form;
  };
  const auto tensorflow = form_of("tf_mobilenetv3_small_100.pth"), plain = form_of("mobilenetv3_small_100.pth");
  EXPECT_EQ(tensorflow.mean, (std::array<float, 3>{0.5F, 0.5F, 0.5F}));
  EXPECT_EQ(tensorflow.std, tensorflow.mean);
  EXPECT_EQ(tensorflow.interpolation, Filter::bilinear);
  EXPECT_EQ(plain.mean, InputForm().mean);
  EXPECT_EQ(plain.interpolation, Filter::bicubic);
}

// timm has more networks with these names than these families are.
TEST(ConvNets, OtherNetworksOfTheSameNamesAreRefused) {
  const TempFolder folder;
  const auto copy = [&](const char* net, const char* extra, const char* architecture) {
    const WeightFiles files(conv_data() / net / "model.safetensors");
    std::map<std::string, TensorView> views = {files.tensors().begin(), files.tensors().end()};
    const float one = 1;
    if (extra != nullptr) views[extra] = {"F32", {1}, {reinterpret_cast<const std::byte*>(&one), sizeof(one)}};
    write_safetensors(folder.path() / "model.safetensors", views);
    write_file_atomic(folder.path() / "config.json", fmt::format(R"({{"architecture": "{}"}})", architecture));
    return open_model(folder.path(), {});
  };
  EXPECT_EQ(copy("timm_resnet_bottleneck", nullptr, "resnet50").model->family(), "resnet");
  EXPECT_THROW(copy("timm_resnet_bottleneck", "layer1.0.se.fc1.weight", "seresnet50"), Error);
  for (const auto* same : {"resnet26", "wide_resnet50_2", "resnext50_32x4d", "tv_resnet50", "gluon_resnet50_v1b"})
    EXPECT_EQ(copy("timm_resnet_bottleneck", nullptr, same).model->family(), "resnet") << same;
  for (const auto* other : {"resnetaa50", "resnetblur50", "resnet50_gn", "resnet50d"}) {
    expect_parts(message_of(ErrorKind::model, [&] { copy("timm_resnet_bottleneck", nullptr, other); }),
                 {"config.json: architecture '" + std::string(other) + "'", "expected resnet18"});
  }
  EXPECT_EQ(copy("timm_b", nullptr, "efficientnet_b0").model->family(), "efficientnet");
  EXPECT_THROW(copy("timm_b", nullptr, "mnasnet_a1"), Error);
}

TEST(ConvNets, WeightsOfAnotherFamilyThanTheConfigsAreNamed) {
  const TempFolder folder;
  const auto source = std::filesystem::path(STROP_SOURCE_DIR) / "tests/data";
  std::filesystem::copy(source / "vit/vit/config.json", folder.path() / "config.json");
  std::filesystem::copy(source / "conv/timm_resnet_bottleneck/model.safetensors", folder.path() / "model.safetensors");
  expect_parts(message_of(ErrorKind::model, [&] { open_model(folder.path(), {}); }),
               {"expected the weights of a vit model", "found 'bn1.bias' and ", " more, as a resnet has them"});
}

// Without a config.json too: kernels and squeeze-excites tell MNASNet from EfficientNet, and a tensor that nothing
// reads tells a variant.
TEST(ConvNets, WhatWasPublishedOtherwiseIsRefusedByItsWeights) {
  const TempFolder folder;
  const auto refusal = [&](const char* net, const std::function<void(std::map<std::string, Tensor>&)>& change) {
    const auto files = std::make_shared<const WeightFiles>(conv_data() / net / "weights.pth");
    std::map<std::string, Tensor> tensors;
    for (const auto& [name, view] : files->tensors()) tensors[name] = to_tensor(view, files);
    change(tensors);
    std::map<std::string, TensorView> views;
    for (const auto& [name, tensor] : tensors) {
      views[name] = {
          "F32", tensor.sizes().vec(), {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}};
    }
    write_safetensors(folder.path() / "network.safetensors", views);
    return message_of(ErrorKind::model, [&] { open_model(folder.path() / "network.safetensors", {}); });
  };
  expect_contains(refusal("timm_lite",
                          [](auto& tensors) {
                            tensors["blocks.3.0.conv_dw.weight"] = torch::zeros({72, 1, 5, 5});
                          }),
                  "stage 3 has kernels of 5; expected 3");
  expect_contains(refusal("timm_lite",
                          [](auto& tensors) {
                            auto& last = tensors.at("blocks.4.0.conv_pwl.weight");
                            last = torch::zeros({512, last.size(1), 1, 1});
                          }),
                  "is one of EfficientNet B5 to B8");
  expect_contains(refusal("timm_v3_small",
                          [](auto& tensors) {
                            std::erase_if(tensors,
                                          [](const auto& one) { return one.first.starts_with("blocks.2.0.se"); });
                          }),
                  "stage 2 lacks squeeze-excite");
  expect_contains(refusal("timm_v2", [](auto& tensors) { tensors["blocks.7.1.conv.weight"] = torch::zeros({1}); }),
                  "1 tensors, 'blocks.7.1.conv.weight' the first of them, are no part of a mobilenet_v2");
}

TEST(ConvNets, LogitsEqualTheLibrarys) {
  torch::NoGradGuard no_grad;
  for (const auto& one : nets()) {
    const TinyNet net(one.name);
    expect_close(net.logits(), net.expected_logits(), 1e-4, one.name);
    Pass half;
    half.precision = torch::kBFloat16;
    expect_close(net.logits(half), net.expected_logits(), 1e-1, one.name + " in bf16");
  }
}

TEST(ConvNets, GradientsEqualTheLibrarys) {
  for (const auto& one : nets()) {
    const TinyNet net(one.name);
    for (const auto& [name, layer] : net.opened.model->layers()) {
      layer->weight = layer->weight.clone().requires_grad_();
      if (layer->has_bias()) layer->bias = layer->bias.clone().requires_grad_();
    }
    Pass pass;
    pass.training = true;
    pass.dropout = 0;
    const Tensor logits = net.logits(pass);
    expect_close(logits, net.expected_logits(), 1e-4, one.name);
    at::cross_entropy_loss(logits, torch::arange(2)).backward();
    const auto tensors = net.opened.model->tensors();
    for (const auto& [name, numbers] : net.reference.at("gradients").items()) {
      const Tensor gradient = tensors.at(name).grad().to(torch::kCPU);
      ASSERT_TRUE(gradient.defined()) << one.name << ": " << name;
      const double norm = numbers[0], product = numbers[1];
      // Relative to the tensor's own gradient; weights before a normalised sum have none but rounding.
      const double scale = std::max(1e-3, norm);
      EXPECT_NEAR(gradient.norm().item<double>() / scale, norm / scale, 1e-4) << one.name << ": " << name;
      EXPECT_NEAR((gradient.flatten() * wave(gradient.numel())).sum().item<double>() / scale, product / scale, 2e-4)
          << one.name << ": " << name;
    }
  }
}

// Frozen blocks below trained ones: the same gradients where one is asked for.
TEST(ConvNets, GradientsThroughFrozenBlocks) {
  for (const auto& one : nets()) {
    const TinyNet whole(one.name), part(one.name);
    const auto open = [](const TinyNet& net, std::size_t block) {
      for (const auto& [name, layer] : net.opened.model->block(block).layers())
        layer->weight = layer->weight.clone().requires_grad_();
    };
    const auto gradient = [](const TinyNet& net) {
      at::cross_entropy_loss(net.logits(), torch::arange(2)).backward();
      return net.opened.model->block(1).layers()[0].second->weight.grad();
    };
    for (std::size_t i = 0; i < whole.opened.model->size(); ++i) open(whole, i);
    open(part, 1);
    expect_close(gradient(part), gradient(whole), 1e-4, one.name);
  }
}

TEST(ConvNets, CutAtEveryBlockEqualsTheWhole) {
  torch::NoGradGuard no_grad;
  for (const auto& one : nets()) {
    const TinyNet net(one.name);
    const auto& model = *net.opened.model;
    const Tensor whole = net.logits();
    for (std::size_t cut = 0; cut < model.size(); ++cut) {
      State front = net.input();
      model.forward(front, {}, 0, cut);
      State back;
      for (const auto& port : model.live_at(cut)) back.set(port.name, front.at(port.name).clone());
      model.forward(back, {}, cut, model.size());
      EXPECT_TRUE(same_bits(back.at("logits"), whole)) << one.name << " cut before " << model.block(cut).name();
    }
  }
}

TEST(ConvNets, InputFormsFollowTheFiles) {
  const auto form = [](const char* name) { return *TinyNet(name).opened.model->input_form; };
  EXPECT_EQ(form("lukemelas_lite").mean[0], 0.5F);
  EXPECT_EQ(form("timm_lite").mean[0], 0.485F);
  EXPECT_EQ(form("torchvision_v2").interpolation, Filter::bilinear);
  EXPECT_EQ(form("lukemelas_lite").interpolation, Filter::bicubic);
  EXPECT_EQ(form("transformers_efficientnet").height, 32);
}

TEST(ConvNets, BlocksHaveNamesThatAPersonUnderstands) {
  EXPECT_EQ(TinyNet("lukemelas_lite").opened.model->block_names(), TinyNet("timm_tf_lite").opened.model->block_names());
  EXPECT_EQ(TinyNet("timm_v2").opened.model->block_names(),
            (std::vector<std::string>{"stem", "blocks.0.0", "blocks.1.0", "blocks.1.1", "blocks.2.0", "blocks.2.1",
                                      "head", "classifier"}));
  EXPECT_EQ(TinyNet("timm_resnet").opened.model->block_names(),
            (std::vector<std::string>{"stem", "layer1.0", "layer2.0", "layer2.1", "layer3.0", "layer4.0", "pool",
                                      "classifier"}));
}

TEST(ConvNets, HeadForOtherClassesIsMadeAnew) {
  ModelOptions options;
  options.label_names = {"a", "b"};
  const auto opened = open_model(conv_data() / "lukemelas_lite" / "weights.pth", options);
  EXPECT_EQ(opened.made, std::vector<std::string>{"_fc"});
}

// Known by its tensors alone after it was saved, whatever config.json says of other things.
TEST(ConvNets, SavedTensorsOpenAgain) {
  torch::NoGradGuard no_grad;
  for (const auto& one : nets()) {
    const TinyNet net(one.name);
    const TempFolder folder;
    std::map<std::string, TensorView> views;
    auto tensors = net.opened.model->tensors();
    for (auto& [name, tensor] : tensors) {
      tensor = tensor.to(torch::kCPU);
      views[name] = {
          "F32", tensor.sizes().vec(), {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}};
    }
    write_safetensors(folder.path() / "model.safetensors", views);
    std::ofstream(folder.path() / "config.json") << net.opened.model->config().dump();
    const auto again = open_model(folder.path(), {});
    State state = net.input();
    again.model->forward(state, {}, 0, again.model->size());
    EXPECT_TRUE(same_bits(state.at("logits"), net.logits())) << one.name;
  }
}

// A detector's config.json holds the row of its backbone; blocks of earlier ones said no padding of their own.
TEST(ConvNets, RowsOfEarlierRunsAreRead) {
  efficientnet::Row row{};
  row.family = "efficientnet";
  row.layout = "timm";
  row.pad = Pad::same;
  row.blocks.emplace_back().pad = Pad::even;
  auto config = efficientnet::to_json(row);
  EXPECT_EQ(efficientnet::row_of(config).blocks[0].pad, Pad::even);
  config["blocks"][0].erase(11);
  EXPECT_EQ(efficientnet::row_of(config).blocks[0].pad, Pad::same);
}

// The real files, where scripts/fetch_assets.sh was asked for them.
TEST(ConvNets, RealNetworksEqualTheLibrarys) {
  torch::NoGradGuard no_grad;
  for (const auto& [name, file] : {std::pair{"efficientnet_lite0", "efficientnet-lite0-57934424.pth"},
                                   {"mobilenet_v2", "mobilenet_v2-b0353104.pth"}}) {
    const auto path = std::filesystem::path(STROP_SOURCE_DIR) / "build" / "assets" / name / file;
    if (!std::filesystem::exists(path)) {
      GTEST_SKIP() << path << " is not there: 'scripts/fetch_assets.sh " << name << "' fetches it";
    }
    const auto opened = open_model(path, {});
    EXPECT_TRUE(opened.made.empty());
    State state;
    state.set("pixels", picture(1, 224));
    opened.model->forward(state, {}, 0, opened.model->size());
    nlohmann::json expected;
    std::ifstream(conv_data() / "real" / (std::string(name) + ".json")) >> expected;
    expect_close(state.at("logits")[0], torch::tensor(expected.get<std::vector<float>>()), 1e-4, name);
  }
}

}  // namespace
}  // namespace strop
