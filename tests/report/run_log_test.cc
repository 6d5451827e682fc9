#include "report/run_log.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>

#include "core/error.h"
#include "core/files.h"
#include "report/event_file.h"
#include "temp_folder.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

// --- a decoder that shares nothing with the writer: CRC bit by bit, protobuf fields by their keys ---

std::uint32_t plain_masked_crc(const std::string& bytes) {
  std::uint32_t crc = ~0U;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78U : crc >> 1;
  }
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8U;
}

template <typename T>
T fixed_at(const std::string& bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

std::uint64_t varint(const std::string& bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.at(at++));
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
}

struct Field {
  std::uint64_t number = 0, integer = 0;  // integer: varint or fixed bits
  std::string bytes;
};

std::vector<Field> fields_of(const std::string& message) {
  std::vector<Field> fields;
  for (std::size_t at = 0; at < message.size();) {
    const auto key = varint(message, at);
    Field field{.number = key >> 3, .integer = 0, .bytes = ""};
    switch (key & 7) {
      case 0: field.integer = varint(message, at); break;
      case 1: field.integer = fixed_at<std::uint64_t>(message, at), at += 8; break;
      case 5: field.integer = fixed_at<std::uint32_t>(message, at), at += 4; break;
      default: {
        const auto length = varint(message, at);
        field.bytes = message.substr(at, length);
        at += length;
      }
    }
    fields.push_back(field);
  }
  return fields;
}

struct Event {
  double time = 0;
  std::uint64_t step = 0;
  std::string version;
  std::vector<std::pair<std::string, float>> scalars;
};

std::vector<Event> events_of(const std::string& file) {
  std::vector<Event> events;
  for (std::size_t at = 0; at < file.size();) {
    const auto length = fixed_at<std::uint64_t>(file, at);
    EXPECT_EQ(fixed_at<std::uint32_t>(file, at + 8), plain_masked_crc(file.substr(at, 8)));
    const std::string payload = file.substr(at + 12, length);
    EXPECT_EQ(fixed_at<std::uint32_t>(file, at + 12 + length), plain_masked_crc(payload));
    Event event;
    for (const auto& field : fields_of(payload)) {
      if (field.number == 1) event.time = std::bit_cast<double>(field.integer);
      if (field.number == 2) event.step = field.integer;
      if (field.number == 3) event.version = field.bytes;
      if (field.number != 5) continue;
      for (const auto& value : fields_of(field.bytes)) {
        const auto parts = fields_of(value.bytes);
        event.scalars.emplace_back(parts.at(0).bytes,
                                   std::bit_cast<float>(static_cast<std::uint32_t>(parts.at(1).integer)));
      }
    }
    events.push_back(event);
    at += 16 + length;
  }
  return events;
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  return files;
}

std::vector<Event> events_in(const fs::path& run) {
  const auto files = files_in(run / "runs");
  EXPECT_EQ(files.size(), 1U);
  return events_of(read_file(files.at(0), ErrorKind::internal));
}

LogLine training_line(std::int64_t step) {
  LogLine line;
  line.current_steps = step;
  line.total_steps = 300;
  line.stage = "head";
  line.loss = 1.0 / static_cast<double>(step);
  line.learning_rate = 1e-3;
  return line;
}

std::vector<std::int64_t> steps_in(const fs::path& run) {
  std::vector<std::int64_t> steps;
  for (const auto& line : read_log_lines(run / "trainer_log.jsonl")) steps.push_back(line.current_steps);
  return steps;
}

TEST(MaskedCrc32c, KnownValues) {
  // CRC-32C of "123456789" is e3069283 (RFC 3720's check value).
  const std::uint32_t crc = 0xE3069283U;
  EXPECT_EQ(masked_crc32c("123456789"), ((crc >> 15) | (crc << 17)) + 0xA282EAD8U);
  EXPECT_EQ(masked_crc32c(""), 0xA282EAD8U);
}

TEST(LogLineJson, ReadsBackBitForBitAndLeavesOutNaN) {
  LogLine line = training_line(7);
  line.loss = 0.1 + 0.2;
  line.stage = "block \"x\" \xF0\x9F\x99\x82";
  line.micro_batch = 16;
  const std::string text = to_json(line);
  EXPECT_EQ(text.find("eval_loss"), std::string::npos);
  EXPECT_EQ(text.find("null"), std::string::npos);
  const LogLine read = log_line_from_json(text);
  EXPECT_EQ(read.loss, line.loss);
  EXPECT_EQ(read.stage, line.stage);
  EXPECT_EQ(read.micro_batch, 16);
  EXPECT_TRUE(std::isnan(read.eval_accuracy));
  EXPECT_EQ(to_json(read), text);
}

TEST(LogLineJson, SaysWhatIsWrong) {
  EXPECT_THROW(log_line_from_json("{\"loss\": 1}"), Error);
  EXPECT_THROW(log_line_from_json("{\"current_steps\": 1, \"loss\": \"low\"}"), Error);
}

TEST(RunLog, WritesBothFilesAtOnce) {
  const TempFolder folder;
  RunLog log(folder.path(), 0);
  log.write(training_line(10));
  LogLine evaluation;
  evaluation.current_steps = 300;
  evaluation.eval_accuracy = 0.75;
  log.write(evaluation);
  EXPECT_EQ(steps_in(folder.path()), (std::vector<std::int64_t>{10, 300}));  // the log is still open
  const auto events = events_in(folder.path());
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].version, "brain.Event:2");
  EXPECT_EQ(events[1].step, 10U);
  EXPECT_GT(events[1].time, 1e9);
  EXPECT_EQ(events[1].scalars[0], (std::pair<std::string, float>{"train/loss", 0.1F}));
  EXPECT_EQ(events[1].scalars[1].first, "train/learning_rate");
  EXPECT_EQ(events[2].step, 300U);
  ASSERT_EQ(events[2].scalars.size(), 1U);
  EXPECT_EQ(events[2].scalars[0], (std::pair<std::string, float>{"eval/accuracy", 0.75F}));
}

TEST(RunLog, ResumeCutsWhatCameAfterTheCheckpoint) {
  const TempFolder folder;
  {
    RunLog log(folder.path(), 0);
    for (const std::int64_t step : {10, 20, 30, 40}) log.write(training_line(step));
  }
  // As a killed process leaves them: half a line, half a record.
  append_file(folder.path() / "trainer_log.jsonl", R"({"current_steps": 20, "lo)");
  append_file(files_in(folder.path() / "runs").at(0), std::string("\x18\0\0\0\0", 5));
  RunLog log(folder.path(), 20);
  log.write(training_line(30));
  EXPECT_EQ(steps_in(folder.path()), (std::vector<std::int64_t>{10, 20, 30}));
  std::vector<std::uint64_t> steps;
  for (const auto& event : events_in(folder.path())) steps.push_back(event.step);
  EXPECT_EQ(steps, (std::vector<std::uint64_t>{0, 10, 20, 30}));
  EXPECT_EQ(files_in(folder.path()).size(), 2U);  // nothing half-written stays
}

TEST(RunLog, AFreshRunKeepsNothing) {
  const TempFolder folder;
  { RunLog(folder.path(), 0).write(training_line(10)); }
  const RunLog log(folder.path(), 0);
  EXPECT_TRUE(steps_in(folder.path()).empty());
  EXPECT_EQ(events_in(folder.path()).size(), 1U);
}

TEST(RunLog, ADamagedRecordEndsTheKeptEvents) {
  const TempFolder folder;
  {
    RunLog log(folder.path(), 0);
    for (const std::int64_t step : {10, 20, 30}) log.write(training_line(step));
  }
  const auto file = files_in(folder.path() / "runs").at(0);
  std::string bytes = read_file(file, ErrorKind::internal);
  bytes[bytes.size() - 6] ^= 1;  // in the last record's payload
  write_file_atomic(file, bytes);
  const RunLog log(folder.path(), 30);
  EXPECT_EQ(events_in(folder.path()).size(), 3U);
}

TEST(RunLog, AFolderThatCannotBeWrittenIsAnError) {
  const TempFolder folder;
  append_file(folder.path() / "file", "x");
  EXPECT_THROW(RunLog(folder.path() / "file", 0), Error);
}

}  // namespace
}  // namespace strop
