// FastestDet (dog-qiuqiu, 2022), a detector of a quarter of a million weights, as a row:
//   stem -> stage2.0 ... stage4.3 -> SPP -> detect_head -> increments.0 ...
//
// Read from upstream's files (names and shapes tell the sizes) and saved under the same names. Its class probabilities
// are a softmax, so classes that are added get a head of their own, with its own objectness, on the same frozen
// features. Parity: tests/models/fastestdet_test.cc.
#pragma once

#include <memory>
#include <optional>

#include "models/family.h"

namespace strop {

std::optional<Recognition> recognise_fastestdet(const ModelFiles& files);
// config: with "row" as the recognition writes it.
std::unique_ptr<Model> build_fastestdet(const nlohmann::json& config, const ModelOptions& options,
                                        const std::string& where);

}  // namespace strop
