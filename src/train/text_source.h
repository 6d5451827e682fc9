// Tokenised text as packed batches: input_ids, position_ids, token_type_ids (one row a token) and cu_seqlens.
#pragma once

#include <string>
#include <vector>

#include "data/augment_text.h"
#include "data/text_data.h"
#include "text/tokenizer.h"
#include "train/batch_source.h"

namespace strop {

struct TextAugment {
  std::vector<TextOperation> operations;  // empty: none
  double rate = 0.1;
  std::uint64_t seed = 42;
  std::int64_t views = 1;  // different augmented copies of a sample
};

class TextSource : public BatchSource {
 public:
  // Tokenises all rows once, split among the threads (millions of tokens/s a core: docs/benchmarks.md); `split` and
  // `tokenizer` must outlive the source. Augmented views are made and tokenised when asked for.
  TextSource(const TextSplit& split, const Tokenizer& tokenizer, std::int64_t max_length, TextAugment augment);

  std::size_t size() const override { return split_.size(); }
  std::size_t first_block() const override { return 0; }
  const std::vector<std::int64_t>& lengths() const override { return lengths_; }
  const std::vector<std::int32_t>& labels() const override { return split_.labels; }
  std::int64_t views() const override { return augment_.operations.empty() ? 1 : augment_.views; }
  State make(std::span<const std::int64_t> samples, std::int64_t view) override;

  std::int64_t cut_rows() const override { return truncated_; }  // longer than max_length

 private:
  // Ids and type ids of one row; type ids stay empty where all are 0.
  bool encode(std::int64_t sample, std::int64_t view, std::vector<std::int32_t>& ids,
              std::vector<std::int32_t>& types) const;

  const TextSplit& split_;
  const Tokenizer& tokenizer_;
  std::int64_t max_length_;
  TextAugment augment_;
  std::vector<std::int32_t> ids_, types_;  // of all rows, one after the other; types_ empty where all are 0
  std::vector<std::int64_t> begins_;       // size() + 1
  std::vector<std::int64_t> lengths_;
  std::int64_t truncated_ = 0;
};

}  // namespace strop
