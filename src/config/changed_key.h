// What a command asks for otherwise than the run that is there already.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "strop/options.h"

namespace strop {

struct ChangedKey {
  std::string name, asked, planned;
};

// The first key, in the schema's order, whose value in `asked` is another than in `planned`, a plan's options. Keys
// that leave it to the plan (auto, or unset and not among `given`) ask for nothing, nor do those of the command alone
// (out, resume, quiet, json).
std::optional<ChangedKey> changed_key(const Options& asked, const std::vector<std::string>& given,
                                      const Options& planned);

}  // namespace strop
