// Two stages from one set of options: a run on a larger labelled set first, then the run itself from what came of it.
#pragma once

#include <filesystem>

#include "strop/options.h"

namespace strop {

// With options.pretrain_data: runs pretrain_method on it in `folder`/pretrain (a whole run, with plan and report), or goes
// on with one that was stopped there, and returns the options for the run on options.data: the model is that run's, and
// head_init=auto becomes pretrained. Without: the options as they are.
Options after_pretraining(const Options& options, const std::filesystem::path& folder);

// The name of that folder.
inline constexpr const char* kPretrainFolder = "pretrain";

}  // namespace strop
