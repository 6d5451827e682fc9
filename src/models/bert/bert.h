// BERT encoders (Devlin et al. 2018; HF BertModel / BertForSequenceClassification) as a row:
//   embeddings -> encoder.layer.0 ... encoder.layer.L-1 -> pooler -> classifier
//
// Sequences are packed: "hidden" is (all tokens x width), "cu_seqlens" bounds the sequences; nothing is computed for
// padding. Where the head reads the first token alone (pooling pooler or cls), the last layer computes attention output
// and MLP for that row only. Parity with Transformers: tests/models/bert_test.cc.
#pragma once

#include <memory>

#include "models/family.h"

namespace strop {

// By model_type "bert".
std::optional<Recognition> recognise_bert(const ModelFiles& files);

// config keys read: hidden_size num_hidden_layers num_attention_heads intermediate_size max_position_embeddings
// vocab_size type_vocab_size layer_norm_eps hidden_act hidden_dropout_prob attention_probs_dropout_prob
// classifier_dropout position_embedding_type. Error(model) naming the key for what is missing or not supported.
std::unique_ptr<Model> build_bert(const nlohmann::json& config, const ModelOptions& options, const std::string& where);

}  // namespace strop
