#include "data/split_files.h"

#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/text.h"
#include "data/table.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

std::string stem_of(const fs::path& path) {
  const std::string name = lower_ascii(path.filename().string());
  return name.substr(0, name.find('.'));
}

std::vector<fs::path> data_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->is_regular_file() && is_table_name(at->path().string())) files.push_back(at->path());
  }
  if (error) fail(ErrorKind::data, "{}: can't list the folder: {}", folder.string(), error.message());
  std::sort(files.begin(), files.end());
  return files;
}

// "; can't list FOLDER: REASON" of the first folder below that cannot be listed: what is missing may lie there.
std::string unreadable_below(const fs::path& folder) {
  std::error_code error, own;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (!at->is_directory(own)) continue;
    fs::directory_iterator(at->path(), own);
    if (own) return fmt::format("; can't list {}: {}", at->path().string(), own.message());
  }
  return "";
}

std::string listed(const std::vector<fs::path>& files) {
  std::vector<std::string> names;
  for (const auto& file : files) names.push_back(file.filename().string());
  return names.empty() ? "no .csv, .tsv, .jsonl or .txt file" : join(names, ", ");
}

std::string find_split(const std::vector<fs::path>& files, const std::vector<std::string>& stems) {
  std::vector<fs::path> found;
  for (const auto& file : files) {
    if (std::find(stems.begin(), stems.end(), stem_of(file)) != stems.end()) found.push_back(file);
  }
  if (found.size() > 1) {
    fail(ErrorKind::data,
         "{}: found {} for one split, expected one file; name the one meant by data=, "
         "validation_file= or test_file=",
         found.front().parent_path().string(), listed(found));
  }
  return found.empty() ? "" : found.front().string();
}

const std::vector<std::string> kTrain = {"train", "training"};
const std::vector<std::string> kValidation = {"validation", "valid", "val", "dev"};
const std::vector<std::string> kTest = {"test"};

}  // namespace

SplitFiles find_split_files(const Options& options, std::vector<std::string>& notes) {
  if (options.data.empty()) fail(ErrorKind::usage, "data: found nothing, expected a file or a folder");
  SplitFiles result;
  const fs::path data(options.data);
  std::error_code ignored;
  std::vector<fs::path> files;
  if (fs::is_directory(data, ignored)) {
    files = data_files(data);
    result.train = find_split(files, kTrain);
    if (result.train.empty() && files.size() == 1) result.train = files.front().string();
    if (result.train.empty()) {
      fail(ErrorKind::data, "{}: no training file; found {}, expected train.csv, train.tsv or train.jsonl (or .gz){}",
           options.data, listed(files), unreadable_below(data));
    }
  } else {
    result.train = options.data;
    const bool is_train = std::find(kTrain.begin(), kTrain.end(), stem_of(data)) != kTrain.end();
    if (is_train && fs::exists(data, ignored)) files = data_files(data.has_parent_path() ? data.parent_path() : ".");
  }
  const auto other = [&](const std::string& given, const std::vector<std::string>& stems) {
    std::string found = given.empty() ? find_split(files, stems) : given;
    return found == result.train && given.empty() ? std::string() : found;
  };
  result.validation = other(options.validation_file, kValidation);
  result.test = other(options.test_file, kTest);
  std::string note = "training rows from " + result.train;
  if (!result.validation.empty()) note += ", validation from " + result.validation;
  if (!result.test.empty()) note += ", test from " + result.test;
  notes.push_back(note);
  return result;
}

std::string find_evaluation_file(const Options& options, std::vector<std::string>& notes) {
  if (options.data.empty() && options.test_file.empty()) {
    fail(ErrorKind::usage, "data: found nothing, expected a file or a folder");
  }
  std::string file = options.test_file;
  std::error_code ignored;
  if (file.empty() && !fs::is_directory(options.data, ignored)) file = options.data;
  if (file.empty()) {
    const std::vector<fs::path> files = data_files(options.data);
    file = find_split(files, kTest);
    if (file.empty()) file = find_split(files, kValidation);
    if (file.empty() && files.size() == 1) file = files.front().string();
    if (file.empty()) {
      fail(ErrorKind::data, "{}: no file to evaluate on; found {}, expected test.csv, validation.tsv or the like",
           options.data, listed(files));
    }
  }
  notes.push_back("evaluation rows from " + file);
  return file;
}

}  // namespace strop
