// What classification of anything has in common: logits of every row, their metrics, and lines of labels and scores.
#pragma once

#include "train/task.h"

namespace strop {

class Classification : public Task {
 public:
  std::string headline() const override { return "accuracy"; }
  std::vector<std::string> figures() const override { return {"loss", "accuracy", "f1", "matthews"}; }
  Evaluation evaluate(const Opened& opened, const TaskSplit& split, BatchSource& source, torch::ScalarType precision,
                      const Options& options) const override;
  Measured measure(const Opened& opened, const TaskSplit& split, const Options& options) const override;
  // {"index", "label", "score", "scores": {name: p}}, one line a row.
  void predict(const Opened& opened, const TaskSplit& split, const Options& options, std::ostream& out) const override;

 protected:
  // What a line of predict says of its row beside the index: nothing, or {"file": ...}.
  virtual nlohmann::ordered_json row_keys(const TaskSplit& split, std::size_t row) const;
  // Called with each answer of predict.
  virtual void answered(const TaskSplit& split, std::size_t row, const std::string& label, double score,
                        const Options& options) const;
  // Softmax of the logits, fp32, of every row.
  static torch::Tensor probabilities(const Opened& opened, BatchSource& source, const Options& options);
};

}  // namespace strop
