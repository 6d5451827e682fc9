// One file of a model into the cache: fetched where it is missing, resumed where it broke off, checked, linked.
#pragma once

#include <string>

#include "weights/hub_api.h"
#include "weights/hub_cache.h"

namespace strop {

// Afterwards cache.snapshot(commit)/path can be read. A broken connection is taken up again until five attempts in a
// row bring nothing; what came until then stays for the next run. A wrong checksum removes it. Two processes share one
// download.
void fetch_to_cache(const HubApi& api, const HubCache& cache, const std::string& commit, const std::string& path);

}  // namespace strop
