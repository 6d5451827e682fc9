#include "train/checkpoint.h"

#include <torch/types.h>

#include <fstream>
#include <set>

#include "core/error.h"
#include "nn/compare.h"
#include "temp_folder.h"

namespace strop {
namespace {

Checkpoint sample(std::int64_t step) {
  Checkpoint checkpoint;
  auto& progress = checkpoint.progress;
  progress = {.stage = 1,
              .stage_step = 4,
              .global_step = step,
              .epoch = 2,
              .first_epoch = 3,
              .batch = 5,
              .micro_batch = 16,
              .samples = 700,
              .elapsed = 1.0 / 3,
              .stage_elapsed = 0.1,
              .loss_sum = 12.3456789012345678,
              .best_metric = -0.25,
              .best_step = 9,
              .evaluations_without_gain = 2};
  checkpoint.infobatch = {{3.0F, 0.125F}, {1.5F, 1e-7F}};
  checkpoint.tensors["model/a.weight"] = seeded({3, 4}, 1);
  checkpoint.tensors["optimizer/a.weight/steps"] = torch::full({}, 7.0F);
  checkpoint.tensors["ema/b"] = seeded({5}, 2).t();
  return checkpoint;
}

TEST(Checkpoint, ReadsBackBitForBit) {
  const TempFolder folder;
  const auto written = sample(12);
  const auto path = save_checkpoint(folder.path(), written, 2);
  EXPECT_EQ(path, folder.path() / "checkpoint-12");
  const auto read = load_checkpoint(path);
  const auto &a = read.progress, &b = written.progress;
  EXPECT_EQ(std::tie(a.stage, a.stage_step, a.global_step, a.epoch, a.first_epoch, a.batch, a.micro_batch, a.samples),
            std::tie(b.stage, b.stage_step, b.global_step, b.epoch, b.first_epoch, b.batch, b.micro_batch, b.samples));
  EXPECT_EQ(std::tie(a.elapsed, a.stage_elapsed, a.loss_sum, a.best_metric, a.best_step, a.evaluations_without_gain),
            std::tie(b.elapsed, b.stage_elapsed, b.loss_sum, b.best_metric, b.best_step, b.evaluations_without_gain));
  EXPECT_EQ(read.infobatch, written.infobatch);
  ASSERT_EQ(read.tensors.size(), written.tensors.size());
  for (const auto& [name, tensor] : written.tensors) EXPECT_TRUE(same_bits(read.tensors.at(name), tensor)) << name;
}

TEST(Checkpoint, KeepsTheNewest) {
  const TempFolder folder;
  EXPECT_FALSE(newest_checkpoint(folder.path()));
  for (const int step : {5, 9, 10, 100}) save_checkpoint(folder.path(), sample(step), 2);
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) names.insert(entry.path().filename());
  EXPECT_EQ(names, (std::set<std::string>{"checkpoint-10", "checkpoint-100"}));
  EXPECT_EQ(newest_checkpoint(folder.path()), folder.path() / "checkpoint-100");
}

TEST(Checkpoint, KeepZeroKeepsAll) {
  const TempFolder folder;
  for (const int step : {1, 2, 3}) save_checkpoint(folder.path(), sample(step), 0);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 3);
}

// What a killed process leaves: a hidden sibling, or a folder without its state.
TEST(Checkpoint, HalfWrittenOnesAreNoCheckpoints) {
  const TempFolder folder;
  save_checkpoint(folder.path(), sample(3), 2);
  std::filesystem::create_directories(folder.path() / ".checkpoint-4.tmp");
  std::ofstream(folder.path() / ".checkpoint-4.tmp" / "trainer_state.json") << "{}";
  std::filesystem::create_directories(folder.path() / "checkpoint-5");
  EXPECT_EQ(newest_checkpoint(folder.path()), folder.path() / "checkpoint-3");
  save_checkpoint(folder.path(), sample(4), 2);
  EXPECT_EQ(load_checkpoint(folder.path() / "checkpoint-4").progress.global_step, 4);
}

TEST(Checkpoint, BrokenOnesAreNamed) {
  const TempFolder folder;
  const auto path = save_checkpoint(folder.path(), sample(3), 2);
  const auto message = [&](const std::string& state) {
    std::ofstream(path / "trainer_state.json") << state;
    try {
      load_checkpoint(path);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  const auto file = (path / "trainer_state.json").string();
  expect_contains(message("{\"version\": 2, \"sta"), file + ": broken: ");
  expect_contains(message("{\"version\": 2}"), "resume from an older checkpoint");
  expect_contains(message("{\"version\": 99}"), file + ": version is 99; this strop reads version 2");
}

}  // namespace
}  // namespace strop
