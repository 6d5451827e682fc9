// A whole training job that takes a fraction of a second: the tiny BERT of tests/data/bert_tiny with a tokenizer of 60
// words, and rows whose words tell their label.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/files.h"
#include "core/rng.h"
#include "strop/job.h"
#include "temp_folder.h"
#include "test_device.h"

namespace strop {

class TinyJob {
 public:
  explicit TinyJob(std::size_t rows = 96) {
    // The probe's result and the run history, apart from the person's.
    ::setenv("STROP_CACHE", (std::filesystem::path(STROP_BINARY_DIR) / "tests" / "cache").c_str(), 1);
    const auto source = std::filesystem::path(STROP_SOURCE_DIR) / "tests" / "data" / "bert_tiny";
    std::filesystem::create_directories(model());
    for (const auto* name : {"config.json", "model.safetensors"}) std::filesystem::copy(source / name, model() / name);
    std::ofstream vocabulary(model() / "vocab.txt");
    for (const auto* token : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) vocabulary << token << "\n";
    for (int i = 0; i < 60; ++i) vocabulary << word(i) << "\n";
    write_rows("train.csv", rows, 1);
    write_rows("validation.csv", 30, 2);
  }

  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  std::filesystem::path model() const { return path("model"); }

  Options options(const std::string& method, const std::string& out = "run") const {
    Options options;
    options.model = model().string();
    options.data = path("data").string();
    options.method = method;
    options.out = path(out).string();
    options.precision = "fp32";
    options.device = test_device();
    options.threads = 1;
    options.quiet = true;
    options.per_device_train_batch_size = 16;
    options.num_train_epochs = 4;
    options.logging_steps = 1;
    return options;
  }

  double accuracy(const std::string& run, const std::string& rows = "train.csv") const {
    Options options;
    options.model = path(run).string();
    options.data = (path("data") / rows).string();
    options.quiet = true;
    options.device = test_device();
    options.threads = 1;
    return nlohmann::json::parse(evaluate(options)).at("eval_accuracy").get<double>();
  }

  // A file of a run, whole.
  std::string content(const std::string& run, const std::string& file) const {
    return read_file(path(run) / file, ErrorKind::internal);
  }
  nlohmann::json json(const std::string& run, const std::string& file) const {
    return nlohmann::json::parse(content(run, file));
  }
  // SHA-256 of the result's weights: an adapter's or a model's.
  std::string weights(const std::string& run) const {
    const bool adapter = std::filesystem::exists(path(run) / "adapter_model.safetensors");
    return sha256_file(path(run) / (adapter ? "adapter_model.safetensors" : "model.safetensors"));
  }
  std::vector<nlohmann::json> log(const std::string& run) const {
    std::ifstream in(path(run) / "trainer_log.jsonl");
    std::vector<nlohmann::json> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

 private:
  static std::string word(int number) {
    return std::string("w") + static_cast<char>('a' + number / 8) + static_cast<char>('a' + number % 8);
  }

  // Two of three words are among the 16 of the row's label, the others among 12 that say nothing.
  void write_rows(const std::string& name, std::size_t rows, std::uint64_t seed) {
    std::filesystem::create_directories(path("data"));
    std::ofstream file(path("data") / name);
    file << "text,label\n";
    Rng rng(seed, RngUse::probe);
    const std::vector<std::string> labels = {"bad", "fine", "good"};
    for (std::size_t row = 0; row < rows; ++row) {
      const auto label = row % labels.size(), length = 3 + rng.below(10);
      for (std::size_t i = 0; i < length; ++i) {
        const auto number = i % 3 != 2 ? label * 16 + rng.below(16) : 48 + rng.below(12);
        file << (i == 0 ? "" : " ") << word(static_cast<int>(number));
      }
      file << "," << labels[label] << "\n";
    }
  }

  TempFolder folder_;
};

}  // namespace strop
