// inspect and bench of whole jobs on texts, and jobs on pairs of them.
#include <torch/version.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "errors.h"
#include "planner/probe.h"
#include "tiny_job.h"

namespace strop {
namespace {

using nlohmann::json;

std::vector<std::string> names(const json& blocks) {
  std::vector<std::string> found;
  for (const auto& block : blocks) found.push_back(block.at("name"));
  return found;
}

InspectOptions asking(bool blocks, bool augment) {
  InspectOptions what;
  what.blocks = blocks;
  what.augment = augment;
  what.samples = 2;
  return what;
}

TEST(Inspect, OfTextsShowsSplitsBlocksAndSamples) {
  const TinyJob job;
  Options options = job.options("lora");
  options.json = true;
  const auto found = json::parse(inspect(options, asking(true, true)));
  EXPECT_EQ(found.at("model").at("family"), "bert");
  EXPECT_EQ(names(found.at("model").at("blocks")).back(), "classifier");
  const auto& data = found.at("data");
  EXPECT_EQ(data.at("label_names"), (std::vector<std::string>{"bad", "fine", "good"}));
  EXPECT_EQ(data.at("splits")[0].at("rows"), 96);
  ASSERT_EQ(data.at("augmented").size(), 2U);
  for (const auto& sample : data.at("augmented")) {
    EXPECT_EQ(sample.at("views").size(), 3U);
    EXPECT_NE(sample.at("views")[0], sample.at("text"));  // AEDA puts at least one mark in
  }
}

// What inspect says of texts under one augmentation.
std::string inspected_with(const std::string& augment) {
  const TinyJob job;
  Options options = job.options("lora");
  options.augment = {augment};
  options.model.clear();
  return inspect(options, asking(false, true));
}

TEST(Inspect, SaysWhatLeavesTextsAsTheyAre) {
  const auto text = inspected_with("rdrop");
  EXPECT_NE(text.find("note    rdrop leaves the texts as they are"), std::string::npos) << text;
}

TEST(Inspect, NoAugmentationIsNoMatterOfBatches) {
  const auto text = inspected_with("none");
  EXPECT_NE(text.find("note    none leaves the texts as they are\n"), std::string::npos) << text;
}

// The job's rows with a second text, which tells nothing.
void make_pairs(const TinyJob& job) {
  for (const auto* name : {"train.csv", "validation.csv"}) {
    const auto file = job.path("data") / name;
    std::istringstream rows(read_file(file, ErrorKind::internal));
    std::ofstream out(file);
    std::string row;
    for (int number = 0; std::getline(rows, row); ++number) {
      const auto comma = row.find(',');
      out << row.substr(0, comma) << "," << (number == 0 ? "text_pair" : "second " + std::to_string(number))
          << row.substr(comma) << "\n";
    }
  }
}

TEST(Pairs, BothTextsAreShownAndTheFirstIsAugmented) {
  const TinyJob job;
  make_pairs(job);
  Options options = job.options("full");
  options.augment = {"swap"};
  options.num_train_epochs = 1;
  train(options);
  const auto said = job.json("run", "strop.json").at("data_notes").dump();
  EXPECT_NE(said.find("the first of each is changed, the second stays"), std::string::npos) << said;
  std::istringstream lines(job.content("run", "predictions.jsonl"));
  std::string line;
  int number = 0;
  while (std::getline(lines, line)) {
    EXPECT_EQ(json::parse(line).at("text_pair"), "second " + std::to_string(++number));
  }
  EXPECT_EQ(number, 30);
  EXPECT_NE(job.content("run", "report.html").find("second "), std::string::npos);

  options.model.clear();
  const auto text = inspect(options, asking(false, true));
  EXPECT_NE(text.find("note    augment: rows are pairs"), std::string::npos) << text;
  EXPECT_NE(text.find("  pair    second 1\n"), std::string::npos) << text;
  train(job.options("full", "plain"));
  EXPECT_EQ(job.json("plain", "strop.json").at("data_notes").dump().find("augment"), std::string::npos);
}

TEST(Evaluate, ARunThatStoppedSaysHowToFinishIt) {
  const TinyJob job;
  std::filesystem::create_directories(job.path("stopped"));
  std::ofstream(job.path("stopped") / "plan.yaml") << "version: 1\n";
  Options options = job.options("lora");
  options.model = job.path("stopped").string();
  options.data = (job.path("data") / "train.csv").string();
  expect_parts(message_of(ErrorKind::model, [&] { evaluate(options); }),
               {job.path("stopped").string() + ": this run holds no model yet", "strop train --resume --out"});
}

TEST(Bench, TimesTheStepOfThePlanAndItsBlocks) {
  const TinyJob job;
  Options options = job.options("lora");
  options.json = true;
  const auto found = json::parse(bench(options, {.blocks = true, .steps = 3}));
  EXPECT_EQ(found.at("method"), "lora");
  EXPECT_EQ(found.at("precision"), "fp32");
  EXPECT_EQ(found.at("steps"), 3);
  for (const auto* figure : {"samples_per_second", "tokens_per_second", "median_step_seconds", "gflops", "peak_gflops",
                             "share_of_peak", "peak_resident_bytes"}) {
    EXPECT_GT(found.at(figure).get<double>(), 0) << figure;
  }
  const auto blocks = json::parse(inspect(options, asking(true, false))).at("model").at("blocks");
  auto suffix = names(blocks);
  suffix.erase(suffix.begin());  // the embeddings lie below the lowest adapter
  EXPECT_EQ(names(found.at("blocks")), suffix);
  for (const auto& block : found.at("blocks")) {
    EXPECT_GT(block.at("forward_seconds").get<double>(), 0) << block;
    EXPECT_GT(block.at("peak_tensor_bytes").get<double>(), 0) << block;
  }
}

TEST(Bench, TimesABatchThatGoesThroughInParts) {
  const TinyJob job(200);
  Options options = job.options("full");
  options.json = true;
  options.per_device_train_batch_size = 160;  // some 1,500 tokens; 1,024 at a time
  options.label_smoothing_factor = 0.1;       // asks for as many targets as rows
  EXPECT_GT(json::parse(bench(options, {.steps = 1})).at("samples_per_second").get<double>(), 0);
}

TEST(VersionLine, NamesLibtorchAndWhatTheProcessorCan) {
  const auto line = version_line();
  EXPECT_NE(line.find(" (libtorch " TORCH_VERSION ", "), std::string::npos) << line;
  std::ifstream cpuinfo("/proc/cpuinfo");
  std::string flags;
  while (std::getline(cpuinfo, flags) && !flags.starts_with("flags")) {
  }
  const auto holds = [](const std::string& text, const std::string& word) {
    std::istringstream words(text);
    return std::find(std::istream_iterator<std::string>(words), {}, word) != std::istream_iterator<std::string>();
  };
  const auto abilities = line.substr(line.rfind(": ") + 2, line.size() - line.rfind(": ") - 3);  // "...: fma avx2)"
  for (const auto* ability : {"fma", "avx2", "avx512f", "avx512_bf16", "amx_bf16"}) {
    EXPECT_EQ(holds(abilities, ability), holds(flags, ability)) << ability << " in: " << line;
  }
}

TEST(Probe, IsKeptByMachineLibraryAndThreads) {
  const TempFolder folder;
  const std::string before = std::getenv("STROP_CACHE") == nullptr ? "" : std::getenv("STROP_CACHE");
  ::setenv("STROP_CACHE", folder.path().c_str(), 1);
  const auto first = machine_rates(torch::kCPU, 1);
  EXPECT_GT(first.fp32_gflops, 0);
  EXPECT_GT(first.bf16_gflops, 0);
  const auto again = machine_rates(torch::kCPU, 1);  // measured anew it would hardly be the same to the last bit
  EXPECT_EQ(again.fp32_gflops, first.fp32_gflops);
  EXPECT_EQ(again.bf16_gflops, first.bf16_gflops);
  machine_rates(torch::kCPU, 2);
  const auto known = json::parse(read_file(folder.path() / "probe.json", ErrorKind::internal));
  ASSERT_EQ(known.size(), 2U);
  for (const auto& [key, rates] : known.items()) {
    EXPECT_NE(key.find("libtorch 2."), std::string::npos) << key;
    EXPECT_NE(key.find("threads "), std::string::npos) << key;
  }
  std::ofstream(folder.path() / "probe.json") << "{torn";
  EXPECT_GT(machine_rates(torch::kCPU, 1).fp32_gflops, 0);
  if (before.empty()) ::unsetenv("STROP_CACHE");
  else ::setenv("STROP_CACHE", before.c_str(), 1);
}

TEST(RDrop, SaysThatItNeedsDropout) {
  const TinyJob job;
  const std::string words = "both passes of a batch give the same";
  for (const double dropout : {0.0, 0.1}) {
    const auto run = dropout > 0 ? "with" : "without";
    Options options = job.options("lora", run);
    options.augment = {"rdrop"};
    options.dropout = dropout;
    options.lora_dropout = 0;
    options.max_steps = 2;
    train(options);
    EXPECT_EQ(job.content(run, "strop.log").find(words) != std::string::npos, dropout == 0) << run;
  }
}

}  // namespace
}  // namespace strop
