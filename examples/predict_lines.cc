// Labels each line of standard input with a trained run and prints number, label and score.
//
//   predict_lines RUN_FOLDER < lines.txt
#include <iostream>
#include <sstream>
#include <string>

#include "strop/job.h"

namespace {

// One JSON line of strop::predict; its keys are in docs/run-folder.md. Enough for two of them: no JSON library here.
std::string field(const std::string& json, const std::string& key) {
  const auto at = json.find("\"" + key + "\":");
  if (at == std::string::npos) return "";
  const auto begin = at + key.size() + 3;
  return json.substr(begin, json.find_first_of(",}", begin) - begin);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: predict_lines RUN_FOLDER < lines.txt\n";
    return 2;
  }
  try {
    strop::Options options;
    options.model = arguments[1];
    options.data = "-";  // standard input, one text a line
    options.quiet = true;
    std::ostringstream predictions;
    strop::predict(options, predictions);

    std::istringstream lines(predictions.str());
    for (std::string line; std::getline(lines, line);) {
      std::cout << field(line, "index") << "\t" << field(line, "label") << "\t" << field(line, "score") << "\n";
    }
  } catch (const strop::Error& error) {
    std::cerr << "predict_lines: " << error.what() << "\n";
    return error.exit_code();
  }
}
