// Two runs from one set of options: the first in a folder of the second's, from whose model the second goes on.
//
//  - pretrain_data: pretrain_method on it, in OUT/pretrain; then the run itself, whose head starts from that one's.
//  - join_epochs, with a method that adds classes: the run itself, in OUT/increment; then the method join on its model.
// Of a limit on time the first has half, the second what is left.
#pragma once

#include <filesystem>

#include "strop/options.h"

namespace strop {

// Runs the first one where there is one (a whole run, with plan and report), goes on with one that was stopped there,
// or finds it complete. Returns the options of the second; without a first, the options as they are. Error(usage): what
// is there was made with another value of a key.
Options after_first_run(const Options& options, const std::filesystem::path& folder);

// The name of that folder; empty: the options ask for one run.
std::string first_run_folder(const Options& options);

}  // namespace strop
