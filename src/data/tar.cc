#include "data/tar.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "data/read_bytes.h"

namespace strop {
namespace {

constexpr std::uint64_t kBlock = 512;
constexpr std::uint64_t kMostHeader = 1 << 20;  // of a long name or a pax header

// Fields of a header block: place and length.
struct Field {
  std::size_t at, size;
};
constexpr Field kName{0, 100}, kSize{124, 12}, kChecksum{148, 8}, kType{156, 1}, kLink{157, 100}, kMagic{257, 5},
    kPrefix{345, 155};

class TarReader {
 public:
  explicit TarReader(ByteRange archive) : archive_(std::move(archive)) {
    if (archive_.memory != nullptr) {
      size_ = archive_.memory->size();
    } else {
      std::error_code error;
      size_ = std::filesystem::file_size(archive_.file, error);
      if (error) fail(ErrorKind::data, "{}: cannot be read: {}", archive_.file, error.message());
    }
  }

  std::vector<TarMember> read() {
    std::vector<TarMember> members;
    std::unordered_map<std::string, ByteRange> seen;  // what hard links can name
    std::string long_name, long_link;
    std::uint64_t pax_size = ByteRange::kWhole;
    check_kind();
    while (at_ < size_) {
      const std::string header = take(kBlock);
      if (header.find_first_not_of('\0') == std::string::npos) break;  // the end
      check(header);
      const char type = header[kType.at];
      std::uint64_t size = number(header, kSize);
      if (type == 'L' || type == 'K' || type == 'x' || type == 'g') {
        const std::string text = take_padded(size);
        if (type == 'L') long_name = text.substr(0, text.find('\0'));
        if (type == 'K') long_link = text.substr(0, text.find('\0'));
        if (type == 'x') read_pax(text, long_name, long_link, pax_size);
        continue;
      }
      if (pax_size != ByteRange::kWhole) size = pax_size;
      const bool regular = type == '0' || type == '\0' || type == '7';
      if (type >= '1' && type <= '6') size = 0;  // links, devices, folders

      const std::string name = clean(long_name.empty() ? short_name(header) : long_name);
      if (size > size_ - at_) fail_at(at_, "the archive is truncated");
      if (stays_inside(name)) {
        TarMember member{name, {archive_.file, archive_.memory, at_, size}};
        const auto link = clean(long_link.empty() ? text(header, kLink) : long_link);
        const auto target = type == '1' ? seen.find(link) : seen.end();
        if (target != seen.end()) member.bytes = target->second;
        else if (type == '1' || type == '2') member.link_to = link;
        if (regular || target != seen.end()) seen[member.name] = member.bytes;
        if (regular || type == '1' || type == '2') members.push_back(std::move(member));
      }
      at_ = std::min(size_, at_ + (size + kBlock - 1) / kBlock * kBlock);
      long_name.clear();
      long_link.clear();
      pax_size = ByteRange::kWhole;
    }
    return members;
  }

 private:
  [[noreturn]] void fail_at(std::uint64_t at, const char* what) const {
    fail(ErrorKind::data, "{}: {} (at byte {}); copy or pack it again", archive_.file, what, at);
  }

  // A header says "ustar", or has its checksum; an archive of nothing is zeros.
  void check_kind() {
    std::string first(read_range({archive_.file, archive_.memory, 0, std::min(kBlock, size_)}, archive_.file).view);
    const bool whole = first.size() == kBlock;
    first.resize(kBlock, '\0');
    const bool empty = first.find_first_not_of('\0') == std::string::npos;
    if (empty || text(first, kMagic) == "ustar" || (whole && sum_of(first) == number(first, kChecksum))) return;
    fail(ErrorKind::data, "{}: is no tar archive, whatever its name says; expected what tar packs, plain or with gzip",
         archive_.file);
  }

  std::string take(std::uint64_t size) {
    if (size > size_ - at_) fail_at(at_, "the archive is truncated");
    const ByteRange part{archive_.file, archive_.memory, at_, size};
    at_ += size;
    return std::string(read_range(part, archive_.file).view);
  }
  std::string take_padded(std::uint64_t size) {
    if (size > kMostHeader) fail_at(at_, "a name is too long");
    return take((size + kBlock - 1) / kBlock * kBlock).substr(0, size);
  }

  static std::uint64_t sum_of(const std::string& header) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kBlock; ++i) {
      const bool blank = i >= kChecksum.at && i < kChecksum.at + kChecksum.size;
      sum += blank ? ' ' : static_cast<unsigned char>(header[i]);
    }
    return sum;
  }
  void check(const std::string& header) const {
    if (sum_of(header) != number(header, kChecksum)) fail_at(at_ - kBlock, "the header of a file is damaged");
  }

  // Octal digits, or big-endian bytes behind a byte of 0x80 (large files).
  static std::uint64_t number(const std::string& header, Field field) {
    std::uint64_t value = 0;
    if (static_cast<unsigned char>(header[field.at]) == 0x80) {
      for (std::size_t i = 1; i < field.size; ++i)
        value = value << 8 | static_cast<unsigned char>(header[field.at + i]);
      return value;
    }
    for (std::size_t i = 0; i < field.size; ++i) {
      const char c = header[field.at + i];
      if (c >= '0' && c <= '7') value = value << 3 | static_cast<std::uint64_t>(c - '0');
      if (c == '\0' && value > 0) break;
    }
    return value;
  }

  static std::string text(const std::string& header, Field field) {
    const std::string value = header.substr(field.at, field.size);
    return value.substr(0, value.find('\0'));
  }
  static std::string short_name(const std::string& header) {
    const std::string prefix = text(header, kMagic) == "ustar" ? text(header, kPrefix) : "";
    return prefix.empty() ? text(header, kName) : prefix + "/" + text(header, kName);
  }

  // Lines of "LENGTH key=value\n", the length that of the whole line.
  static void read_pax(std::string_view rest, std::string& name, std::string& link, std::uint64_t& size) {
    while (!rest.empty()) {
      std::size_t length = 0;
      const auto digits = std::from_chars(rest.data(), rest.data() + rest.size(), length);
      const auto used = static_cast<std::size_t>(digits.ptr - rest.data()) + 1;
      if (digits.ec != std::errc() || length <= used || length > rest.size()) return;
      const auto line = rest.substr(used, length - used - 1);
      rest.remove_prefix(length);
      if (starts_with(line, "path=")) name = line.substr(5);
      if (starts_with(line, "linkpath=")) link = line.substr(9);
      if (starts_with(line, "size=")) std::from_chars(line.data() + 5, line.data() + line.size(), size);
    }
  }

  static std::string clean(std::string name) {
    while (starts_with(name, "./")) name.erase(0, std::min(name.find_first_not_of('/', 1), name.size()));
    return name;
  }
  static bool stays_inside(const std::string& name) {
    const auto parts = split(name, '/');
    return !name.empty() && name[0] != '/' && std::find(parts.begin(), parts.end(), "..") == parts.end();
  }

  ByteRange archive_;
  std::uint64_t size_ = 0, at_ = 0;
};

}  // namespace

bool is_tar_name(const std::string& file) {
  const std::string name = lower_ascii(file);
  return ends_with(name, ".tar") || ends_with(name, ".tar.gz") || ends_with(name, ".tgz");
}

std::vector<TarMember> read_tar(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  char magic[2] = {};
  if (in.read(magic, 2) && std::string_view(magic, 2) == "\x1F\x8B") {
    return read_tar(std::make_shared<const std::string>(read_data_bytes(file)), file);
  }
  return TarReader({file, nullptr, 0, ByteRange::kWhole}).read();
}

std::vector<TarMember> read_tar(std::shared_ptr<const std::string> bytes, const std::string& file) {
  return TarReader({file, std::move(bytes), 0, ByteRange::kWhole}).read();
}

}  // namespace strop
