// The end of a run: the result saved, reloaded in fp32 and measured, the record and the report written.
#pragma once

#include <filesystem>
#include <string>

#include "strop/plan.h"
#include "train/trainer.h"
#include "train/workbench.h"

namespace strop {

// The method whose adapters stand in the model's slots after the plan's stages; empty where none do.
std::string adapter_method(const Plan& plan, const Opened& opened);

// Frees the training model of `bench` on the way. Returns all_results.json's text.
std::string finish_run(Workbench& bench, const Plan& plan, const Trainer& trainer, const std::filesystem::path& folder,
                       const std::string& started, double seconds_before);

}  // namespace strop
