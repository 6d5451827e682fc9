// Finds the files of the splits: what options.data, validation_file and test_file name.
#pragma once

#include <string>
#include <vector>

#include "strop/options.h"

namespace strop {

struct SplitFiles {
  std::string train, validation, test;  // "" where there is none
};

// In a folder (and beside a file called train.*): train, validation | valid | val | dev, test by the name before the
// first dot, ASCII case ignored; a lone data file is the training split. validation_file and test_file win. Error(data)
// where two files claim one split, a file is missing, or a folder holds no training file (listing what it holds).
SplitFiles find_split_files(const Options& options, std::vector<std::string>& notes);

// The file to evaluate on: options.test_file, else options.data where it is a file, else in the folder the test file,
// else the validation file, else its only data file. Error(data) where the folder holds none of them.
std::string find_evaluation_file(const Options& options, std::vector<std::string>& notes);

}  // namespace strop
