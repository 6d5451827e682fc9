#include "report/event_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <optional>

#include "core/files.h"

namespace strop {
namespace {

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78U : 0);
    table[byte] = crc;
  }
  return table;
}
constexpr auto kCrcTable = make_crc_table();

template <typename Unsigned>
void put_fixed(std::string& out, Unsigned value) {
  for (std::size_t i = 0; i < sizeof(value); ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

std::uint64_t get_fixed(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

// Protobuf keys are (field << 3 | wire type): 0 varint, 1 eight bytes, 2 with a length, 5 four bytes.
void put_text(std::string& out, int field, std::string_view text) {
  out += static_cast<char>(field << 3 | 2);
  put_varint(out, text.size());
  out += text;
}

std::string framed(std::string_view payload) {
  std::string out;
  put_fixed(out, std::uint64_t{payload.size()});
  put_fixed(out, masked_crc32c(out));
  out += payload;
  put_fixed(out, masked_crc32c(payload));
  return out;
}

// wall_time first and step second: step_of() relies on it.
std::string event_start(std::int64_t step) {
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  std::string out(1, static_cast<char>(1 << 3 | 1));
  put_fixed(out, std::bit_cast<std::uint64_t>(now));
  out += static_cast<char>(2 << 3 | 0);
  put_varint(out, static_cast<std::uint64_t>(step));
  return out;
}

// The step of an event of ours; nothing for the file's header, and for a record of another writer.
std::optional<std::int64_t> step_of(std::string_view payload) {
  constexpr std::size_t kStepAt = 10;
  if (payload.size() <= kStepAt || payload[9] != (2 << 3 | 0)) return std::nullopt;
  std::uint64_t step = 0;
  std::size_t at = kStepAt;
  for (int shift = 0; at < payload.size() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(payload[at++]);
    step |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) break;
  }
  const bool header = at < payload.size() && payload[at] == (3 << 3 | 2);
  if (header) return std::nullopt;
  return static_cast<std::int64_t>(step);
}

std::string header_record() {
  std::string payload = event_start(0);
  put_text(payload, 3, "brain.Event:2");
  return framed(payload);
}

// The whole, unharmed records of steps <= last among `bytes`.
std::string kept_records(std::string_view bytes, std::int64_t last) {
  std::string kept;
  while (bytes.size() >= 16) {
    const std::uint64_t length = get_fixed(bytes.substr(0, 8));
    if (get_fixed(bytes.substr(8, 4)) != masked_crc32c(bytes.substr(0, 8)) || length > bytes.size() - 16) break;
    const auto payload = bytes.substr(12, length);
    if (get_fixed(bytes.substr(12 + length, 4)) != masked_crc32c(payload)) break;
    const auto step = step_of(payload);
    if (step && *step <= last) kept += bytes.substr(0, 16 + length);
    bytes.remove_prefix(16 + length);
  }
  return kept;
}

std::vector<std::filesystem::path> event_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  if (!std::filesystem::is_directory(folder)) return files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().rfind("events.out.tfevents.", 0) == 0) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::uint32_t masked_crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFF];
  return std::rotr(~crc, 15) + 0xA282EAD8U;
}

EventFile::EventFile(const std::filesystem::path& folder, std::int64_t resume_step) {
  const auto old = event_files(folder);
  const auto seconds = std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds(1);
  file_ = old.empty() ? folder / fmt::format("events.out.tfevents.{}.strop", seconds) : old.front();
  std::string content = header_record();
  if (resume_step > 0 && !old.empty()) content += kept_records(read_file(file_, ErrorKind::usage), resume_step);
  write_file_atomic(file_, content);
  for (const auto& other : old) {
    if (other != file_) std::filesystem::remove(other);
  }
}

void EventFile::append(std::int64_t step, const std::vector<Scalar>& scalars) {
  std::string summary;
  for (const auto& scalar : scalars) {
    if (!std::isfinite(scalar.value)) continue;
    std::string value;
    put_text(value, 1, scalar.tag);
    value += static_cast<char>(2 << 3 | 5);
    put_fixed(value, std::bit_cast<std::uint32_t>(static_cast<float>(scalar.value)));
    put_text(summary, 1, value);
  }
  if (summary.empty()) return;
  std::string payload = event_start(step);
  put_text(payload, 5, summary);
  append_file(file_, framed(payload));
}

}  // namespace strop
