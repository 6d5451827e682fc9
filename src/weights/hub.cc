#include "weights/hub.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/log.h"
#include "core/text.h"
#include "weights/hub_api.h"
#include "weights/hub_cache.h"
#include "weights/hub_download.h"
#include "weights/hub_name.h"
#include "weights/safetensors.h"
#include "weights/shard_index.h"
#include "weights/weight_names.h"

namespace strop {
namespace fs = std::filesystem;
namespace {

// What a model needs beside its weights, in the order of fetching; what a repository lacks is left out.
constexpr const char* kSmallFiles[] = {"config.json",
                                       "tokenizer.json",
                                       "tokenizer_config.json",
                                       "vocab.txt",
                                       "special_tokens_map.json",
                                       "merges.txt",
                                       "vocab.json",
                                       "modules.json",
                                       "1_Pooling/config.json",
                                       "sentence_bert_config.json",
                                       "preprocessor_config.json"};
constexpr std::string_view kIndexSuffix = ".index.json";

bool has_weights(const fs::path& snapshot) {
  std::error_code error;
  for (const std::string name : kWeightNames) {
    if (!fs::exists(snapshot / name, error)) continue;
    if (!ends_with(name, kIndexSuffix)) return true;
    const auto shards = read_shard_index(snapshot / name);
    return std::all_of(shards.begin(), shards.end(),
                       [&](const auto& shard) { return fs::exists(snapshot / shard.second, error); });
  }
  return false;
}

// Python may have left the weights alone there: without an input form (tokenizer or preprocessor) the hub is asked.
bool is_complete(const fs::path& snapshot) {
  std::error_code error;
  const auto has = [&](const char* file) { return fs::exists(snapshot / file, error); };
  const bool has_input_form =
      has("tokenizer.json") || has("vocab.txt") || has("vocab.json") || has("preprocessor_config.json");
  return has("config.json") && has_input_form && (!has("modules.json") || has("1_Pooling/config.json")) &&
         has_weights(snapshot);
}

// The weights come last, so that a snapshot with weights has all the rest.
fs::path fetch_model(const std::string& model, const std::string& revision, const HubCache& cache) {
  const HubApi api(model, revision);
  const auto listing = api.list();
  const std::set<std::string> files(listing.files.begin(), listing.files.end());
  const auto weights =
      std::find_if(std::begin(kWeightNames), std::end(kWeightNames), [&](auto name) { return files.contains(name); });
  if (weights == std::end(kWeightNames)) {
    fail(ErrorKind::model, "{}: holds no weights, expected {}", model,
         join({std::begin(kWeightNames), std::end(kWeightNames)}, ", "));
  }
  const auto fetch = [&](const std::string& file) { fetch_to_cache(api, cache, listing.commit, file); };
  for (const char* file : kSmallFiles) {
    if (files.contains(file)) fetch(file);
  }
  const fs::path snapshot = cache.snapshot(listing.commit);
  fetch(*weights);
  if (ends_with(*weights, kIndexSuffix)) {
    std::set<std::string> shards;
    for (const auto& [tensor, shard] : read_shard_index(snapshot / *weights)) shards.insert(shard);
    for (const auto& shard : shards) {
      if (!files.contains(shard)) {
        fail(ErrorKind::model, "{}: the shard {} that {} names is missing at the hub", model, shard, *weights);
      }
      fetch(shard);
    }
  }
  cache.set_commit(revision, listing.commit);
  return snapshot;
}

bool is_offline() {
  const auto text = lower_ascii(environment("HF_HUB_OFFLINE"));
  return text == "1" || text == "on" || text == "yes" || text == "true";
}

}  // namespace

fs::path resolve_model(const std::string& name, const std::string& revision) {
  std::error_code error;
  if (!name.empty() && fs::exists(name, error)) return name;
  // A misspelt path to a weight file also reads as a hub name; a repository hardly ends so.
  if (!is_hub_name(name) || is_weight_file_name(name)) {
    fail(ErrorKind::model,
         "--model '{}': no such file or folder, and no hub name; expected a model folder, a weight file or a name "
         "such as sentence-transformers/all-MiniLM-L6-v2",
         name);
  }
  if (!is_safe_relative_path(revision)) {
    fail(ErrorKind::model, "revision '{}': expected a branch, a tag or a commit, such as main", revision);
  }
  const HubCache cache(name);
  const auto commit = cache.commit_of(revision);
  if (!commit.empty() && is_complete(cache.snapshot(commit))) return cache.snapshot(commit);
  if (is_offline()) {
    if (!commit.empty() && has_weights(cache.snapshot(commit))) return cache.snapshot(commit);
    fail(ErrorKind::model,
         "{}: not in the cache ({}), and HF_HUB_OFFLINE forbids fetching it; unset it or give a local "
         "model folder",
         name, cache.folder().string());
  }
  return fetch_model(name, revision, cache);
}

}  // namespace strop
