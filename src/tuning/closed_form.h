// Heads solved on cached features: ridge, shrinkage LDA, and (logistic.h) multinomial logistic regression.
//
// Features come from the frozen part of a model, one row a sample. Every solver standardises them, picks its own
// penalty on samples it has left out, sets a temperature so that softmax gives sensible probabilities, and folds both
// into the returned layer: logits = features · weightᵀ + bias, nothing else to apply.
//
// Samples that share a group (augmented views of one sample, duplicates) are left out together, exactly: left out one
// by one, a copy stays behind and any penalty looks good. The standardisation is no part of what is refitted: it sees
// no labels and only sets the units in which the penalty counts.
//
// Everything is float64 on the CPU inside. Memory: 8 N min(N, d) bytes for the rotated features, plus the d x d (or,
// where d > N, N x N) matrix and its eigenvectors. Not for features that require gradients.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace strop {

struct HeadData {
  torch::Tensor features;    // N x d, any floating type
  torch::Tensor labels;      // N, int64 in [0, classes)
  std::int64_t classes = 0;  // a class may have one sample, or none
  torch::Tensor weights;     // N >= 0, or undefined: 1 each. An integer weight is that many copies in one group
  torch::Tensor groups;      // N int64 ids, or undefined: each sample alone
};

struct LinearHead {
  torch::Tensor weight;     // C x d float32
  torch::Tensor bias;       // C float32
  double penalty = 0;       // ridge, logistic: on standardised features, against sums over samples; lda: shrinkage
  double temperature = 1;   // what the logits were divided by (already folded in)
  double loo_accuracy = 0;  // on left-out samples, weighted as the samples are; ridge: each group left out in turn,
  double loo_loss = 0;      // lda and logistic: 5 folds of whole groups. Mean cross entropy, nats
  std::string solver;       // ridge | lda | logistic
};

// Weighted least squares on one-hot labels, intercept not penalised. One eigendecomposition serves all penalties
// (empty: 19 of them over six decades around the features' mean eigenvalue) and the exact leave-one-group-out
// prediction under each. The penalty with the lowest left-out loss wins, the larger on a tie. Cost: N d² + min(N, d)³
// + penalties · N d C. Errors (data): sizes that do not fit, a label that is no class, features that are not finite,
// negative weights, or a group that holds all the weight (nothing would be left to fit).
LinearHead ridge(const HeadData& data, const std::vector<double>& penalties = {});

// What ridge predicts for each sample (N x C float64, near one-hot, no temperature) from a fit without the sample's
// group. Differences to the one-hot labels measure how hard each sample is (EL2N).
torch::Tensor ridge_leave_out(const HeadData& data, double penalty);

// Linear discriminant analysis: class priors, and one covariance (1 - γ)Σ + γ(tr Σ/d)I shared by the classes. γ (empty:
// a grid from 0.001 to 1) is chosen by 5 folds of whole groups. A class without samples gets the overall mean and the
// prior of half a sample. Errors as ridge's.
LinearHead lda(const HeadData& data, const std::vector<double>& shrinkages = {});

// By name: ridge, lda, logistic; auto takes the better of ridge and logistic by the loss on the same 5 folds (ridge on
// a tie). Error(usage) on any other name.
LinearHead solve_head(const std::string& solver, const HeadData& data);

// features · weightᵀ + bias, in the head's type.
torch::Tensor logits(const LinearHead& head, const torch::Tensor& features);

}  // namespace strop
