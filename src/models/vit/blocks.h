// The blocks of a vision transformer's row. State: pixels (sample) -> hidden (sample: N x tokens x width) -> pooled
// (sample) -> logits (sample).
//
// Tokens: detection tokens (of a detector), class token, distillation token, patches. Attention minds no order, and
// what a head reads stands first, so that the last layer can leave the rest; in files the table of positions has the
// detection tokens behind the patches.
#pragma once

#include <memory>

#include "models/vit/mid_positions.h"
#include "models/vit/names.h"
#include "nn/block.h"
#include "nn/linear.h"
#include "nn/norm.h"
#include "nn/slot.h"

namespace strop::vit {

// What the head reads of the last hidden tokens, normalised.
enum class Pooling {
  first,           // the class token
  first_two,       // class token and distillation token: 2 * width
  first_and_mean,  // class token and the mean of the patches: 2 * width (DINOv2 as Transformers has it)
  mean,            // the mean of the patches, normalised afterwards (timm's global_pool=avg)
};

struct Dims {
  std::int64_t width, heads, mlp, layers, patch, channels;
  std::int64_t rows, columns;  // patches that the position table was trained on
  double eps, hidden_dropout, attention_dropout;
  bool qkv_bias, layer_scale, distilled, mask_token;
  bool first_placed;  // the position table has rows for the first tokens too
  bool antialias;     // the position table is filtered when it shrinks (timm)
  bool by_corners;    // it is interpolated with its corners where they were (torchvision)
  Pooling pooling;
  const char* size_advice;  // by which its library takes pictures of another size than the table's; "": it needs none
  std::int64_t image_rows, image_columns;  // patches of the pictures that the model is told to read
  std::int64_t detections = 0;             // detection tokens, each with a row of the position table

  // Tokens before the patches.
  std::int64_t prefix() const { return detections + (distilled ? 2 : 1); }
  // Rows of the position table before those of the patches, and all of them.
  std::int64_t placed() const { return first_placed ? prefix() - detections : 0; }
  std::int64_t placements() const { return placed() + rows * columns + detections; }
  std::int64_t tokens() const { return image_rows * image_columns + prefix(); }
  // Tokens that the head reads, from the first; 0: all.
  std::int64_t read_tokens() const {
    if (detections > 0) return detections;
    return pooling == Pooling::first ? 1 : pooling == Pooling::first_two ? 2 : 0;
  }
  std::int64_t pooled() const {
    return pooling == Pooling::first_two || pooling == Pooling::first_and_mean ? 2 * width : width;
  }
};

// The name, in the state, of the sides of a detector's input in pixels: N x 2 fp32, width and height.
inline constexpr const char* kSides = "sides";

// Patches as tokens behind the first ones, positions added, dropout; a detector's also write kSides. In training
// Pass::patch_dropout of the patches are left out (Liu et al. 2022, arXiv 2208.07220), others for each sample; not
// where layers add positions of their own.
class Embeddings : public Block {
 public:
  // `mid`, the positions that layers add, is stored with these; null where there are none.
  Embeddings(const Dims& dims, const Names& names, std::int64_t index, std::shared_ptr<MidPositions> mid = nullptr);
  std::vector<std::string> reads() const override { return {"pixels"}; }
  std::vector<Port> writes() const override;
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;
  double multiply_adds(double) const override;
  void fit_pictures(std::int64_t height, std::int64_t width) override;
  std::string fit_advice(std::int64_t height, std::int64_t width) const override;

 private:
  bool table_fits(std::int64_t rows, std::int64_t columns) const {
    return rows == dims_.rows && columns == dims_.columns;
  }
  torch::Tensor patches(const torch::Tensor& pixels, const Pass& pass) const;
  // Of rows x columns patches: the table, interpolated (bicubic) where it was trained on others. 1 x patches x width.
  torch::Tensor positions(std::int64_t rows, std::int64_t columns) const;
  // Those before the patches, positions added: 1 x prefix x width.
  torch::Tensor first_tokens(torch::ScalarType precision) const;

  Dims dims_;
  std::shared_ptr<MidPositions> mid_;
  Layer cls_token_, distillation_token_, detection_tokens_, mask_token_, positions_, projection_;
};

// Pre-norm attention and MLP, with places for trained tokens and for a branch beside the MLP. Where the head reads the
// first tokens alone, the last layer leaves nothing else; the others add positions of their own where `mid` holds such.
class EncoderLayer : public Block {
 public:
  EncoderLayer(const Dims& dims, const Names& names, std::int64_t layer, std::int64_t index,
               std::shared_ptr<MidPositions> mid = nullptr);
  std::vector<std::string> reads() const override;
  std::vector<Port> writes() const override;
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;
  double multiply_adds(double) const override;

 private:
  // Of normalised rows: `kept` rows a sample ask, all answer.
  torch::Tensor attention(const torch::Tensor& normed, std::int64_t samples, std::int64_t kept, const Pass& pass) const;
  torch::Tensor scaled(const Layer& scale, const torch::Tensor& x, const Pass& pass) const;

  Dims dims_;
  std::int64_t layer_;
  std::shared_ptr<MidPositions> mid_;
  std::int64_t kept_;  // rows of a sample that the layer leaves; 0: all
  LayerNorm norm1_, norm2_;
  std::vector<std::unique_ptr<Linear>> projections_;  // query, key, value; or one of all three
  Linear out_, up_, down_;
  Layer scale1_, scale2_;
  TokenSlot prompts_;
  BranchSlot beside_mlp_;
  LinearGroup query_key_value_, key_value_;
};

// The last norm and the pooling: writes pooled.
class Pooler : public Block {
 public:
  Pooler(const Dims& dims, const Names& names, std::int64_t index);
  std::vector<std::string> reads() const override { return {"hidden"}; }
  std::vector<Port> writes() const override { return {{"pooled", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;
  double multiply_adds(double) const override { return 0; }

 private:
  Dims dims_;
  LayerNorm norm_;
};

// The mean of two linear layers, of the class token and of the distillation token: writes logits in fp32.
class TwoClassifiers : public Block {
 public:
  TwoClassifiers(const Dims& dims, const Names& names, std::int64_t labels, std::int64_t index);
  std::vector<std::string> reads() const override { return {"pooled"}; }
  std::vector<Port> writes() const override { return {{"logits", Rows::sample}}; }
  void forward(State& state, const Pass& pass) const override;
  void export_to(onnx::Graph& graph) const override;
  double multiply_adds(double) const override;

 private:
  Linear distillation_head_, head_;
};

}  // namespace strop::vit
