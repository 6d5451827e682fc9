#include "nn/slot.h"

#include "compare.h"

namespace strop {
namespace {

using torch::Tensor;

// Appends its tokens to the block's.
class Appended : public Adapter {
 public:
  explicit Appended(Tensor tokens) : tokens_(std::move(tokens)) {}
  Tensor input(const Tensor& x) const override { return at::cat({x, tokens_.expand({x.size(0), -1, -1})}, 1); }
  Tensor output(const Tensor& x, const Tensor& y, const Layer&, const Pass&) const override { return y + 2 * x; }
  void merge(const Layer&, Tensor&, Tensor&) const override {}
  std::map<std::string, Tensor*> tensors() override { return {}; }

 private:
  Tensor tokens_;
};

TEST(BranchSlot, AddsWhatStandsInIt) {
  BranchSlot slot(4);
  const Tensor x = seeded({3, 4}, 1), y = seeded({3, 4}, 2);
  EXPECT_TRUE(same_bits(slot.add(x, y, {}), y));
  slot.adapter = std::make_unique<Appended>(Tensor());
  expect_close(slot.add(x, y, {}), y + 2 * x, 1e-6, "sum");
  EXPECT_TRUE(slot.stored().empty());
  EXPECT_EQ(slot.parameters(), 0);
}

// Through three blocks, of which the first and the last have tokens of their own.
TEST(TokenSlot, PassesTokensOnUntilOthersTakeTheirPlace) {
  TokenSlot first(4), second(4), third(4);
  const Tensor own = seeded({2, 3, 4}, 1), a = seeded({1, 2, 4}, 2), b = seeded({1, 5, 4}, 3);
  State state;
  EXPECT_TRUE(same_bits(first.enter(state, own), own)) << "nothing stands anywhere";
  first.adapter = std::make_unique<Appended>(a);
  third.adapter = std::make_unique<Appended>(b);
  const Tensor inside = first.enter(state, own);
  EXPECT_EQ(inside.sizes().vec(), (std::vector<std::int64_t>{2, 5, 4}));
  EXPECT_TRUE(same_bits(first.leave(state, inside * 2, 3).contiguous(), own * 2));
  const Tensor next = second.enter(state, own);
  expect_close(next.narrow(1, 3, 2), (a * 2).expand({2, 2, 4}), 1e-6, "passed on");
  second.leave(state, next, 3);
  EXPECT_EQ(third.enter(state, own).size(1), 8) << "replaced";
  // A block that keeps fewer tokens than it got leaves no prompts.
  third.leave(state, own.narrow(1, 0, 1), 3);
  EXPECT_TRUE(state.tensors().empty());
}

}  // namespace
}  // namespace strop
