// The cache before a cut gives the bits that the whole row gives, whatever is asked first and wherever it lies.
#include "train/prefix_source.h"

#include <torch/types.h>

#include <numeric>

#include "models/reference.h"
#include "nn/compare.h"
#include "random_tokens.h"
#include "temp_folder.h"

namespace strop {
namespace {

using torch::Tensor;

constexpr std::int64_t kRoom = 64 << 20;

struct Bench {
  TempFolder folder;
  RandomTokens tokens;
  std::unique_ptr<Model> model = tiny_bert();

  std::unique_ptr<PrefixSource> source(std::size_t cut, CacheKind kind, std::int64_t limit = kRoom) {
    const PrefixCache cache{kind, 1, limit, folder.path()};
    return std::make_unique<PrefixSource>(tokens, *model, cut, torch::kFloat, cache);
  }
};

std::vector<std::vector<std::int64_t>> shuffled_batches(std::uint64_t seed) {
  std::vector<std::int64_t> order(150);
  std::iota(order.begin(), order.end(), 0);
  Rng rng(seed, RngUse::order);
  rng.shuffle(order);
  std::vector<std::vector<std::int64_t>> batches;
  for (std::size_t at = 0; at < order.size(); at += 32) {
    batches.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(at),
                         order.begin() + static_cast<std::ptrdiff_t>(std::min(order.size(), at + 32)));
  }
  return batches;
}

// Rows that samples own have the same bits; the rows behind (nn/state.h) are as many, since shapes choose kernels.
void expect_same_state(const Model& model, std::size_t cut, const State& found, const State& expected) {
  ASSERT_EQ(found.tensors().size(), expected.tensors().size());
  for (const auto& port : model.live_at(cut)) {
    const Tensor &a = found.at(port.name), &b = expected.at(port.name);
    ASSERT_EQ(a.sizes(), b.sizes()) << port.name << " before block " << cut;
    const auto rows = port.rows == Rows::token ? expected.at("cu_seqlens")[-1].item<std::int64_t>() : a.size(0);
    EXPECT_TRUE(same_bits(a.narrow(0, 0, rows), b.narrow(0, 0, rows))) << port.name << " before block " << cut;
    EXPECT_TRUE(a.isfinite().all().item<bool>()) << port.name;
  }
}

TEST(PrefixSource, SameBitsHoweverItIsAsked) {
  Bench bench;
  for (std::size_t cut = 0; cut <= bench.model->size(); ++cut) {
    const auto reference = bench.source(cut, CacheKind::ram);  // asked in data order
    std::vector<std::int64_t> all(150);
    std::iota(all.begin(), all.end(), 0);
    reference->make(all, 0);
    for (const auto& [kind, limit] : {std::pair{CacheKind::ram, kRoom},
                                      {CacheKind::disk, kRoom},
                                      {CacheKind::ram, std::int64_t{40000}},
                                      {CacheKind::ram, std::int64_t{0}}}) {
      const auto source = bench.source(cut, kind, limit);
      for (const std::uint64_t epoch : {0, 1}) {
        for (const auto& batch : shuffled_batches(epoch))
          expect_same_state(*bench.model, cut, source->make(batch, 0), reference->make(batch, 0));
      }
      EXPECT_LE(source->cached_bytes(), limit);
    }
  }
}

TEST(PrefixSource, UncachedIsNear) {
  Bench bench;
  for (const std::size_t cut : {1, 3, 4, 5}) {
    const auto cached = bench.source(cut, CacheKind::ram), plain = bench.source(cut, CacheKind::none);
    for (const auto& batch : shuffled_batches(4)) {
      const State a = cached->make(batch, 0), b = plain->make(batch, 0);
      for (const auto& port : bench.model->live_at(cut)) {
        const auto rows =
            port.rows == Rows::token ? b.at("cu_seqlens")[-1].item<std::int64_t>() : a.at(port.name).size(0);
        expect_close(a.at(port.name).narrow(0, 0, rows), b.at(port.name).narrow(0, 0, rows), 1e-5, port.name);
      }
    }
  }
}

TEST(PrefixSource, EachSampleRunsOnceWhereThereIsRoom) {
  Bench bench;
  for (const auto kind : {CacheKind::ram, CacheKind::disk}) {
    const auto source = bench.source(4, kind);
    for (const std::uint64_t epoch : {0, 1, 2}) {
      for (const auto& batch : shuffled_batches(epoch)) source->make(batch, 0);
    }
    EXPECT_EQ(source->computed_samples(), 150);
    EXPECT_GT(source->cached_bytes(), 0);
  }
  const auto full = bench.source(2, CacheKind::ram, 40000);
  for (const std::uint64_t epoch : {0, 1, 2}) {
    for (const auto& batch : shuffled_batches(epoch)) full->make(batch, 0);
  }
  EXPECT_GT(full->computed_samples(), 150);
}

TEST(PrefixSource, ViewsAreKeptApart) {
  Bench bench;
  const auto source = bench.source(3, CacheKind::ram), one = bench.source(3, CacheKind::ram);
  const auto batches = shuffled_batches(1);
  for (const auto& batch : batches) source->make(batch, 0);
  for (const auto& batch : batches) {
    const State second = source->make(batch, 1), first = source->make(batch, 0);
    EXPECT_FALSE(at::equal(second.at("hidden"), first.at("hidden")));
    expect_same_state(*bench.model, 3, second, one->make(batch, 1));
  }
  EXPECT_EQ(source->computed_samples(), 300);
}

TEST(PrefixSource, SuffixBehindTheCacheGivesTheLogitsOfTheWhole) {
  Bench bench;
  torch::NoGradGuard no_grad;
  const std::vector<std::int64_t> samples = {149, 3, 64, 63, 70};
  State whole = bench.tokens.make(samples, 0);
  bench.model->forward(whole, {}, 0, bench.model->size());
  for (std::size_t cut = 0; cut < bench.model->size(); ++cut) {
    const auto source = bench.source(cut, CacheKind::ram);
    State state = source->make(samples, 0);
    EXPECT_EQ(source->first_block(), cut);
    bench.model->forward(state, {}, cut, bench.model->size());
    expect_close(state.at("logits"), whole.at("logits"), 1e-5, "logits behind block " + std::to_string(cut));
  }
}

TEST(PrefixSource, DiskCacheLeavesNoFile) {
  Bench bench;
  const auto source = bench.source(2, CacheKind::disk);
  source->make(shuffled_batches(0)[0], 0);
  EXPECT_TRUE(std::filesystem::is_empty(bench.folder.path()));
  const PrefixCache nowhere{CacheKind::disk, 1, kRoom, bench.folder.path() / "absent"};
  EXPECT_THROW(PrefixSource(bench.tokens, *bench.model, 2, torch::kFloat, nowhere), std::exception);
}

}  // namespace
}  // namespace strop
