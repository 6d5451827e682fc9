// Where the new head starts (options.head_init): rows of a stored head by label name, or fresh; said row by row.
#pragma once

#include <optional>

#include "strop/options.h"
#include "train/batch_source.h"
#include "train/opened.h"
#include "tuning/head_init.h"

namespace strop {

// The head that the base's files hold, with the labels that they (or options.head_labels) name; nothing where they hold
// none. A network of pictures may come without names: its labels are "row 0", "row 1" ... Error(usage): head_labels
// does not fit.
std::optional<PretrainedHead> stored_head(const Opened& opened, const Options& options);

// Fills the model's last layer, in which open_model may have put the stored head row by row without looking at names.
// A stored head for the same labels in the same order stays as it is. `train` gives the samples on which new classes
// ask the stored head (about 1,024, spread over the classes). Returns a line a row, and one of the stored rows that are
// left out.
std::vector<std::string> start_head(Opened& opened, const Options& options, BatchSource& train);

}  // namespace strop
