#include "report/console.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/files.h"
#include "core/log.h"
#include "core/text.h"
#include "temp_folder.h"

namespace strop {
namespace {

Progress half_way() {
  return {.step = 50,
          .total = 100,
          .stage = "block encoder.layer.5",
          .loss = 0.25,
          .samples_per_second = 1234,
          .resident_bytes = 512 << 20,
          .remaining = 75};
}

int columns(const std::string& text) {
  int count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) decode_utf8(text, at);
  return count;
}

LogLine line_at(std::int64_t step, double loss) {
  LogLine line;
  line.current_steps = step;
  line.total_steps = 100;
  line.loss = loss;
  return line;
}

TEST(ProgressBar, SaysEverythingWhereThereIsRoom) {
  const std::string text = progress_bar(half_way(), 140);
  for (const char* part : {" 50% ", "███████████████ ", "50/100", "block encoder.layer.5", "loss 0.2500",
                           "1,234 samples/s", "512 MiB", "1m 15s left"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
}

TEST(ProgressBar, NeverExceedsTheWidth) {
  for (int width = 1; width < 160; ++width) EXPECT_LE(columns(progress_bar(half_way(), width)), width) << width;
  EXPECT_NE(progress_bar(half_way(), 40).find("50/100"), std::string::npos);
  EXPECT_EQ(progress_bar(half_way(), 40).find("MiB"), std::string::npos);
}

TEST(ProgressBar, LeavesOutWhatIsUnknown) {
  const Progress start{.step = 0, .total = 0, .stage = "", .loss = std::nan("")};
  EXPECT_EQ(progress_text(start), "  0%  step 0");
}

TEST(ProgressBar, RunsByTheClockShowTheShareOfTime) {
  const Progress clock{.step = 7, .total = 0, .stage = "", .loss = std::nan(""), .elapsed = 30, .remaining = 10};
  EXPECT_EQ(progress_text(clock), " 75%  step 7  10.0s left");
}

TEST(Console, PlainLinesAreFewButEvaluationsAlwaysShow) {
  testing::internal::CaptureStderr();
  {
    Console console(ConsoleMode::lines);
    for (int step = 1; step <= 20; ++step) console.show(line_at(step, 1));
    LogLine evaluation;
    evaluation.current_steps = 20;
    evaluation.total_steps = 100;
    evaluation.eval_accuracy = 0.9;
    console.show(evaluation);
    console.show(line_at(100, 1));
  }
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text, "  1%  1/100  loss 1.0000\nstep 20: evaluation, accuracy 90.00 %\n100%  100/100  loss 1.0000\n");
}

TEST(Console, AnApThatIsNotDefinedIsNoFigure) {
  testing::internal::CaptureStderr();
  {
    Console console(ConsoleMode::lines);
    LogLine evaluation;
    evaluation.eval_map = 0.125;
    evaluation.eval_map_50 = -1;
    console.show(evaluation);
  }
  EXPECT_NE(testing::internal::GetCapturedStderr().find("AP 12.5, AP50 -\n"), std::string::npos);
}

// After a resume steps come again; trainer_log.jsonl is cut back to the checkpoint, strop.log never has them.
TEST(Console, FiguresOfStepsStayOutOfTheLogFile) {
  const TempFolder folder;
  set_log_file(folder.path() / "strop.log");
  testing::internal::CaptureStderr();
  {
    Console console(ConsoleMode::lines);
    console.show(line_at(1, 1));
    log_info("news");
  }
  set_log_file({});
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "  1%  1/100  loss 1.0000\nnews\n");
  const auto text = read_file(folder.path() / "strop.log", ErrorKind::internal);
  EXPECT_EQ(text.find("loss"), std::string::npos) << text;
  EXPECT_NE(text.find("news"), std::string::npos) << text;
}

TEST(Console, TheBarClearsItselfBeforeALogLineAndStopsAfterwards) {
  testing::internal::CaptureStderr();
  {
    Console console(ConsoleMode::bar);
    console.show(line_at(1, 1));
    log_info("news");
  }
  log_info("later");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("\r\033[Knews\n"), std::string::npos);
  EXPECT_EQ(text.find("\r\033[Klater"), std::string::npos);
}

TEST(Console, OffSaysNothing) {
  testing::internal::CaptureStderr();
  { Console(ConsoleMode::off).show(line_at(1, 1)); }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(console_mode(true, false), ConsoleMode::off);
  EXPECT_EQ(console_mode(false, true), ConsoleMode::off);
}

}  // namespace
}  // namespace strop
