#include "models/bert/bert.h"

#include "core/error.h"
#include "models/bert/blocks.h"

namespace strop {
namespace {

double number_or(const nlohmann::json& config, const std::string& key, double fallback, const std::string& where) {
  if (!config.contains(key) || config[key].is_null()) return fallback;
  if (!config[key].is_number() || config[key].get<double>() < 0) {
    fail(ErrorKind::model, "{}: {} is {}; expected a number of 0 or more", where, key, config[key].dump());
  }
  return config[key].get<double>();
}

void expect_text(const nlohmann::json& config, const std::string& key, const std::string& only,
                 const std::string& where) {
  if (config.contains(key) && config[key] != only) {
    fail(ErrorKind::model, "{}: {} is {}; supported for BERT: \"{}\"", where, key, config[key].dump(), only);
  }
}

bert::Dims read_dims(const nlohmann::json& config, const std::string& where) {
  bert::Dims dims{};
  dims.width = config_integer(config, "hidden_size", 1, where);
  dims.heads = config_integer(config, "num_attention_heads", 1, where);
  dims.mlp = config_integer(config, "intermediate_size", 1, where);
  dims.layers = config_integer(config, "num_hidden_layers", 1, where);
  dims.positions = config_integer(config, "max_position_embeddings", 1, where);
  dims.vocabulary = config_integer(config, "vocab_size", 1, where);
  dims.types = config_integer(config, "type_vocab_size", 1, where);
  if (dims.width % dims.heads != 0) {
    fail(ErrorKind::model, "{}: hidden_size {} is not a multiple of num_attention_heads {}", where, dims.width,
         dims.heads);
  }
  dims.eps = number_or(config, "layer_norm_eps", 1e-12, where);
  dims.hidden_dropout = number_or(config, "hidden_dropout_prob", 0.1, where);
  dims.attention_dropout = number_or(config, "attention_probs_dropout_prob", 0.1, where);
  dims.classifier_dropout = number_or(config, "classifier_dropout", dims.hidden_dropout, where);
  expect_text(config, "hidden_act", "gelu", where);
  expect_text(config, "position_embedding_type", "absolute", where);
  return dims;
}

}  // namespace

std::optional<Recognition> recognise_bert(const ModelFiles& files) { return recognise_by_type(files, {"bert"}); }

std::unique_ptr<Model> build_bert(const nlohmann::json& config, const ModelOptions& options, const std::string& where) {
  bert::Dims dims = read_dims(config, where);
  dims.first_row_only = options.pooling != "mean";
  auto model = std::make_unique<Model>("bert", config, "bert.");
  std::int64_t index = 0;
  model->add(std::make_unique<bert::Embeddings>(dims, index++));
  for (std::int64_t layer = 0; layer < dims.layers; ++layer) {
    model->add(std::make_unique<bert::EncoderLayer>(dims, layer, index++));
  }
  model->set_head_begin(static_cast<std::size_t>(index));
  model->add(std::make_unique<bert::Pooler>(dims, options.pooling, index++));
  model->add(std::make_unique<bert::Classifier>(dims, static_cast<std::int64_t>(options.label_names.size()), index++));
  model->set_inputs({{"input_ids", Rows::token},
                     {"position_ids", Rows::token},
                     {"token_type_ids", Rows::token},
                     {kBounds, Rows::bounds}});
  model->label_names = options.label_names;
  model->pooling = options.pooling;
  model->task_architecture = "BertForSequenceClassification";
  model->max_positions = dims.positions;
  return model;
}

}  // namespace strop
