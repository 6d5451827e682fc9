// bench of strop/job.h: the training step of a plan, timed, and the row of blocks, one by one.
#include <torch/types.h>

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"
#include "nn/device.h"
#include "planner/choose.h"
#include "strop/job.h"
#include "train/counting_allocator.h"
#include "train/prefix_source.h"
#include "train/step.h"
#include "train/workbench.h"
#include "tuning/apply.h"

namespace strop {
namespace {

using json = nlohmann::ordered_json;

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

// Gives the parts of a batch that it was told to make ahead, one after the other: reading and decoding the data are not
// part of a step's time.
class MadeAhead : public BatchSource {
 public:
  explicit MadeAhead(BatchSource& source) : source_(source) {}
  void hold(std::span<const std::int64_t> samples) { held_.push_back(source_.make(samples, 0)); }
  std::size_t size() const override { return source_.size(); }
  std::size_t first_block() const override { return source_.first_block(); }
  const std::vector<std::int64_t>& lengths() const override { return source_.lengths(); }
  const std::vector<std::int32_t>& labels() const override { return source_.labels(); }
  State make(std::span<const std::int64_t>, std::int64_t) override {
    State next = std::move(held_.front());
    held_.pop_front();
    return next;
  }

 private:
  BatchSource& source_;
  std::deque<State> held_;
};

// Seconds of each block forward and, through a fresh graph cut at its inputs, backward.
json time_blocks(const Model& model, const State& start, std::size_t first, const Pass& pass, std::string& text) {
  json rows = json::array();
  text += fmt::format("\n{:<22}{:>14}{:>14}{:>16}{:>14}\n", "block", "forward ms", "backward ms", "GFLOP/s forward",
                      "tensors");
  const auto device = model.device();
  State state = start;
  for (std::size_t i = first; i < model.size(); ++i) {
    const auto& block = model.block(i);
    std::vector<double> forward, backward;
    std::int64_t room = 0;  // tensors at the highest point of forward and backward
    State after;
    for (int repeat = 0; repeat < 5; ++repeat) {
      State local = state;
      reset_peak_tensor_bytes(device);
      const auto held = tensor_bytes(device);
      for (const auto& [name, tensor] : state.tensors()) {
        // Below the first block nothing trains.
        if (tensor.is_floating_point()) local.set(name, tensor.detach().requires_grad_(i > first));
      }
      const Stopwatch watch;
      model.forward(local, pass, i, i + 1);
      wait_for(device);
      forward.push_back(watch.seconds());
      torch::Tensor sum;
      for (const auto& port : block.writes()) {
        const auto& written = local.at(port.name);
        if (written.requires_grad()) sum = written.to(torch::kFloat).sum();
      }
      const Stopwatch back;
      if (sum.defined()) sum.backward();
      wait_for(device);
      backward.push_back(back.seconds());
      room = peak_tensor_bytes(device) - held;
      after = local;
    }
    const bool packed = state.has(kBounds);
    const double samples =
        static_cast<double>(packed ? state.at(kBounds).numel() - 1 : state.tensors().begin()->second.size(0));
    const double tokens = packed ? static_cast<double>(state.at(kBounds)[-1].item<std::int64_t>()) : samples;
    const double flops = 2 * samples * block.multiply_adds(tokens / samples);
    rows.push_back({{"name", block.name()},
                    {"forward_seconds", median(forward)},
                    {"backward_seconds", median(backward)},
                    {"peak_tensor_bytes", room}});
    text += fmt::format("{:<22}{:>14.2f}{:>14.2f}{:>16.0f}{:>14}\n", block.name(), 1e3 * median(forward),
                        1e3 * median(backward), 1e-9 * flops / median(forward), human_bytes(static_cast<double>(room)));
    state = after;
  }
  return rows;
}

}  // namespace

std::string bench(const Options& options, const BenchOptions& what) {
  if (options.json || options.quiet) set_log_level(LogLevel::warning);
  auto bench = open_workbench(choose_task(options), options);
  auto facts = bench->facts(0);
  facts.rates = machine_rates(bench->opened.model->device(), bench->threads);
  const Plan plan = choose_plan(bench->options, facts);
  const auto stage =
      std::find_if(plan.stages.begin(), plan.stages.end(), [](const Stage& one) { return one.solver == "gradient"; });
  auto& model = *bench->opened.model;
  const Stage& timed = stage == plan.stages.end() ? plan.stages.front() : *stage;
  const auto trained = apply_stage(model, timed, plan.options);
  std::size_t lowest = model.size();
  for (const auto& one : trained) lowest = std::min(lowest, model.index_of(one.block));
  const auto precision = number_type(plan.precision);
  MadeAhead inputs(*bench->train);
  PrefixSource source(inputs, model, model.index_of(timed.cut), number_type(plan.prefix_precision));
  Optimizer optimizer(plan.options, trained);
  Sampler sampler(sampler_config(plan.options), bench->train->labels(), bench->train->lengths());
  const auto batches = sampler.epoch_batches(0);

  Pass pass;
  pass.training = true;
  pass.precision = precision;
  pass.dropout = plan.options.dropout;
  pass.patch_dropout = plan.options.patch_dropout;
  const auto settings = loss_settings(plan, bench->train_data(plan.options));
  std::vector<double> seconds;
  double tokens = 0, samples = 0, total = 0, making = 0;
  State last;
  for (std::int64_t step = 0; step < what.steps + 2; ++step) {
    const auto& batch = batches[static_cast<std::size_t>(step) % batches.size()];
    const auto whole = static_cast<std::int64_t>(batch.samples.size());
    std::int64_t lengths = 0;
    for (const auto sample : batch.samples) lengths += bench->train->lengths()[static_cast<std::size_t>(sample)];
    const auto most = static_cast<std::size_t>(part_size(whole, lengths, plan.micro_batch, plan.micro_batch_tokens));
    std::vector<std::span<const std::int64_t>> parts;
    for (std::size_t first = 0; first < batch.samples.size(); first += most)
      parts.push_back(std::span(batch.samples).subspan(first, std::min(most, batch.samples.size() - first)));
    const Stopwatch maker;
    for (const auto part : parts) inputs.hold(part);
    if (step >= 2) making += maker.seconds();
    const Stopwatch watch;
    for (const auto part : parts) {
      MicroBatch micro{source.make(part, 0), source.first_block(), {}, {}};
      last = micro.state;
      for (const auto sample : part) add_label(micro, bench->train->labels()[static_cast<std::size_t>(sample)]);
      pass.dropout_key = static_cast<std::uint64_t>(step);
      run_step(model, std::move(micro), pass, settings, lowest, static_cast<double>(whole), 0);
    }
    optimizer.clip(plan.options.max_grad_norm);
    optimizer.step(1e-6);
    wait_for(model.device());
    if (step < 2) continue;
    seconds.push_back(watch.seconds());
    total += watch.seconds();
    samples += static_cast<double>(batch.samples.size());
    for (const auto sample : batch.samples)
      tokens += static_cast<double>(bench->train->lengths()[static_cast<std::size_t>(sample)]);
  }
  // Useful work: forward of all blocks, backward through those above the lowest trained one (weights that train cost a
  // third product; adapters' own are left out).
  double flops = 0;
  for (std::size_t i = 0; i < model.size(); ++i) {
    const double one = 2 * model.block(i).multiply_adds(tokens / samples) * samples;
    const bool weights_train = std::any_of(trained.begin(), trained.end(), [&](const TrainedTensor& t) {
      return t.block == model.block(i).name() && model.find_layer(t.name.substr(0, t.name.rfind('.'))) != nullptr;
    });
    flops += one * (i < lowest ? 1 : weights_train ? 3 : 2);
  }
  const double peak = plan.precision == "bf16" ? facts.rates.bf16_gflops : facts.rates.fp32_gflops;
  json result = {{"method", plan.options.method},
                 {"precision", plan.precision},
                 {"steps", what.steps},
                 {"samples_per_second", samples / total},
                 {"tokens_per_second", tokens / total},
                 {"median_step_seconds", median(seconds)},
                 {"input_samples_per_second", samples / making},
                 {"gflops", 1e-9 * flops / total},
                 {"peak_gflops", peak},
                 {"share_of_peak", 1e-9 * flops / total / peak},
                 {"peak_resident_bytes", peak_bytes(model.device())}};
  std::string text = fmt::format(
      "{} in {}: {:.1f} samples/s{}, median step {:.1f} ms; inputs are made at {:.0f} samples/s\n{:.0f} GFLOP/s, "
      "{:.0f} % of this machine's {:.0f}; peak memory {}\n",
      plan.options.method, plan.precision, samples / total,
      tokens > samples ? fmt::format(", {:.0f} tokens/s", tokens / total) : "", 1e3 * median(seconds), samples / making,
      1e-9 * flops / total, 1e-7 * flops / total / peak, peak,
      human_bytes(static_cast<double>(peak_bytes(model.device()))));
  if (what.blocks) result["blocks"] = time_blocks(model, last, source.first_block(), pass, text);
  return options.json ? result.dump(2) : text;
}

}  // namespace strop
