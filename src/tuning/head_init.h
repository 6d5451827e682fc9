// Where each row of a new head comes from: the pretrained head, or chance. (A closed form is a stage of its own.)
//
// `pretrained`: a class whose name the pretrained head knows keeps its row. A new class starts from the old rows,
// weighted by what the pretrained head predicts on the class's samples (mean softmax over their cached features); one
// without samples falls back to chance. `random`: normal with deviation 0.02, bias 0, from the seed and the row alone.
// `auto`: pretrained where the two heads share a name, else random.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tuning/closed_form.h"

namespace strop {

struct PretrainedHead {
  std::vector<std::string> labels;  // names of its rows
  torch::Tensor weight;             // rows x d
  torch::Tensor bias;               // rows, or undefined
};

struct HeadInit {
  torch::Tensor weight;             // C x d float32
  torch::Tensor bias;               // C float32
  std::vector<std::string> origin;  // a line a row: "negative: kept from the pretrained head"
};

// `mode` as above, `labels` the names of the new classes, `width` the number of features. `pretrained` where there is
// one; `samples` (features and labels are read) where features are cached. Errors: usage where the mode needs a head
// that is not given, or is none of the three; model where the pretrained head has another
// width, or not one name a row.
HeadInit init_head(const std::string& mode, const std::vector<std::string>& labels, std::int64_t width,
                   const std::optional<PretrainedHead>& pretrained, const std::optional<HeadData>& samples,
                   std::uint64_t seed);

}  // namespace strop
