#include "config/changed_key.h"

#include <algorithm>
#include <set>

#include "config/schema.h"

namespace strop {

std::optional<ChangedKey> changed_key(const Options& asked, const std::vector<std::string>& given,
                                      const Options& planned) {
  static const std::set<std::string> kOfTheCommand = {"out", "resume", "quiet", "json"};
  // What these leave open the plan has filled in.
  static const std::set<std::string> kOpen = {"auto", "", "0"};
  const Options unset;
  for (const auto& key : schema()) {
    const auto wanted = key.get(asked), found = key.get(planned);
    const bool named = std::ranges::find(given, key.name) != given.end();
    const bool silent = wanted == "auto" || (wanted == key.get(unset) && (!named || kOpen.contains(wanted)));
    const bool same = wanted == found || (key.name == "device" && wanted + ":0" == found);  // cuda is the first GPU
    if (kOfTheCommand.contains(key.name) || silent || same) continue;
    return ChangedKey{key.name, wanted, found.empty() ? "none" : found};
  }
  return std::nullopt;
}

}  // namespace strop
