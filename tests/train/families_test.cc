// Every method on every family, by one loop over tiny models: the loss falls, what is frozen stays frozen to the bit,
// merging changes no answer, and what is saved opens again with the same answers.
#include <algorithm>

#include "core/error.h"
#include "models/conv_reference.h"
#include "models/reference.h"
#include "models/reference_case.h"
#include "nn/slot.h"
#include "temp_folder.h"
#include "train/optimizer.h"
#include "train/saved_config.h"
#include "train/step.h"
#include "train/write_files.h"
#include "tuning/method.h"
#include "tuning/peft_files.h"

namespace strop {
namespace {

using torch::Tensor;
namespace fs = std::filesystem;

// Folders below tests/data, one for each family and layout of names.
const std::vector<std::string> kFamilies = {"bert_tiny",
                                            "vit/vit",
                                            "vit/deit",
                                            "vit/dinov2",
                                            "vit/timm_vit",
                                            "vit/timm_distilled",
                                            "vit/torchvision",
                                            "convnext/hf",
                                            "convnext/timm",
                                            "convnext/torchvision",
                                            "conv/lukemelas_lite",
                                            "conv/timm_b",
                                            "conv/timm_lite",
                                            "conv/timm_resnet",
                                            "conv/timm_resnet_bottleneck",
                                            "conv/timm_tf_lite",
                                            "conv/timm_v2",
                                            "conv/timm_v3_large",
                                            "conv/timm_v3_small",
                                            "conv/torchvision_efficientnet",
                                            "conv/torchvision_v2",
                                            "conv/torchvision_v3",
                                            "conv/transformers_efficientnet",
                                            "conv/transformers_resnet",
                                            "conv/transformers_resnet_bottleneck",
                                            "conv/transformers_v2"};

struct Tiny {
  fs::path place;  // a folder, or one file of weights
  State inputs;
  std::vector<std::int32_t> labels;

  explicit Tiny(const std::string& name) : place(fs::path(STROP_SOURCE_DIR) / "tests" / "data" / name) {
    if (name == "bert_tiny") {
      inputs = reference_inputs();
      labels.resize(static_cast<std::size_t>(reference("cu_seqlens").numel() - 1));
    } else {
      if (name.starts_with("conv/")) {
        const TinyNet net(name.substr(5));
        place = net.place();
        // Noise alone is the same to all these nets behind their pooling: each class has a colour.
        Tensor pixels = picture(6, net.reference.at("side"));
        for (std::int64_t i = 0; i < 6; ++i) pixels[i][i % 3] += 2;
        inputs.set("pixels", pixels);
      } else {
        inputs = ReferenceCase(name).pixels();
      }
      labels.resize(static_cast<std::size_t>(inputs.at("pixels").size(0)));
    }
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int32_t>(i % 3);
  }
  std::unique_ptr<Model> open() const {
    auto model = open_model(place, {}).model;
    model->to(find_device(test_device()));
    return model;
  }
  Tensor logits(const Model& model) const {
    torch::NoGradGuard no_grad;
    return logits_of(model, inputs).clone();
  }
};

template <typename Slot>
bool has_slot(const Model& model) {
  const auto layers = model.layers();
  return std::any_of(layers.begin(), layers.end(),
                     [](const auto& one) { return dynamic_cast<const Slot*>(one.second) != nullptr; });
}

// What asks for a place that only transformers have.
bool fits(const std::string& method, const Model& model) {
  if (method == "adaptformer") return has_slot<BranchSlot>(model);
  if (method == "vpt") return has_slot<TokenSlot>(model);
  if (method != "ia3") return true;
  const auto layers = model.layers();  // its default targets are keys and values of their own
  return std::any_of(layers.begin(), layers.end(), [](const auto& one) { return one.first.ends_with(".key"); });
}

Options options_of(const std::string& method) {
  Options options;
  options.method = method;
  options.head_solver = "sgd";
  options.top_k = method == "layerwise" ? 1 : 0;
  options.adapter_bottleneck = 6;
  options.num_virtual_tokens = 3;
  options.weight_decay = 0;
  return options;
}

// Ten small steps on one batch; the first and the last loss.
std::pair<double, double> train(const Tiny& tiny, Model& model, const Options& options,
                                const std::vector<TrainedTensor>& trained) {
  Optimizer optimizer(options, trained);
  std::size_t lowest = model.size();
  for (const auto& one : trained) lowest = std::min(lowest, model.index_of(one.block));
  std::pair<double, double> losses;
  for (int step = 0; step <= 10; ++step) {
    const auto samples = static_cast<double>(tiny.labels.size());
    const auto result = run_step(model, MicroBatch{tiny.inputs, 0, tiny.labels, {}}, Pass{}, {}, lowest, samples, 0);
    (step == 0 ? losses.first : losses.second) = result.loss;
    if (step < 10) optimizer.step(2e-3);
    optimizer.clear_gradients();
  }
  return losses;
}

std::unique_ptr<Model> reopened(const Tiny& tiny, Model& model, const Options& options) {
  const TempFolder folder;
  if (!find_method(options.method).peft_type.empty()) {
    std::vector<std::string> head;
    for (auto i = model.head_begin(); i < model.size(); ++i) {
      for (const auto& [name, layer] : model.block(i).layers()) head.push_back(name);
    }
    write_adapter(folder.path(), model, options, options.method, tiny.place.string(), head);
    auto fresh = tiny.open();
    EXPECT_EQ(read_adapter(folder.path(), *fresh), options.method);
    fresh->to(fresh->device());
    return fresh;
  }
  merge_adapters(model);
  write_tensors_file(folder.path() / "model.safetensors", model.tensors());
  write_json_file(folder.path() / "config.json", saved_config(model));
  return open_model(folder.path(), {}).model;
}

class Families : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(Families, TrainFreezeMergeAndReopen) {
  const auto& [family, method_name] = GetParam();
  const Tiny tiny(family);
  const auto model = tiny.open();
  const auto options = options_of(method_name);
  const auto& method = find_method(method_name);
  const auto stages = method.stages(model_facts(*model, 8, false), options);
  const auto& stage = stages.back();
  if (!fits(method_name, *model)) {
    EXPECT_THROW(check_stage(*model, stage, options), Error);
    return;
  }
  check_stage(*model, stage, options);
  const auto untouched = tiny.logits(*model);
  const auto trained = apply_stage(*model, stage, options);
  ASSERT_FALSE(trained.empty());
  // Tokens beside the picture's are seen from the start.
  if (method_name != "vpt") expect_close(tiny.logits(*model), untouched, 1e-5, "methods start as nothing");
  const auto changed = open_tensors(*model);
  const auto frozen = frozen_hashes(*model, changed);
  const auto [first, last] = train(tiny, *model, options, trained);
  EXPECT_LT(last, 0.99 * first);
  EXPECT_EQ(frozen_hashes(*model, changed), frozen);
  EXPECT_EQ(frozen_hashes(*tiny.open(), changed), frozen) << "the file's own";
  freeze(*model);
  const auto answers = tiny.logits(*model);
  EXPECT_GT(distance(answers, untouched), 1e-3);
  expect_close(tiny.logits(*reopened(tiny, *model, options)), answers, 1e-5, "reopened");
  if (!method.merges) return;
  merge_adapters(*model);
  expect_close(tiny.logits(*model), answers, 1e-5, "merged");
}

std::vector<std::string> all_methods() {
  std::vector<std::string> names;
  for (const auto& method : methods()) {
    if (method.labels == Labels::data) names.push_back(method.name);  // for detectors alone (box_job_test.cc)
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, Families,
                         testing::Combine(testing::ValuesIn(kFamilies), testing::ValuesIn(all_methods())),
                         [](const auto& one) {
                           auto name = std::get<0>(one.param) + "_" + std::get<1>(one.param);
                           std::replace(name.begin(), name.end(), '/', '_');
                           return name;
                         });

}  // namespace
}  // namespace strop
