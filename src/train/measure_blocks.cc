#include "train/measure_blocks.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <algorithm>

#include "core/clock.h"
#include "nn/device.h"
#include "train/counting_allocator.h"
#include "tuning/full.h"

namespace strop {

using torch::Tensor;

namespace {

double numbers(std::int64_t bytes) { return static_cast<double>(std::max<std::int64_t>(0, bytes)) / sizeof(float); }

// Opens all weights of a block for as long as it lives.
class OpenBlock {
 public:
  OpenBlock(Block& block, bool statistics) : block_(block) {
    for (const auto& [name, layer] : block.layers()) {
      for (const auto& one : layer->stored()) before_.emplace_back(one.tensor, *one.tensor);
      open_weights(*layer);
      if (statistics) open_statistics(*layer);
    }
  }
  ~OpenBlock() {
    for (auto& [place, tensor] : before_) *place = tensor;
    for (const auto& [name, layer] : block_.layers()) hold_statistics(*layer);
  }
  OpenBlock(const OpenBlock&) = delete;
  OpenBlock& operator=(const OpenBlock&) = delete;

 private:
  Block& block_;
  std::vector<std::pair<Tensor*, Tensor>> before_;
};

State first_sample(const State& state, std::int64_t samples) {
  State one = state;
  for (const auto& [name, tensor] : state.tensors()) {
    if (tensor.dim() > 0 && tensor.size(0) == samples) one.set(name, tensor.narrow(0, 0, 1));
  }
  return one;
}

struct TrainingPass {
  double seconds = 0, held = 0, passing = 0;  // as BlockFacts has them, of all samples together
};

// Forward and backward of a block whose weights are open; nobody asks for the gradient of what the first one reads.
TrainingPass train_once(const Model& model, std::size_t index, const State& inputs) {
  const auto device = model.device();
  State state = inputs;
  for (const auto& [name, tensor] : inputs.tensors()) {
    if (tensor.is_floating_point()) state.set(name, tensor.detach().requires_grad_(index > 0));
  }
  Pass pass;
  pass.training = true;
  const auto before = tensor_bytes(device);
  reset_peak_tensor_bytes(device);
  const Stopwatch watch;
  model.forward(state, pass, index, index + 1);
  const auto held = tensor_bytes(device);
  std::vector<Tensor> outputs, gradients;
  for (const auto& port : model.block(index).writes()) {
    const auto& written = state.at(port.name);
    if (!written.requires_grad()) continue;
    outputs.push_back(written);
    gradients.push_back(at::ones_like(written));
  }
  if (!outputs.empty()) torch::autograd::backward(outputs, gradients);
  wait_for(device);
  return {watch.seconds(), numbers(held - before), numbers(peak_tensor_bytes(device) - held)};
}

// What one sample more adds: forms and gradients of the weights are there for any number of them.
void measure_training(BlockFacts& facts, const Model& model, std::size_t index, const State& inputs,
                      std::int64_t samples, bool statistics) {
  const OpenBlock open(model.block(index), statistics);
  const torch::AutoGradMode grad(true);
  train_once(model, index, inputs);  // what is made only once (compiled products)
  const auto all = train_once(model, index, inputs);
  const auto one = samples > 1 ? train_once(model, index, first_sample(inputs, samples)) : TrainingPass{};
  const auto more = static_cast<double>(samples > 1 ? samples - 1 : 1);
  facts.training_seconds = all.seconds / static_cast<double>(samples);
  facts.held = std::max(0.0, all.held - one.held) / more;
  facts.passing = std::max(0.0, all.passing - one.passing) / more;
}

// The same where nothing trains. The first pass brings the weights into the form that rests; of the others the faster
// counts. Returns what the block made of its inputs.
State measure_rest(BlockFacts& facts, const Model& model, std::size_t index, const State& inputs,
                   std::int64_t samples) {
  const auto device = model.device();
  State after;
  for (int repeat = 0; repeat < 3; ++repeat) {
    after = inputs;
    const auto before = tensor_bytes(device);
    reset_peak_tensor_bytes(device);
    const Stopwatch watch;
    model.forward(after, Pass{}, index, index + 1);
    wait_for(device);
    const double seconds = watch.seconds() / static_cast<double>(samples);
    if (repeat > 0) facts.seconds = repeat == 1 ? seconds : std::min(facts.seconds, seconds);
    facts.resting = facts.live + numbers(peak_tensor_bytes(device) - before) / static_cast<double>(samples);
  }
  return after;
}

}  // namespace

void measure_blocks(std::vector<BlockFacts>& blocks, const Model& model, State state, std::int64_t samples,
                    std::size_t trains_from, bool statistics) {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < model.size(); ++i) {
    auto& block = blocks[i];
    block.live = 0;
    for (const auto& port : model.live_at(i))
      block.live += static_cast<double>(state.at(port.name).numel()) / static_cast<double>(samples);
    if (i >= trains_from) measure_training(block, model, i, state, samples, statistics);
    state = measure_rest(block, model, i, state, samples);
  }
}

}  // namespace strop
