// The losses of a detector that answers with a set of boxes (DETR, arXiv 2005.12872, sections 3.1 and A.2; normalised
// as Transformers does it): each true box is learnt by the one query that it is matched with, the other queries learn
// that they show nothing.
//
// Matching, picture by picture: the assignment that costs least, where a query with a box costs
//   class_cost * -p(class) + box_cost * |box - true box| (L1) + giou_cost * -GIoU.
// Losses of a batch: cross entropy of all queries, weighted 1 for those with a box and `empty_weight` for the others,
// by the sum of the weights; L1 and 1 - GIoU (arXiv 1902.09630) of the matched ones, by the number of true boxes (at
// least 1).
#pragma once

#include <torch/types.h>

#include <vector>

#include "models/detector_parts/grouped_detector.h"

namespace strop {

struct SetWeights {
  double class_cost = 1, box_cost = 5, giou_cost = 2;
  double box_loss = 5, giou_loss = 2, empty_weight = 0.1;
};

struct QueryMatch {
  std::int64_t sample = 0, query = 0;
  std::size_t box = 0;  // index into the true boxes
};

// By sample, then by query. boxes: N x Q x 4 (middle x, y, width, height in shares of the picture); logits: N x Q x
// (classes + 1), the last of "nothing"; both fp32. wanted: in shares of the picture too, sample by sample.
std::vector<QueryMatch> match_queries(const torch::Tensor& boxes, const torch::Tensor& logits,
                                      const std::vector<GroupBox>& wanted, const SetWeights& weights);

// Of each sample, unweighted, in the graph; the mean over the samples is the loss of the batch.
struct SetLosses {
  torch::Tensor classes, boxes, giou;  // N
};
SetLosses set_losses(const torch::Tensor& boxes, const torch::Tensor& logits, const std::vector<GroupBox>& wanted,
                     const std::vector<QueryMatch>& matches, const SetWeights& weights);

}  // namespace strop
