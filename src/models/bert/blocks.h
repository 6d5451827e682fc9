// The blocks of a BERT row. State: input_ids, position_ids, token_type_ids (token), cu_seqlens (bounds) -> hidden
// (token) -> pooled (sample) -> logits (sample).
#pragma once

#include "nn/block.h"
#include "nn/embedding.h"
#include "nn/linear.h"
#include "nn/norm.h"
#include "nn/slot.h"

namespace strop::bert {

struct Dims {
  std::int64_t width, heads, mlp, layers, positions, vocabulary, types;
  double eps, hidden_dropout, attention_dropout, classifier_dropout;
  bool first_row_only;  // the head reads the first token of each sequence alone
};

// layer_norm(word + position + type), dropout. Reads ids, writes hidden.
class Embeddings : public Block {
 public:
  Embeddings(const Dims& dims, std::int64_t index);
  std::vector<std::string> reads() const override { return {"input_ids", "position_ids", "token_type_ids"}; }
  std::vector<Port> writes() const override { return {{"hidden", Rows::token}}; }
  void forward(State& state, const Pass& pass) const override;
  double multiply_adds(double) const override { return 0; }

 private:
  Dims dims_;
  Embedding words_, positions_, types_;
  LayerNorm norm_;
};

// Post-norm attention and MLP. The last layer of a first-row model leaves one row a sequence (and says so in
// cu_seqlens).
class EncoderLayer : public Block {
 public:
  EncoderLayer(const Dims& dims, std::int64_t layer, std::int64_t index);
  std::vector<std::string> reads() const override { return {"hidden", kBounds}; }
  std::vector<Port> writes() const override;
  void forward(State& state, const Pass& pass) const override;
  double multiply_adds(double tokens) const override;

 private:
  Dims dims_;
  bool first_row_only_;
  Linear query_, key_, value_, attention_out_, up_, down_;
  LayerNorm attention_norm_, out_norm_;
  BranchSlot beside_mlp_;
  LinearGroup query_key_value_, key_value_;
};

// tanh(dense(first token)), the first token itself, or the mean of the tokens: writes pooled.
class Pooler : public Block {
 public:
  Pooler(const Dims& dims, std::string pooling, std::int64_t index);
  std::vector<std::string> reads() const override { return {"hidden", kBounds}; }
  std::vector<Port> writes() const override { return {{"pooled", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  double multiply_adds(double) const override;

 private:
  Dims dims_;
  std::string pooling_;
  Linear dense_;
};

// dropout, linear: writes logits in fp32.
class Classifier : public Block {
 public:
  Classifier(const Dims& dims, std::int64_t labels, std::int64_t index);
  std::vector<std::string> reads() const override { return {"pooled"}; }
  std::vector<Port> writes() const override { return {{"logits", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  double multiply_adds(double) const override;

 private:
  Dims dims_;
  Linear dense_;
};

}  // namespace strop::bert
