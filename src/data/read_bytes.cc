#include "data/read_bytes.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <string_view>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"

namespace strop {
namespace {

constexpr std::uint64_t kMaxFileBytes = 1ULL << 36;
// A file with more NUL bytes than one in this many is UTF-16 or UTF-32 without a mark, not text with a stray NUL.
constexpr std::size_t kNulShare = 10;

std::string read_standard_input() { return {std::istreambuf_iterator<char>(std::cin), {}}; }

void check_exists(const std::string& file) {
  const std::filesystem::path path(file);
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return;
  std::vector<std::string> beside;
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  for (std::filesystem::directory_iterator at(folder, ignored), end; !ignored && at != end; at.increment(ignored)) {
    beside.push_back(at->path().filename().string());
  }
  const std::string near = nearest(path.filename().string(), beside);
  fail(ErrorKind::data, "{}: no such file or folder{}", file, near.empty() ? "" : "; did you mean " + near + "?");
}

void refuse_other_formats(std::string_view bytes, const std::string& name) {
  if (starts_with(bytes, "PK\x03\x04")) {
    fail(ErrorKind::data, "{}: found a zip archive or Excel workbook, expected text; unpack it or save it as CSV",
         name);
  }
  if (starts_with(bytes, "PAR1")) {
    fail(ErrorKind::data, "{}: found a Parquet file, expected text; convert it to CSV or JSON lines first", name);
  }
}

[[noreturn]] void fail_wide(const std::string& name, const char* found, const char* encoding) {
  fail(ErrorKind::data, "{}:1: found {}, expected UTF-8; convert it: iconv -f {} -t UTF-8 '{}' > utf8.txt", name, found,
       encoding, name);
}

void refuse_wide(const std::string& bytes, const std::string& name) {
  const std::string_view view(bytes);
  if (starts_with(view, std::string_view("\xFF\xFE\0\0", 4)) || starts_with(view, std::string_view("\0\0\xFE\xFF", 4)))
    fail_wide(name, "UTF-32 (by its byte order mark)", "UTF-32");
  if (starts_with(view, "\xFF\xFE") || starts_with(view, "\xFE\xFF"))
    fail_wide(name, "UTF-16 (by its byte order mark)", "UTF-16");
  const auto head = view.substr(0, 4096);
  const auto nuls = static_cast<std::size_t>(std::count(head.begin(), head.end(), '\0'));
  if (nuls <= head.size() / kNulShare || nuls < 2) return;
  if (nuls > head.size() / 5 * 3) fail_wide(name, "mostly NUL bytes (UTF-32 without a mark?)", "UTF-32LE");
  const bool big_endian = head[0] == '\0';
  fail_wide(name, "many NUL bytes (UTF-16 without a mark?)", big_endian ? "UTF-16BE" : "UTF-16LE");
}

void refuse_nul(const std::string& bytes, const std::string& name) {
  const auto at = bytes.find('\0');
  if (at == std::string::npos) return;
  const auto line = 1 + std::count(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  fail(ErrorKind::data, "{}:{}: found a NUL byte, expected text; remove it: tr -d '\\000' < '{}' > clean.txt", name,
       line, name);
}

bool is_ascii(const char* at, std::size_t size) {
  std::uint64_t all = 0;
  for (; size >= 8; at += 8, size -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    all |= word;
  }
  for (; size > 0; ++at, --size) all |= static_cast<unsigned char>(*at);
  return (all & 0x8080808080808080ULL) == 0;
}

// Calls visit(line, number) for each line, its "\n" included.
template <typename Visit>
void each_line(std::string_view text, Visit visit) {
  std::int64_t number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end == std::string_view::npos ? text.size() : end + 1);
    visit(line, ++number);
    text.remove_prefix(line.size());
  }
}

void repair_lines(std::string& bytes, const std::string& name, std::vector<std::string>& notes) {
  std::int64_t bad = 0, first = 0;
  const auto is_bad = [](std::string_view line) { return !is_ascii(line.data(), line.size()) && !is_valid_utf8(line); };
  each_line(bytes, [&](std::string_view line, std::int64_t number) {
    if (is_bad(line) && ++bad == 1) first = number;
  });
  if (bad == 0) return;
  std::string repaired;
  repaired.reserve(bytes.size() + bytes.size() / 8);
  each_line(bytes, [&](std::string_view line, std::int64_t number) {
    if (number >= first && is_bad(line)) {
      repaired += repair_utf8(line);
    } else {
      repaired += line;
    }
  });
  bytes = std::move(repaired);
  notes.push_back(
      fmt::format("{}: {} {} bytes that are not UTF-8, replaced by U+FFFD (first {}:{}); if the file is "
                  "Latin-1: iconv -f LATIN1 -t UTF-8",
                  name, bad, bad == 1 ? "line holds" : "lines hold", name, first));
}

}  // namespace

std::string inflate_if_gzip(std::string bytes, const std::string& name) {
  if (!starts_with(bytes, "\x1F\x8B")) return bytes;
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::bad_alloc();  // +16: gzip framing
  std::string out;
  std::vector<char> chunk(1 << 18);
  std::string_view rest(bytes);
  int status = Z_OK;
  while (true) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest.data()));
    stream.avail_in = static_cast<uInt>(std::min<std::size_t>(rest.size(), 1U << 30));
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = static_cast<uInt>(chunk.size());
    status = inflate(&stream, Z_NO_FLUSH);
    rest = rest.substr(static_cast<std::size_t>(reinterpret_cast<char*>(stream.next_in) - rest.data()));
    out.append(chunk.data(), chunk.size() - stream.avail_out);
    if (status == Z_STREAM_END && starts_with(rest, "\x1F\x8B")) {
      status = inflateReset(&stream);  // a further member, as `cat a.gz b.gz` makes
    } else if (status != Z_OK) {
      break;
    }
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) {
    fail(ErrorKind::data, "{}: the gzip data is {} after {} inflated; copy or compress the file again", name,
         status == Z_BUF_ERROR ? "truncated" : "damaged", human_bytes(static_cast<double>(out.size())));
  }
  return out;
}

std::string read_data_bytes(const std::string& file) {
  if (file == "-") return inflate_if_gzip(read_standard_input(), "standard input");
  check_exists(file);
  return inflate_if_gzip(read_file(file, ErrorKind::data, kMaxFileBytes), file);
}

void clean_text(std::string& bytes, const std::string& name, std::vector<std::string>& notes) {
  refuse_other_formats(bytes, name);
  refuse_wide(bytes, name);
  refuse_nul(bytes, name);
  if (starts_with(bytes, "\xEF\xBB\xBF")) bytes.erase(0, 3);
  if (bytes.find('\n') == std::string::npos) std::replace(bytes.begin(), bytes.end(), '\r', '\n');
  repair_lines(bytes, name, notes);
}

}  // namespace strop
