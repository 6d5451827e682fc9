// Predictions of a model over a source, and their metrics.
#pragma once

#include "eval/classification.h"
#include "models/model.h"
#include "train/batch_source.h"

namespace strop {

// 0 .. count-1 cut into batches.
std::vector<BatchSource::Samples> batches_in_order(std::size_t count, std::int64_t batch_size);

// Logits (samples x outputs, fp32) of every sample in order. No graph, no dropout. With `stops`, Ctrl-C ends it by
// Error(interrupted); the trainer finishes an evaluation once begun, so that its checkpoint stands between steps.
torch::Tensor predict_logits(const Model& model, BatchSource& source, torch::ScalarType precision,
                             std::int64_t batch_size, bool stops);

// Metrics of softmax(logits) against the source's labels.
ClassificationMetrics evaluate_logits(const torch::Tensor& logits, const std::vector<std::int32_t>& labels,
                                      const std::vector<std::string>& names);

}  // namespace strop
