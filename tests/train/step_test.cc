// One step: accumulation, truncated backward, mixup, R-Drop; and ten of them against Transformers and PEFT.
#include "train/step.h"

#include <torch/types.h>

#include <numeric>

#include "models/reference.h"
#include "nn/compare.h"
#include "train/optimizer.h"
#include "tuning/apply.h"

namespace strop {
namespace {

using torch::Tensor;

Options plain_options(const std::string& method) {
  Options options;
  options.method = method;
  options.lora_r = 4;
  options.lora_alpha = 8;
  return options;
}

Stage whole_row(const Model& model, const std::string& method) {
  Stage stage;
  stage.method = method;
  stage.blocks = model.block_names();
  if (method == "lora") stage.blocks.erase(stage.blocks.begin());  // the embeddings hold nothing to adapt
  return stage;
}

// Samples first .. last-1 of the reference batch.
MicroBatch part_of_batch(std::int64_t first, std::int64_t last) {
  const State whole = reference_inputs();
  const Tensor bounds = whole.at("cu_seqlens"), labels = reference("labels");
  const auto from = bounds[first].item<std::int64_t>(), to = bounds[last].item<std::int64_t>();
  MicroBatch batch;
  for (const auto* name : {"input_ids", "token_type_ids", "position_ids"})
    batch.state.set(name, whole.at(name).slice(0, from, to));
  batch.state.set("cu_seqlens", bounds.slice(0, first, last + 1) - from);
  for (auto i = first; i < last; ++i) batch.labels.push_back(static_cast<std::int32_t>(labels[i].item<std::int64_t>()));
  return batch;
}
MicroBatch whole_batch() { return part_of_batch(0, reference("labels").numel()); }

Pass training_pass(double dropout = 0) {
  Pass pass;
  pass.training = true;
  pass.dropout = dropout;
  return pass;
}

std::map<std::string, Tensor> take_gradients(const std::vector<TrainedTensor>& trained) {
  std::map<std::string, Tensor> gradients;
  for (const auto& one : trained) {
    gradients[one.name] = one.tensor.grad();
    one.tensor.mutable_grad().reset();
  }
  return gradients;
}

TEST(Step, AccumulatedGradientEqualsOneBatch) {
  const auto model = tiny_bert();
  const auto trained = apply_stage(*model, whole_row(*model, "full"), plain_options("full"));
  const auto whole_result = run_step(*model, whole_batch(), training_pass(), {}, 0, 8, 0);
  const auto whole = take_gradients(trained);
  // Unequal parts: samples count, not parts.
  double loss = 0;
  for (const auto& [first, last] : {std::pair{0, 1}, {1, 4}, {4, 8}}) {
    loss += run_step(*model, part_of_batch(first, last), training_pass(), {}, 0, 8, 0).loss;
  }
  EXPECT_NEAR(loss, whole_result.loss, 1e-5);
  for (const auto& [name, gradient] : take_gradients(trained)) {
    const double scale = std::max(1e-3, whole.at(name).abs().max().item<double>());
    EXPECT_LT((gradient - whole.at(name)).abs().max().item<double>() / scale, 1e-5) << name;
  }
}

TEST(Step, WeightsOfSamplesAndClasses) {
  const auto model = tiny_bert();
  apply_stage(*model, whole_row(*model, "full"), plain_options("full"));
  auto batch = whole_batch();
  const auto plain = run_step(*model, whole_batch(), training_pass(), {}, 0, 8, 0);
  LossSettings settings;
  settings.class_weights = {0.5, 1, 2};
  double expected = 0;
  for (std::size_t i = 0; i < batch.labels.size(); ++i) {
    batch.weights.push_back(static_cast<float>(i));
    expected +=
        static_cast<double>(i) * settings.class_weights[static_cast<std::size_t>(batch.labels[i])] * plain.losses[i];
  }
  const auto weighted = run_step(*model, std::move(batch), training_pass(), settings, 0, 8, 0);
  EXPECT_NEAR(weighted.loss, expected, 1e-4);
  EXPECT_EQ(weighted.losses, plain.losses);  // what InfoBatch scores carries no weight
  EXPECT_NEAR(std::accumulate(plain.losses.begin(), plain.losses.end(), 0.0), plain.loss, 1e-5);
}

TEST(Step, LabelSmoothingEqualsTorch) {
  const Tensor logits = seeded({7, 3}, 1, 2), labels = torch::tensor({0, 1, 2, 0, 1, 2, 2}, torch::kLong);
  const Tensor expected = at::cross_entropy_loss(logits, labels, {}, at::Reduction::None, -100, 0.2);
  expect_close(row_losses(logits, labels, 0.2), expected, 1e-6, "losses");
}

TEST(Step, NoGradientBelowTheLowestDueBlock) {
  const auto model = tiny_bert();
  const auto trained = apply_stage(*model, whole_row(*model, "full"), plain_options("full"));
  run_step(*model, whole_batch(), training_pass(), {}, 0, 8, 0);
  const auto whole = take_gradients(trained);
  const auto lowest = model->index_of("encoder.layer.1");
  run_step(*model, whole_batch(), training_pass(), {}, lowest, 8, 0);
  for (const auto& one : trained) {
    const bool due = model->index_of(one.block) >= lowest;
    ASSERT_EQ(one.tensor.grad().defined(), due) << one.name;
    EXPECT_TRUE(!due || same_bits(one.tensor.grad(), whole.at(one.name))) << one.name;
  }
}

TEST(Step, MixupFollowsItsKey) {
  const auto model = tiny_bert();
  const auto trained = apply_stage(*model, whole_row(*model, "full"), plain_options("full"));
  LossSettings settings;
  const double plain = run_step(*model, whole_batch(), training_pass(), settings, 0, 8, 1).loss;
  for (const double alpha : {0.2, 1.0, 3.0}) {
    settings.mixup_alpha = alpha;
    take_gradients(trained);
    const double mixed = run_step(*model, whole_batch(), training_pass(), settings, 0, 8, 1).loss;
    EXPECT_TRUE(std::isfinite(mixed));
    EXPECT_NE(mixed, plain) << alpha;
    EXPECT_EQ(mixed, run_step(*model, whole_batch(), training_pass(), settings, 0, 8, 1).loss);
    EXPECT_NE(mixed, run_step(*model, whole_batch(), training_pass(), settings, 0, 8, 2).loss);
    for (const auto& [name, gradient] : take_gradients(trained))
      EXPECT_TRUE(gradient.isfinite().all().item<bool>()) << name;
  }
}

// A mixed row's labels count each by the weight of its class: of the classes one by one they add up to the whole, and a
// class of which no row is the first half still counts.
TEST(Step, MixedRowsAreWeightedByBothTheirClasses) {
  const auto model = tiny_bert();
  apply_stage(*model, whole_row(*model, "full"), plain_options("full"));
  LossSettings settings;
  settings.mixup_alpha = 1;
  const auto loss = [&](std::vector<double> weights) {
    settings.class_weights = std::move(weights);
    auto batch = whole_batch();
    batch.labels.assign(batch.labels.size(), 1);
    batch.labels[0] = 0;  // one row of class 0, half of another somewhere
    return run_step(*model, std::move(batch), training_pass(), settings, 0, 8, 1).loss;
  };
  const double whole = loss({});
  EXPECT_NEAR(loss({1, 1, 1}), whole, 1e-6 * whole);
  EXPECT_NEAR(loss({1, 0, 0}) + loss({0, 1, 0}), whole, 1e-5 * whole);
  // By the first label alone row 0 would give the loss of its mix, of whose labels a share is of class 1.
  EXPECT_GT(loss({1, 0, 0}), 0);
}

// Without dropout both passes agree and nothing is added; with it the divergence counts.
TEST(Step, RDrop) {
  const auto model = tiny_bert();
  const auto trained = apply_stage(*model, whole_row(*model, "full"), plain_options("full"));
  LossSettings settings;
  const double plain = run_step(*model, whole_batch(), training_pass(), settings, 0, 8, 0).loss;
  settings.rdrop_alpha = 4;
  EXPECT_NEAR(run_step(*model, whole_batch(), training_pass(), settings, 0, 8, 0).loss, plain, 1e-5);
  const double strong = run_step(*model, whole_batch(), training_pass(0.3), settings, 0, 8, 0).loss;
  settings.rdrop_alpha = 1;
  const double weak = run_step(*model, whole_batch(), training_pass(0.3), settings, 0, 8, 0).loss;
  EXPECT_GT(strong, weak + 1e-3);
  for (const auto& [name, gradient] : take_gradients(trained))
    EXPECT_TRUE(gradient.isfinite().all().item<bool>()) << name;
}

TEST(Step, LossThatIsNotFiniteLeavesGradientsAlone) {
  const auto model = tiny_bert();
  const auto trained = apply_stage(*model, whole_row(*model, "full"), plain_options("full"));
  {
    torch::NoGradGuard no_grad;
    model->find_layer("classifier")->weight.fill_(std::numeric_limits<float>::infinity());
  }
  EXPECT_FALSE(std::isfinite(run_step(*model, whole_batch(), training_pass(), {}, 0, 8, 0).loss));
  for (const auto& one : trained) EXPECT_FALSE(one.tensor.grad().defined()) << one.name;
}

void expect_ten_losses(const Model& model, const std::vector<TrainedTensor>& trained, const Options& options,
                       const std::string& name) {
  const Tensor expected = reference(name);
  Optimizer optimizer(options, trained);
  for (std::int64_t step = 0; step < 10; ++step) {
    const auto result = run_step(model, whole_batch(), training_pass(), {}, 0, 8, 0);
    EXPECT_NEAR(result.loss / 8 / expected[step].item<double>(), 1, 1e-4) << name << " of step " << step;
    optimizer.step(1e-3);
  }
}

TEST(Parity, TenLossesOfFullTuning) {
  const auto model = tiny_bert();
  const auto options = plain_options("full");
  expect_ten_losses(*model, apply_stage(*model, whole_row(*model, "full"), options), options, "full_losses");
}

TEST(Parity, TenLossesOfLora) {
  const auto model = tiny_bert();
  const auto options = plain_options("lora");
  const auto trained = apply_stage(*model, whole_row(*model, "lora"), options);
  int started = 0;
  for (const auto& one : trained) {
    if (!one.name.ends_with("lora_A.weight")) continue;
    torch::NoGradGuard no_grad;
    torch::Tensor(one.tensor).copy_(reference("lora_init/" + one.name));
    ++started;
  }
  EXPECT_EQ(started, 6);
  expect_ten_losses(*model, trained, options, "lora_losses");
}

}  // namespace
}  // namespace strop
