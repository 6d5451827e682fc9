// model.safetensors.index.json and pytorch_model.bin.index.json: which shard a tensor lies in.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace strop {

// Tensor name -> file name of its shard, beside the index. Error(model): no JSON, no weight_map, a name that is a path.
std::map<std::string, std::string> read_shard_index(const std::filesystem::path& file);

}  // namespace strop
