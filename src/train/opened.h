// A model opened for use, from whatever names it: a base, a base with an adapter, or a run folder.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/model.h"
#include "report/run_record.h"
#include "strop/options.h"
#include "text/tokenizer.h"
#include "tuning/method.h"

namespace strop {

class Task;

struct Opened {
  const Task* task = nullptr;
  std::unique_ptr<Model> model;
  std::string why;                       // its family was recognised by this
  std::unique_ptr<Tokenizer> tokenizer;  // of models that read text
  std::string base_name;                 // as a person gave it; absolute where it is a path
  std::filesystem::path base_folder;     // of the whole model at the bottom; or a lone file of weights
  std::filesystem::path adapter;         // empty: none
  // Run folders whose changed tensors (save=delta) were put into the base, one over the other, the lowest first.
  std::vector<std::filesystem::path> deltas;
  std::string adapter_method;
  std::vector<std::string> made;    // layers that the files lack, made anew
  std::vector<std::string> unread;  // tensors of the base's files that are no part of the model
  // Of the run folder: in use where it is one, in training where it holds changed tensors alone.
  std::optional<RunRecord> record;
  std::int64_t max_length = 0;  // tokens a row, where it reads text
};

// For training: the base with a head for `labels`; options.adapter goes on from an adapter. On a folder of changed
// tensors (save=delta) methods that keep the model's classes go on; others are an Error(usage) that says how to make it
// a whole model.
Opened open_for_training(const Options& options, const std::vector<std::string>& labels);
// For eval, predict, merge, inspect: with the labels and the pooling that the files say.
Opened open_for_use(const Options& options);

// For a person: how the result of a run's folder, whole or an adapter, is trained further.
std::string how_to_train_on(const std::filesystem::path& run);

// The task and the labels of what options.model names, also where it holds changed tensors alone. Error(usage) with
// what to give: it is the folder of a run that holds an adapter alone, or nothing yet.
std::string task_of_base(const std::string& model, const std::string& revision);
std::vector<std::string> labels_of_base(const std::string& model, const std::string& revision);

// The labels of a file that holds one a line. Error(usage): unreadable.
std::vector<std::string> read_label_list(const std::string& file);

// Whether the method that options name tunes nothing below the head.
bool tunes_head_alone(const Options& options);

// Whose classes the model that it trains has; those of the data for a method that is not known yet (auto).
Labels labels_of_method(const Options& options);

// SHA-256 of the file that holds a base's weights, or the changed ones; where they are in several, of all their hashes.
// Reads them through.
std::string hash_of_weights(const std::filesystem::path& base);

// Sets the number of threads, and has memory counted. Returns the number of threads.
int set_up_threads(const Options& options);

}  // namespace strop
