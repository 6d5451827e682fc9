// Multinomial logistic regression on cached features.
//
// Minimises Σ weight · cross entropy + ½ penalty ‖W‖² over standardised features, the bias not penalised (for two
// classes this is scikit-learn's binary form with half the penalty). Penalties are swept from large to small, each fit
// starting from the last; the one with the lowest loss on 5 folds of whole groups wins, and the sweep ends after two
// that do worse. L-BFGS in the basis of closed_form_basis.h, where the Hessian is nearly diagonal and known, takes
// about ten steps a fit. The standardisation is shared by the folds: it sees no labels.
#pragma once

#include <vector>

#include "tuning/closed_form.h"

namespace strop {

// `penalties` empty: ten of them over 4.5 decades below three times the features' mean eigenvalue. Errors as ridge's.
// Cost: about 500 passes over N x min(N, d) float64.
LinearHead logistic(const HeadData& data, const std::vector<double>& penalties = {});

}  // namespace strop
