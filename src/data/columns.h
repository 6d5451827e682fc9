// Which column of a table holds the text, its pair and the label, and whether the first row is a header.
#pragma once

#include <string>
#include <vector>

#include "data/table.h"
#include "strop/options.h"

namespace strop {

// Indices of columns; -1 where there is none.
struct ColumnChoice {
  int text = -1;
  int pair = -1;
  int label = -1;
  bool header = true;              // the columns have names (a header row, or JSON keys)
  std::vector<std::string> names;  // of all columns; "column 1" ... without a header
};

// Decides, takes the header row out of `table` and sets table.names. In this order:
//  1. options.columns (keys text, text_pair, label) by name, or by number from 1;
//  2. the columns that `like` (the training file's choice) found, by name, or by place without a header;
//  3. known names (text, sentence, review, ...; label, sentiment, stars, ...), ASCII case ignored;
//  4. without a header: the column with the fewest values (2 to 100, repeating) is the label, the longest the text.
// options.header=auto takes the first row for data where no cell is a known name and a column repeats at most 100
// values. `need_label`: a missing label column is an Error; else it stays -1. Errors are Error(data) with file:line,
// the columns found and the nearest name. The choice is put into `notes` in plain words.
ColumnChoice choose_columns(Table& table, const Options& options, bool need_label, const ColumnChoice* like,
                            std::vector<std::string>& notes);

}  // namespace strop
