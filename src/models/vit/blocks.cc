#include "models/vit/blocks.h"

#include <torch/types.h>

#include "nn/attention.h"

namespace strop::vit {

using torch::Tensor;

namespace {

// The bounds of `samples` sequences of `tokens` rows each.
Tensor even_bounds(std::int64_t samples, std::int64_t tokens) {
  return torch::arange(0, samples * tokens + 1, tokens, torch::kLong);
}

// Of each sample a random share of its rows, other ones for each key.
Tensor some_rows(const Tensor& x, double left_out, std::uint64_t key) {
  const auto samples = x.size(0), rows = x.size(1);
  const auto kept = std::max<std::int64_t>(1, std::llround(static_cast<double>(rows) * (1 - left_out)));
  auto generator = at::make_generator<at::CPUGeneratorImpl>(key);
  const Tensor order =
      torch::rand({samples, rows}, generator).argsort(/*dim=*/std::int64_t{1}).narrow(1, 0, kept).to(x.device());
  return x.gather(1, order.unsqueeze(2).expand({samples, kept, x.size(2)}));
}

}  // namespace

Embeddings::Embeddings(const Dims& dims, const Names& names, std::int64_t index, std::shared_ptr<MidPositions> mid)
    : Block("embeddings", index),
      dims_(dims),
      mid_(std::move(mid)),
      cls_token_(LayerKind::table, {1, 1, dims.width}, false, ""),
      distillation_token_(LayerKind::table, {1, 1, dims.width}, false, ""),
      detection_tokens_(LayerKind::table, {1, dims.detections, dims.width}, false, ""),
      mask_token_(LayerKind::table, {1, dims.width}, false, ""),
      positions_(LayerKind::table, {1, dims.placements(), dims.width}, false, ""),
      projection_(LayerKind::conv, {dims.width, dims.channels, dims.patch, dims.patch}, true) {
  add_layer(names.cls_token, cls_token_);
  if (dims.distilled) add_layer(names.distillation_token, distillation_token_);
  if (dims.detections > 0) add_layer(names.detection_tokens, detection_tokens_);
  if (dims.mask_token) add_layer(names.mask_token, mask_token_);
  if (mid_) add_layer(names.mid_positions, mid_->table);
  add_layer(names.positions, positions_);
  add_layer(names.projection, projection_);
}

std::vector<Port> Embeddings::writes() const {
  if (dims_.detections == 0) return {{"hidden", Rows::sample}};
  return {{"hidden", Rows::sample}, {kSides, Rows::sample}};
}

// The convolution's stride is its size, so it is a product over the patches laid out as rows.
Tensor Embeddings::patches(const Tensor& pixels, const Pass& pass) const {
  const auto samples = pixels.size(0), channels = pixels.size(1), p = dims_.patch;
  const auto rows = pixels.size(2) / p, columns = pixels.size(3) / p;
  const Tensor whole = pixels.narrow(2, 0, rows * p).narrow(3, 0, columns * p).to(pass.precision);
  const Tensor by_patch = whole.reshape({samples, channels, rows, p, columns, p}).permute({0, 2, 4, 3, 5, 1});
  const Tensor weight = projection_.weight_in(pass.precision).permute({0, 2, 3, 1}).reshape({dims_.width, -1});
  return at::linear(by_patch.reshape({samples, rows * columns, -1}), weight, projection_.bias_in(pass.precision));
}

Tensor Embeddings::positions(std::int64_t rows, std::int64_t columns) const {
  const Tensor table = positions_.weight.narrow(1, dims_.placed(), dims_.rows * dims_.columns);
  if (table_fits(rows, columns)) return table;
  const Tensor grid = table.reshape({1, dims_.rows, dims_.columns, dims_.width}).permute({0, 3, 1, 2});
  const std::vector<std::int64_t> size = {rows, columns};
  const Tensor scaled = dims_.antialias
                            ? at::_upsample_bicubic2d_aa(grid, size, false, std::nullopt, std::nullopt)
                            : at::upsample_bicubic2d(grid, size, dims_.by_corners, std::nullopt, std::nullopt);
  return scaled.permute({0, 2, 3, 1}).reshape({1, rows * columns, dims_.width});
}

Tensor Embeddings::first_tokens(torch::ScalarType precision) const {
  Tensor first = cls_token_.weight_in(precision);
  if (dims_.distilled) first = at::cat({first, distillation_token_.weight_in(precision)}, 1);
  if (dims_.first_placed) first = first + positions_.weight.narrow(1, 0, dims_.placed()).to(precision);
  if (dims_.detections == 0) return first;
  const Tensor places = positions_.weight.narrow(1, dims_.placements() - dims_.detections, dims_.detections);
  return at::cat({detection_tokens_.weight_in(precision) + places.to(precision), first}, 1);
}

void Embeddings::forward(State& state, const Pass& pass) const {
  const Tensor pixels = state.at("pixels");
  const auto samples = pixels.size(0), prefix = dims_.prefix();
  Tensor tokens =
      patches(pixels, pass) + positions(pixels.size(2) / dims_.patch, pixels.size(3) / dims_.patch).to(pass.precision);
  if (pass.training && pass.patch_dropout > 0 && !mid_) {
    tokens = some_rows(tokens, pass.patch_dropout, pass.mask_key(index(), 1));
  }
  const Tensor hidden = at::cat({first_tokens(pass.precision).expand({samples, prefix, dims_.width}), tokens}, 1);
  state.set("hidden", dropout(hidden, {pass.rate(dims_.hidden_dropout), pass.mask_key(index(), 0)}));
  if (dims_.detections == 0) return;
  const Tensor sides = torch::tensor({static_cast<float>(pixels.size(3)), static_cast<float>(pixels.size(2))});
  state.set(kSides, sides.expand({samples, 2}).contiguous());
}

void Embeddings::fit_pictures(std::int64_t height, std::int64_t width) {
  const auto rows = height / dims_.patch, columns = width / dims_.patch;
  if (table_fits(rows, columns)) return;
  torch::NoGradGuard no_grad;
  const Tensor behind = positions_.weight.narrow(1, dims_.placements() - dims_.detections, dims_.detections);
  positions_.replace_weight(
      at::cat({positions_.weight.narrow(1, 0, dims_.placed()), positions(rows, columns), behind}, 1));
  if (mid_) mid_->fit(rows, columns);
  dims_.rows = rows;
  dims_.columns = columns;
}

std::string Embeddings::fit_advice(std::int64_t height, std::int64_t width) const {
  return table_fits(height / dims_.patch, width / dims_.patch) ? "" : dims_.size_advice;
}

double Embeddings::multiply_adds(double) const {
  return static_cast<double>(dims_.image_rows * dims_.image_columns) *
         static_cast<double>(dims_.patch * dims_.patch * dims_.channels * dims_.width);
}

EncoderLayer::EncoderLayer(const Dims& dims, const Names& names, std::int64_t layer, std::int64_t index,
                           std::shared_ptr<MidPositions> mid)
    : Block(names.block + std::to_string(layer), index),
      dims_(dims),
      layer_(layer),
      mid_(layer + 1 < dims.layers ? std::move(mid) : nullptr),
      kept_(layer + 1 == dims.layers ? dims.read_tokens() : 0),
      norm1_(dims.width, dims.eps),
      norm2_(dims.width, dims.eps),
      out_(dims.width, dims.width),
      up_(dims.width, dims.mlp),
      down_(dims.mlp, dims.width),
      scale1_(LayerKind::table, {dims.width}, false, names.scale_suffix),
      scale2_(LayerKind::table, {dims.width}, false, names.scale_suffix),
      prompts_(dims.width),
      beside_mlp_(dims.width),
      query_key_value_({}),
      key_value_({}) {
  const std::string prefix = names.prefix + name() + ".";
  const auto add = [&](const std::string& own, Layer& one) { add_layer(prefix + own, one); };
  const auto project = [&](const std::string& own, std::int64_t out) {
    projections_.push_back(std::make_unique<Linear>(dims.width, out, dims.qkv_bias, names.query_suffix));
    add(own, *projections_.back());
  };
  add(names.norm1, norm1_);
  if (names.query_key_value.empty()) {
    for (const auto* own : {&names.query, &names.key, &names.value}) project(*own, dims.width);
    query_key_value_ = LinearGroup({projections_[0].get(), projections_[1].get(), projections_[2].get()});
    key_value_ = LinearGroup({projections_[1].get(), projections_[2].get()});
  } else {
    project(names.query_key_value, 3 * dims.width);
    query_key_value_ = LinearGroup({projections_[0].get()});
  }
  add(names.out, out_);
  if (dims.layer_scale) add(names.scale1, scale1_);
  add(names.norm2, norm2_);
  add(names.up, up_);
  add(names.down, down_);
  if (dims.layer_scale) add(names.scale2, scale2_);
  add("prompts", prompts_);
  add("adaptmlp", beside_mlp_);
}

// Prompts that an earlier block left are read unless others take their place.
std::vector<std::string> EncoderLayer::reads() const {
  std::vector<std::string> names = {"hidden"};
  if (!prompts_.adapter) names.emplace_back(TokenSlot::kPort);
  if (mid_) names.emplace_back(kSides);
  return names;
}

std::vector<Port> EncoderLayer::writes() const {
  if (!prompts_.adapter) return {{"hidden", Rows::sample}};
  return {{"hidden", Rows::sample}, {TokenSlot::kPort, Rows::sample}};
}

Tensor EncoderLayer::attention(const Tensor& normed, std::int64_t samples, std::int64_t kept, const Pass& pass) const {
  const auto tokens = normed.size(0) / samples, width = dims_.width;
  const auto first_rows = [&](const Tensor& x) {
    return x.view({samples, tokens, x.size(1)}).narrow(1, 0, kept).reshape({samples * kept, x.size(1)});
  };
  std::vector<Tensor> parts;  // q|k|v, or q and k|v
  if (kept == tokens) {
    parts = {query_key_value_.forward(normed, pass)};
  } else if (projections_.size() == 3) {
    parts = {linear(*projections_[0], first_rows(normed), pass), key_value_.forward(normed, pass)};
  } else {
    const Tensor all = query_key_value_.forward(normed, pass);
    parts = {first_rows(all).narrow(1, 0, width), all.narrow(1, width, 2 * width)};
  }
  return packed_attention(parts, even_bounds(samples, kept), even_bounds(samples, tokens),
                          {dims_.heads, pass.rate(dims_.attention_dropout), pass.mask_key(index(), 0)});
}

Tensor EncoderLayer::scaled(const Layer& scale, const Tensor& x, const Pass& pass) const {
  return dims_.layer_scale ? x * scale.weight_in(pass.precision) : x;
}

void EncoderLayer::forward(State& state, const Pass& pass) const {
  const Tensor own = state.at("hidden").to(pass.precision);
  const Tensor hidden = prompts_.enter(state, own);
  const auto samples = hidden.size(0), tokens = hidden.size(1), kept = kept_ > 0 ? kept_ : tokens;
  const Tensor x = hidden.reshape({samples * tokens, dims_.width});
  const Tensor residual = kept == tokens ? x : hidden.narrow(1, 0, kept).reshape({samples * kept, dims_.width});
  const double rate = pass.rate(dims_.hidden_dropout);
  const Tensor context = attention(residual_norm(norm1_, x, Tensor(), {}), samples, kept, pass);
  const Tensor attended = scaled(scale1_, linear(out_, context, pass), pass);
  const auto [sum, normed] = sum_and_norm(norm2_, attended, residual, {rate, pass.mask_key(index(), 1)});
  const Tensor out = beside_mlp_.add(
      sum,
      rate > 0 || dims_.layer_scale
          ? sum + dropout(scaled(scale2_, gelu_mlp(up_, down_, normed, pass), pass), {rate, pass.mask_key(index(), 2)})
          : gelu_mlp(up_, down_, normed, pass, sum),
      pass);
  const Tensor left = prompts_.leave(state, out.view({samples, kept, dims_.width}), own.size(1));
  state.set("hidden", mid_ ? left + mid_->behind(layer_, state.at(kSides)).to(pass.precision) : left);
}

double EncoderLayer::multiply_adds(double) const {
  const auto width = static_cast<double>(dims_.width), mlp = static_cast<double>(dims_.mlp);
  const auto tokens = static_cast<double>(dims_.tokens());
  const double queries = kept_ > 0 ? static_cast<double>(kept_) : tokens;
  return 2 * width * width * tokens + (2 * width * width + 2 * width * mlp) * queries + 2 * queries * tokens * width;
}

Pooler::Pooler(const Dims& dims, const Names& names, std::int64_t index)
    : Block(names.final_norm.substr(names.prefix.size()), index), dims_(dims), norm_(dims.width, dims.eps) {
  add_layer(names.final_norm, norm_);
}

void Pooler::forward(State& state, const Pass& pass) const {
  const Tensor hidden = state.at("hidden").to(pass.precision);
  const auto samples = hidden.size(0), prefix = dims_.prefix();
  const auto normed = [&](const Tensor& x) {
    return residual_norm(norm_, x.reshape({-1, dims_.width}), Tensor(), {}).view({samples, -1, dims_.width});
  };
  const auto patch_mean = [&](const Tensor& x) {
    return x.narrow(1, prefix, x.size(1) - prefix).to(torch::kFloat).mean(1, /*keepdim=*/true).to(pass.precision);
  };
  Tensor pooled;
  if (dims_.pooling == Pooling::mean) {
    pooled = normed(patch_mean(hidden));
  } else if (dims_.pooling == Pooling::first_and_mean) {
    const Tensor all = normed(hidden);
    pooled = at::cat({all.narrow(1, 0, 1), patch_mean(all)}, 1);
  } else {
    pooled = normed(hidden.narrow(1, 0, dims_.read_tokens()));
  }
  state.set("pooled", pooled.reshape({samples, dims_.pooled()}));
}

TwoClassifiers::TwoClassifiers(const Dims& dims, const Names& names, std::int64_t labels, std::int64_t index)
    : Block("classifier", index), distillation_head_(dims.width, labels), head_(dims.width, labels) {
  add_layer(names.distillation_head, distillation_head_);
  add_layer(names.head, head_);
}

void TwoClassifiers::forward(State& state, const Pass& pass) const {
  const Tensor pooled = state.at("pooled").to(torch::kFloat);
  const Tensor first = pooled.narrow(1, 0, head_.in()), second = pooled.narrow(1, head_.in(), head_.in());
  Pass full = pass;
  full.precision = torch::kFloat;  // as in PictureHead
  state.set("logits", (linear(head_, first, full) + linear(distillation_head_, second, full)) / 2);
}

double TwoClassifiers::multiply_adds(double) const { return 2 * static_cast<double>(head_.in() * head_.out()); }

}  // namespace strop::vit
