#include "models/bert/blocks.h"

#include <torch/types.h>

#include "nn/attention.h"

namespace strop::bert {

using torch::Tensor;

Embeddings::Embeddings(const Dims& dims, std::int64_t index)
    : Block("embeddings", index),
      dims_(dims),
      words_(dims.vocabulary, dims.width),
      positions_(dims.positions, dims.width),
      types_(dims.types, dims.width),
      norm_(dims.width, dims.eps) {
  add_layer("bert.embeddings.word_embeddings", words_);
  add_layer("bert.embeddings.position_embeddings", positions_);
  add_layer("bert.embeddings.token_type_embeddings", types_);
  add_layer("bert.embeddings.LayerNorm", norm_);
}

void Embeddings::forward(State& state, const Pass& pass) const {
  const Tensor sum = words_.forward(state.at("input_ids")) + positions_.forward(state.at("position_ids")) +
                     types_.forward(state.at("token_type_ids"));
  const Tensor normed = residual_norm(norm_, sum, Tensor(), {});
  state.set("hidden", dropout(normed, {pass.rate(dims_.hidden_dropout), pass.mask_key(index(), 0)}).to(pass.precision));
}

EncoderLayer::EncoderLayer(const Dims& dims, std::int64_t layer, std::int64_t index)
    : Block("encoder.layer." + std::to_string(layer), index),
      dims_(dims),
      first_row_only_(dims.first_row_only && layer + 1 == dims.layers),
      query_(dims.width, dims.width),
      key_(dims.width, dims.width),
      value_(dims.width, dims.width),
      attention_out_(dims.width, dims.width),
      up_(dims.width, dims.mlp),
      down_(dims.mlp, dims.width),
      attention_norm_(dims.width, dims.eps),
      out_norm_(dims.width, dims.eps),
      beside_mlp_(dims.width),
      query_key_value_({&query_, &key_, &value_}),
      key_value_({&key_, &value_}) {
  const std::string prefix = "bert." + name() + ".";
  add_layer(prefix + "attention.self.query", query_);
  add_layer(prefix + "attention.self.key", key_);
  add_layer(prefix + "attention.self.value", value_);
  add_layer(prefix + "attention.output.dense", attention_out_);
  add_layer(prefix + "attention.output.LayerNorm", attention_norm_);
  add_layer(prefix + "intermediate.dense", up_);
  add_layer(prefix + "output.dense", down_);
  add_layer(prefix + "output.LayerNorm", out_norm_);
  add_layer(prefix + "adaptmlp", beside_mlp_);
}

std::vector<Port> EncoderLayer::writes() const {
  if (first_row_only_) return {{"hidden", Rows::token}, {kBounds, Rows::bounds}};
  return {{"hidden", Rows::token}};
}

void EncoderLayer::forward(State& state, const Pass& pass) const {
  const Tensor x = state.at("hidden").to(pass.precision);
  const Tensor bounds = state.at(kBounds);
  Tensor residual = x, query_bounds = bounds;
  std::vector<Tensor> parts;  // q|k|v, or q and k|v
  if (first_row_only_) {
    residual = x.index_select(0, bounds.narrow(0, 0, bounds.numel() - 1).to(x.device()));
    query_bounds = torch::arange(bounds.numel(), bounds.options());
    parts = {linear(query_, residual, pass), key_value_.forward(x, pass)};
  } else {
    parts = {query_key_value_.forward(x, pass)};
  }
  const double rate = pass.rate(dims_.hidden_dropout);
  const Tensor context = packed_attention(parts, query_bounds, bounds,
                                          {dims_.heads, pass.rate(dims_.attention_dropout), pass.mask_key(index(), 0)});
  const Tensor attended = residual_norm(attention_norm_, linear(attention_out_, context, pass), residual,
                                        {rate, pass.mask_key(index(), 1)});
  const Tensor mlp = beside_mlp_.add(attended, gelu_mlp(up_, down_, attended, pass), pass);
  state.set("hidden", residual_norm(out_norm_, mlp, attended, {rate, pass.mask_key(index(), 2)}));
  if (first_row_only_) state.set(kBounds, query_bounds);
}

double EncoderLayer::multiply_adds(double tokens) const {
  const auto width = static_cast<double>(dims_.width), mlp = static_cast<double>(dims_.mlp);
  const double queries = first_row_only_ ? 1 : tokens;
  return 2 * width * width * tokens + (2 * width * width + 2 * width * mlp) * queries + 2 * queries * tokens * width;
}

Pooler::Pooler(const Dims& dims, std::string pooling, std::int64_t index)
    : Block("pooler", index), dims_(dims), pooling_(std::move(pooling)), dense_(dims.width, dims.width) {
  if (pooling_ == "pooler") add_layer("bert.pooler.dense", dense_);
}

void Pooler::forward(State& state, const Pass& pass) const {
  const Tensor hidden = state.at("hidden").to(pass.precision), bounds = state.at(kBounds);
  const auto samples = bounds.numel() - 1;
  const Tensor starts = bounds.narrow(0, 0, samples).to(hidden.device());
  if (pooling_ == "mean") {
    const Tensor lengths = bounds.narrow(0, 1, samples).to(hidden.device()) - starts;
    const Tensor owner = torch::repeat_interleave(lengths);
    const Tensor owned = hidden.narrow(0, 0, owner.numel()).to(torch::kFloat);
    const Tensor sum = torch::zeros({samples, hidden.size(1)}, owned.options()).index_add(0, owner, owned);
    state.set("pooled", (sum / lengths.unsqueeze(1)).to(pass.precision));
    return;
  }
  const Tensor first = hidden.size(0) == samples ? hidden : hidden.index_select(0, starts);
  state.set("pooled", pooling_ == "cls" ? first : at::tanh(linear(dense_, first, pass)));
}

double Pooler::multiply_adds(double) const {
  return pooling_ == "pooler" ? static_cast<double>(dims_.width * dims_.width) : 0;
}

Classifier::Classifier(const Dims& dims, std::int64_t labels, std::int64_t index)
    : Block("classifier", index), dims_(dims), dense_(dims.width, labels) {
  add_layer("classifier", dense_);
}

void Classifier::forward(State& state, const Pass& pass) const {
  const Tensor pooled =
      dropout(state.at("pooled").to(torch::kFloat), {pass.rate(dims_.classifier_dropout), pass.mask_key(index(), 0)});
  Pass full = pass;
  full.precision = torch::kFloat;  // a few thousand multiply-adds: no reason to round the logits
  state.set("logits", linear(dense_, pooled, full));
}

double Classifier::multiply_adds(double) const { return static_cast<double>(dims_.width * dense_.out()); }

}  // namespace strop::bert
