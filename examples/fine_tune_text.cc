// Fine-tunes a sentence encoder on labelled lines: what `strop train` does, from code.
//
//   fine_tune_text MODEL_FOLDER DATA OUT_FOLDER [STEPS]
//
// DATA is a file or a folder with train, validation and test files. All that can be set is in strop/options.h.
#include <iostream>
#include <string>

#include "strop/job.h"

int main(int count, char** arguments) {
  if (count < 4 || count > 5) {
    std::cerr << "usage: fine_tune_text MODEL_FOLDER DATA OUT_FOLDER [STEPS]\n";
    return 2;
  }
  try {
    strop::Options options;
    options.model = arguments[1];
    options.data = arguments[2];
    options.out = arguments[3];
    options.method = "lora";
    options.lora_r = 8;
    options.target_modules = {"query", "value"};
    options.num_train_epochs = 1;
    if (count == 5) options.max_steps = std::stoll(arguments[4]);

    const strop::RunResult run = strop::train(options);
    std::cout << "the run lies in " << run.folder.string() << "\n" << run.results_json << "\n";
  } catch (const strop::Error& error) {
    std::cerr << "fine_tune_text: " << error.what() << "\n";
    return error.exit_code();
  }
}
