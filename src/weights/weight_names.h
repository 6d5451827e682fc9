// The names under which Hugging Face keeps a model's weights, the preferred first.
#pragma once

namespace strop {

inline constexpr const char* kWeightNames[] = {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
                                               "pytorch_model.bin.index.json"};

}  // namespace strop
