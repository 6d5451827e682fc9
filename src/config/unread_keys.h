// Keys that a person has set and that the run will not read: said, for whoever sets them expects something.
#pragma once

#include <string>
#include <vector>

#include "strop/plan.h"

namespace strop {

// By the options alone: "lora_r: is read by method=lora; this run has method=full", a line each. With method=auto
// nothing is known of those.
std::vector<std::string> unread_keys(const Options& options);

// Those that only other tasks read; options as a task has settled them.
std::vector<std::string> keys_of_other_tasks(const Options& options, const std::string& task);

// Those that only gradient steps read, where the plan's stages take none.
std::vector<std::string> keys_of_steps(const Plan& plan);

}  // namespace strop
