// Labelled text from files: CSV, TSV, JSONL (each also .gz), or a folder with train / validation / test among them.
//
// Stored data never changes: augmentation and sampling work on copies and indices.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "strop/options.h"

namespace strop {

// One split. Rows are parallel vectors. `labels` are indices into label_names, -1 where the row has none (prediction).
struct TextSplit {
  std::string file;                // where the rows came from; "" where there is no such split
  std::vector<std::string> texts;  // valid UTF-8 (malformed bytes are U+FFFD)
  std::vector<std::string> pairs;  // empty, or one a row
  std::vector<std::int32_t> labels;
  std::vector<std::int64_t> lines;  // 1-based line in `file` on which the row starts
  std::size_t size() const { return texts.size(); }
  bool empty() const { return texts.empty(); }
};

struct TextData {
  TextSplit train, validation, test;
  std::vector<std::string> label_names;  // sorted: numerically where all are integers, else by bytes
  // Duplicates share a group id (texts equal after trimming and lower-casing ASCII); one id a training row.
  std::vector<std::int64_t> groups;
  std::vector<std::string> notes;  // choices made and problems found, in plain words, to be printed
};

// Reads and checks the splits that `options` names (data, validation_file, test_file, columns, header, val_size, seed).
// Where no validation split exists, a stratified share val_size of train is held out, duplicates kept on one side.
// Errors are of kind data, with file:line.
TextData load_text_data(const Options& options);

// Rows to predict on: a label column is not needed and not read, all labels are -1. "-" reads standard input: JSON
// lines where it begins with a brace, else one text a line; .txt files hold one text a line too. The choice of columns
// and what was repaired goes into `notes`.
TextSplit load_prediction_rows(const std::string& file, const Options& options, std::vector<std::string>& notes);

// Labelled rows to evaluate a trained model on: options.data where it is a file; in a folder the test file, else the
// validation file. Labels are indices into `label_names` (the model's); one that is not among them is Error(data).
TextSplit load_evaluation_rows(const Options& options, const std::vector<std::string>& label_names,
                               std::vector<std::string>& notes);

}  // namespace strop
