#include "train/estimate_norms.h"

#include <numeric>

#include "models/conv_reference.h"
#include "nn/compare.h"
#include "nn/conv.h"
#include "train/box_scenes.h"

namespace strop {
namespace {

using Statistics = BatchNorm2d::Statistics;

// Pictures as samples.
class Pictures : public BatchSource {
 public:
  explicit Pictures(torch::Tensor pixels) : pixels_(std::move(pixels)), lengths_(size(), 1), labels_(size(), 0) {}
  std::size_t size() const override { return static_cast<std::size_t>(pixels_.size(0)); }
  std::size_t first_block() const override { return 0; }
  const std::vector<std::int64_t>& lengths() const override { return lengths_; }
  const std::vector<std::int32_t>& labels() const override { return labels_; }
  State make(std::span<const std::int64_t> samples, std::int64_t) override {
    State state;
    state.set("pixels", pixels_.index_select(0, torch::tensor(std::vector(samples.begin(), samples.end())))
                            .contiguous(at::MemoryFormat::ChannelsLast));
    state.set(kTargets, torch::zeros({static_cast<std::int64_t>(samples.size()), 0, 5}));
    return state;
  }

 private:
  torch::Tensor pixels_;
  std::vector<std::int64_t> lengths_;
  std::vector<std::int32_t> labels_;
};

std::vector<BatchNorm2d*> norms_of(const Model& model) {
  std::vector<BatchNorm2d*> all;
  for (const auto& [name, layer] : model.layers()) {
    if (auto* norm = dynamic_cast<BatchNorm2d*>(layer)) all.push_back(norm);
  }
  return all;
}

// Whatever pass a block would take at rest (several convolutions in one): each norm is reached.
TEST(EstimateNorms, ReachesEveryFreshNorm) {
  const auto model = open_model(tiny_detector() / "weights.pth", {}).model;
  Pictures pictures(picture(2, 64));
  const auto norms = norms_of(*model);
  for (auto* norm : norms) norm->statistics = Statistics::fresh;
  EXPECT_EQ(estimate_norms(*model, pictures), static_cast<std::int64_t>(norms.size()));
  for (const auto* norm : norms) EXPECT_EQ(norm->statistics, Statistics::measured);
  EXPECT_EQ(estimate_norms(*model, pictures), 0);
}

// More pictures than go at once through what has its statistics: those above are of all of them.
TEST(EstimateNorms, IsOfAllRowsThoughTheyGoInParts) {
  const auto model = open_model(tiny_detector() / "weights.pth", {}).model;
  Pictures pictures(picture(20, 64));
  const auto head = [&](Statistics statistics) {
    std::vector<torch::Tensor> found;
    for (std::size_t i = model->head_begin(); i < model->size(); ++i) {
      for (const auto& [name, layer] : model->block(i).layers()) {
        auto* norm = dynamic_cast<BatchNorm2d*>(layer);
        if (norm == nullptr) continue;
        found.insert(found.end(), {norm->running_mean, norm->running_var});
        norm->statistics = statistics;
      }
    }
    return found;
  };
  head(Statistics::fresh);
  EXPECT_GT(estimate_norms(*model, pictures), 0);
  const auto in_parts = head(Statistics::fresh);
  torch::NoGradGuard no_grad;
  std::vector<std::int64_t> all(pictures.size());
  std::iota(all.begin(), all.end(), 0);
  State state = pictures.make(all, 0);
  Pass pass;
  pass.estimates_norms = true;
  model->forward(state, pass, 0, model->size());
  const auto at_once = head(Statistics::measured);
  ASSERT_EQ(at_once.size(), in_parts.size());
  for (std::size_t i = 0; i < at_once.size(); ++i) expect_close(in_parts[i], at_once[i], 1e-4, std::to_string(i));
}

// A file whose norms are folded into the convolutions: the statistics are those of the data, the answers as before.
TEST(EstimateNorms, UnfoldsWhatIsToLearn) {
  const auto model = open_model(tiny_detector() / "weights.pth", {}).model;
  Pictures pictures(picture(2, 64));
  torch::NoGradGuard no_grad;
  const auto norms = norms_of(*model);
  for (auto* norm : norms) {
    norm->running_mean = torch::zeros_like(norm->running_mean);
    norm->running_var = torch::ones_like(norm->running_var);
  }
  const auto answers = [&] {
    State state = pictures.make(std::vector<std::int64_t>{0}, 0);
    model->forward(state, {}, 0, model->size());
    return state;
  };
  const State before = answers();
  EXPECT_EQ(estimate_norms(*model, pictures), 0) << "statistics that stay may stay folded";
  for (auto* norm : norms) norm->momentum = 0.1;
  EXPECT_EQ(estimate_norms(*model, pictures), static_cast<std::int64_t>(norms.size()));
  const State after = answers();
  for (const auto& name : model->detector->outputs()) expect_close(after.at(name), before.at(name), 1e-4, name);
}

}  // namespace
}  // namespace strop
