#include "weights/shard_index.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"

namespace strop {

std::map<std::string, std::string> read_shard_index(const std::filesystem::path& file) {
  const auto text = read_file(file, ErrorKind::model, 100'000'000);
  const auto index = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) {
    fail(ErrorKind::model, "{}: expected a JSON object with the key weight_map; the file is damaged: fetch it again",
         file.string());
  }
  const std::string suffix = file.filename() == "pytorch_model.bin.index.json" ? ".bin" : ".safetensors";
  std::map<std::string, std::string> shards;
  for (const auto& [name, shard] : index["weight_map"].items()) {
    if (!shard.is_string() || shard.get_ref<const std::string&>().find('/') != std::string::npos ||
        !ends_with(shard.get_ref<const std::string&>(), suffix)) {
      fail(ErrorKind::model, "{}: weight_map '{}' is {}, expected the name of a {} file beside the index",
           file.string(), excerpt(name), excerpt(shard.dump()), suffix);
    }
    shards.emplace(name, shard.get<std::string>());
  }
  return shards;
}

}  // namespace strop
