// One file as a split of texts and labels; the step between tables and TextData.
#pragma once

#include <string>
#include <vector>

#include "data/columns.h"
#include "data/text_data.h"

namespace strop {

// A split whose labels index its own names, in order of first appearance.
struct RawSplit {
  TextSplit split;
  std::vector<std::string> label_names;
  ColumnChoice columns;
};

// Reads `file`; see read_table and choose_columns for the arguments. Error(data) at rows without a text key or with a
// nested value in a used column; empty texts are counted in `notes`.
RawSplit read_split(const std::string& file, const Options& options, bool need_label, bool plain_lines,
                    const ColumnChoice* like, std::vector<std::string>& notes);
// The same from a table that was read already.
RawSplit split_of_table(Table table, const Options& options, bool need_label, const ColumnChoice* like,
                        std::vector<std::string>& notes);

// Numerically where all names are integers, else by bytes.
std::vector<std::string> sorted_label_names(std::vector<std::string> names);

// Turns raw's labels into indices of `names`. Error(data) with file:line and the known names at a label that is not
// among them.
void index_labels(RawSplit& raw, const std::vector<std::string>& names);

}  // namespace strop
