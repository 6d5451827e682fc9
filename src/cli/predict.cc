#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <streambuf>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "core/files.h"
#include "strop/job.h"

namespace strop {
namespace {

// A stream into an AtomicFile, in pieces: predictions of any number of rows need no memory.
class FileStream : public std::streambuf {
 public:
  explicit FileStream(const std::filesystem::path& path) : file_(path), buffer_(1 << 16) { reset(); }
  void commit() {
    sync();
    file_.commit();
  }

 protected:
  int_type overflow(int_type c) override {
    sync();
    if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
    return traits_type::not_eof(c);
  }
  int sync() override {
    file_.write({pbase(), static_cast<std::size_t>(pptr() - pbase())});
    reset();
    return 0;
  }

 private:
  void reset() { setp(buffer_.data(), buffer_.data() + buffer_.size()); }

  AtomicFile file_;
  std::vector<char> buffer_;
};

// The lines, or a detector's one array, as the one object that --json promises.
std::string as_object(std::istream& lines) {
  auto predictions = nlohmann::ordered_json::array();
  if (lines.peek() == '[') {
    predictions = nlohmann::ordered_json::parse(lines);
  } else {
    for (std::string line; std::getline(lines, line);) predictions.push_back(nlohmann::ordered_json::parse(line));
  }
  return nlohmann::ordered_json{{"predictions", predictions}}.dump();
}

void predict_to_file(const Options& options) {
  if (std::filesystem::is_directory(options.out)) {
    fail(ErrorKind::usage, "out: '{}' is a folder; expected a file for the predictions", options.out);
  }
  refuse_own_input(options.out, options);
  FileStream buffer(options.out);
  std::ostream out(&buffer);
  out.exceptions(std::ios::badbit);  // a failed write throws what the file threw
  predict(options, out);
  buffer.commit();
}

int run_predict(const CommandLine& command) {
  require_keys(command, {"model", "data"});
  const Options& options = command.options;
  if (!options.out.empty()) {
    predict_to_file(options);
    if (options.json) print(nlohmann::json{{"predictions_file", options.out}}.dump());
  } else if (options.json) {
    std::stringstream lines;
    predict(options, lines);
    print(as_object(lines));
  } else {
    predict(options, std::cout);
    std::cout.flush();
    if (!std::cout) fail(ErrorKind::usage, "standard output: can't be written; is the disk full or the reader gone?");
  }
  return 0;
}

}  // namespace

Verb predict_verb() {
  Verb verb;
  verb.name = "predict";
  verb.summary = "labels new rows, or finds boxes on pictures";
  verb.about =
      "Reads --data (texts: a file, or - for standard input with one text a line or JSON lines; pictures: a file, "
      "folder, table or tar) and prints one JSON object a line for each row, in order: index, label, score and the "
      "scores of all labels. A detector prints COCO's results array: the boxes of all pictures with their files, "
      "classes and scores. --out FILE writes them there instead, complete or not at all. --draw FOLDER writes each "
      "picture with its label or boxes on it.";
  verb.arguments = kYamlArgument;
  verb.examples = {"strop predict --model runs/reviews --data new.csv --out labels.jsonl",
                   "echo 'What a film!' | strop predict --model runs/reviews --data -",
                   "strop predict --model runs/image-classification/1 --data photos/ --draw drawn/"};
  verb.usual = {"model",  "adapter", "data",  "columns", "out", "draw", "per_device_eval_batch_size",
                "device", "threads", "quiet", "json"};
  verb.run = run_predict;
  return verb;
}

}  // namespace strop
