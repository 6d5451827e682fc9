// The sections of the page, one file each. Each returns HTML, "" where its files are missing.
#pragma once

#include <string>
#include <vector>

#include "report/run_files.h"

namespace strop {

std::string headline_section(const RunFiles& run);     // what was done, in plain words
std::string figures_section(const RunFiles& run);      // cards, predicted against actual
std::string data_section(const RunFiles& run);         // rows per split and class, notes
std::string plan_section(const RunFiles& run);         // stages, reasons, the YAML
std::string classes_section(const RunFiles& run);      // confusion matrix, calibration, per class
std::string boxes_section(const RunFiles& run);        // of detectors: AP, curves, the worst pictures
std::string mistakes_section(const RunFiles& run);     // most confident mistakes with their text or picture
std::string gallery_section(const RunFiles& run);      // what augmentation made of some training pictures
std::string frozen_section(const RunFiles& run);       // the row of blocks: trained, frozen, proof, precision
std::string environment_section(const RunFiles& run);  // machine, versions, command

// Curves of one run, or of several laid over each other.
std::string curves_section(const std::vector<RunFiles>& runs);
std::string speed_section(const std::vector<RunFiles>& runs);  // throughput and memory over time
std::string compare_section(const std::vector<RunFiles>& runs);

// More classes than that are no matrix that one can read.
inline constexpr std::size_t kLargestMatrix = 40;
// The ten pairs of classes that are confused most often, as a table whose counts are headed `what`; "" where none is.
// counts: classes x classes, rows true.
std::string confusion_pairs(const std::vector<std::string>& names, const std::vector<std::int64_t>& counts,
                            const std::string& what);

// "LoRA adapters" for "lora"; the name itself where it is not known here.
std::string method_words(const std::string& method);
// Accuracy of always giving the most frequent class of the evaluated rows; 0 where nothing was evaluated.
double majority_share(const RunFiles& run);

}  // namespace strop
