#include "models/detector_parts/backbone.h"

#include <torch/types.h>

#include "core/error.h"

namespace strop {
namespace {

constexpr std::int64_t kProbeSide = 64;

struct Map {
  std::int64_t stride = 0, channels = 0;
};

// The map behind each block, by a pass of one small picture through weights of zero; a stride of 0 behind those that
// leave none.
std::vector<Map> probe_maps(const Model& classifier) {
  torch::NoGradGuard no_grad;
  for (const auto& [name, layer] : classifier.layers()) {
    for (const auto& one : layer->stored()) *one.tensor = torch::zeros(one.shape);
  }
  std::vector<Map> maps;
  State state;
  state.set("pixels", torch::zeros({1, 3, kProbeSide, kProbeSide}).contiguous(at::MemoryFormat::ChannelsLast));
  for (std::size_t i = 0; i < classifier.head_begin(); ++i) {
    const auto writes = classifier.block(i).writes();
    const bool is_map =
        std::any_of(writes.begin(), writes.end(), [](const Port& port) { return port.name == "features"; });
    maps.emplace_back();
    if (!is_map) continue;
    classifier.forward(state, Pass{}, i, i + 1);
    const auto& features = state.at("features");
    maps.back() = {kProbeSide / features.size(2), features.size(1)};
  }
  for (const auto& [name, layer] : classifier.layers()) {
    for (const auto& one : layer->stored()) one.tensor->reset();
  }
  return maps;
}

}  // namespace

std::array<std::int64_t, 3> add_backbone(Model& detector, std::unique_ptr<Model> classifier) {
  const auto maps = probe_maps(*classifier);
  std::array<std::int64_t, 3> channels = {};
  auto blocks = classifier->take_blocks();
  for (std::size_t i = 0; i < maps.size() && maps[i].stride > 0; ++i) {
    detector.add(std::move(blocks[i]));
    for (std::size_t level = 0; level < kTapNames.size(); ++level) {
      const auto stride = std::int64_t{8} << level;
      const bool last = i + 1 == maps.size() || maps[i + 1].stride != stride;
      if (maps[i].stride != stride || !last) continue;
      channels[level] = maps[i].channels;
      detector.add(std::make_unique<Tap>(kTapNames[level], static_cast<std::int64_t>(detector.size())));
    }
  }
  for (std::size_t level = 0; level < channels.size(); ++level) {
    if (channels[level] > 0) continue;
    fail(ErrorKind::model,
         "a detector needs maps of strides 8, 16 and 32, and a {} model keeps none of stride {}; give a "
         "convolutional network (EfficientNet, MobileNet, ResNet, ConvNeXt) as its backbone",
         classifier->family(), 8 << level);
  }
  return channels;
}

}  // namespace strop
