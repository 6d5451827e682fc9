// What holds a detector's answers to those that it gave before (response distillation): on each picture, where the
// network as it was is sure of most, what it says now has to say the same.
//
// Facts: arXiv 2204.02136 (the answers that are held: of those of a picture, the ones whose score lies two standard
// deviations and more above the mean) and arXiv 1708.06977 (old classes held by their outputs). Here each counts by its
// score, too.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace strop {

struct SureAnswers {
  torch::Tensor rows;     // among the samples x places of the batch, int64
  torch::Tensor samples;  // int64
  torch::Tensor scores;   // fp32
  torch::Tensor weights;  // fp32; those of a sample sum to 1
};

// scores: samples x places, fp32, without a graph: of the best class at each place, by the network as it was. At least
// one of each sample is taken.
SureAnswers sure_answers(const torch::Tensor& scores);

// Of each sample (`samples` of them, in the graph of `moved`), the weighted mean of `moved`, one number a row of
// `sure`.
torch::Tensor held_losses(const SureAnswers& sure, const torch::Tensor& moved, std::int64_t samples);

// Kullback-Leibler divergence of rows of logits (fp32) from those before, one number a row, 0 where they are the same;
// in the graph of `now`. Each column is a yes or no of its own, or a row is one choice among its columns.
torch::Tensor yes_no_divergence(const torch::Tensor& now, const torch::Tensor& before);
torch::Tensor choice_divergence(const torch::Tensor& now, const torch::Tensor& before);

// How far the rows' boxes (four numbers each) have moved, one number a row: squares near by, absolute values beyond,
// for a box that went astray must not outweigh all others.
torch::Tensor box_distances(const torch::Tensor& now, const torch::Tensor& before);

}  // namespace strop
