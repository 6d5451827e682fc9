// Facts measured on a few samples: what they are in numbers, and that the model is left as it was.
#include "train/measure_blocks.h"

#include "models/reference_case.h"
#include "train/counting_allocator.h"

namespace strop {
namespace {

using torch::Tensor;

// As many copies of the first picture of the reference as asked for.
State pictures(const ReferenceCase& one, std::int64_t count) {
  State state;
  state.set("pixels",
            one.tensor("pixels").narrow(0, 0, 1).repeat({count, 1, 1, 1}).contiguous(at::MemoryFormat::ChannelsLast));
  return state;
}

TEST(MeasureBlocks, FillsTimesAndNumbersOfOneSample) {
  count_tensor_memory();
  for (const auto* name : {"vit/vit", "convnext/hf"}) {
    const ReferenceCase one(name);
    const auto model = one.model();
    auto facts = model_facts(*model, 1, false), twice = facts;
    const std::size_t from = model->size() / 2;
    measure_blocks(facts.blocks, *model, pictures(one, 4), 4, from);
    measure_blocks(twice.blocks, *model, pictures(one, 8), 8, from);
    for (std::size_t i = 0; i < model->size(); ++i) {
      const auto& block = facts.blocks[i];
      EXPECT_GT(block.seconds, 0) << name << ' ' << block.name;
      EXPECT_GT(block.resting, block.live) << name << ' ' << block.name;
      EXPECT_EQ(block.training_seconds > 0, i >= from) << name << ' ' << block.name;
      if (i < from) continue;
      // What a sample holds does not depend on how many there are.
      EXPECT_GT(block.held, 0) << name << ' ' << block.name;
      EXPECT_NEAR(block.held, twice.blocks[i].held, 0.1 * block.held + 64) << name << ' ' << block.name;
    }
  }
}

TEST(MeasureBlocks, LeavesTheModelAsItWas) {
  const ReferenceCase one("vit/vit");
  const auto model = one.model();
  std::vector<std::pair<const void*, Tensor>> before;
  for (const auto& [name, tensor] : model->tensors()) before.emplace_back(tensor.const_data_ptr(), tensor.clone());
  auto facts = model_facts(*model, 1, false);
  measure_blocks(facts.blocks, *model, pictures(one, 2), 2, 0);
  std::size_t i = 0;
  for (const auto& [name, tensor] : model->tensors()) {
    EXPECT_EQ(tensor.const_data_ptr(), before[i].first) << name;
    EXPECT_TRUE(same_bits(tensor, before[i].second)) << name;
    EXPECT_FALSE(tensor.requires_grad()) << name;
    ++i;
  }
  EXPECT_LT((logits_of(*model, one.pixels()) - one.tensor("logits")).abs().max().item<double>(), 1e-4);
}

}  // namespace
}  // namespace strop
