// A source behind a frozen prefix: blocks first .. cut-1 run in inference form (no graph, no dropout, the prefix's
// precision) and, with a cache, once for each sample and view.
//
// What is kept is exactly what is live at the cut. Entries are computed in chunks of rows_at_once() samples in data-set
// order, whatever asks first, and read back even in the first epoch, so a refill after a crash gives the same bits.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <vector>

#include "models/model.h"
#include "train/batch_source.h"

namespace strop {

enum class CacheKind { none, ram, disk };

struct PrefixCache {
  CacheKind kind = CacheKind::none;
  std::int64_t views = 1;        // kept of each sample, at most those that the source has
  std::int64_t limit = 0;        // bytes; when they are full, further chunks are computed anew
  std::filesystem::path folder;  // holds the file of a disk cache, removed at the end
};

// Whether the blocks below `cut` take anything worth keeping or speeding up: tables of embeddings do not.
bool prefix_costs(const Model& model, std::size_t cut);

class PrefixSource : public BatchSource {
 public:
  // `source` and `model` must outlive it, and the prefix's weights must not change meanwhile. `losses`: nothing but
  // losses is asked of what it gives (Model::live_at).
  PrefixSource(BatchSource& source, const Model& model, std::size_t cut, torch::ScalarType precision,
               const PrefixCache& cache = {}, bool losses = false);
  ~PrefixSource() override;

  std::size_t size() const override { return source_.size(); }
  std::size_t first_block() const override { return cut_; }
  std::int64_t rows_at_once() const override { return chunk_rows_; }
  const std::vector<std::int64_t>& lengths() const override { return source_.lengths(); }
  const std::vector<std::int32_t>& labels() const override { return source_.labels(); }
  std::int64_t views() const override { return views_; }
  State make(std::span<const std::int64_t> samples, std::int64_t view) override;
  void prefetch(std::vector<Samples> batches, std::int64_t view) override;
  // What is cached has one size.
  std::int64_t steps_alike() const override { return cache_ == CacheKind::none ? source_.steps_alike() : 0; }
  void begin_steps(std::int64_t step) override { source_.begin_steps(step); }

  std::int64_t cached_bytes() const { return used_; }
  std::int64_t computed_samples() const { return computed_; }  // forward passes through the prefix so far

 private:
  struct Storage;
  State compute(std::span<const std::int64_t> samples, std::int64_t view);
  std::vector<std::int64_t> samples_of(std::int64_t chunk) const;
  // The state of a chunk; `keep` is where it lives if it is not cached.
  const State& chunk(std::int64_t number, std::int64_t view, State& keep);
  // A view that is wholly in memory becomes one tensor a name: a batch is then one gather.
  void pack(std::int64_t view);
  State gather(const State& packed, std::span<const std::int64_t> samples) const;

  BatchSource& source_;
  const Model& model_;
  std::size_t cut_;
  torch::ScalarType precision_;
  CacheKind cache_;
  std::int64_t views_, limit_, chunk_rows_, used_ = 0, computed_ = 0;
  std::vector<Port> live_;
  std::map<std::pair<std::int64_t, std::int64_t>, State> chunks_;  // (view, chunk)
  std::map<std::int64_t, std::int64_t> chunks_of_view_;
  std::map<std::int64_t, State> packed_;
  std::unique_ptr<Storage> storage_;
};

}  // namespace strop
