#include "weights/zip_entries.h"

#include <algorithm>
#include <cstdint>

#include "core/error.h"
#include "core/text.h"
#include "weights/little_endian.h"

namespace strop {
namespace {

constexpr std::size_t kEndSize = 22, kLongestComment = 0xFFFF, kLocatorSize = 20, kEnd64Size = 56;
constexpr std::size_t kEntrySize = 46, kLocalSize = 30;
constexpr std::string_view kEnd = "PK\5\6", kLocator = "PK\6\7", kEnd64 = "PK\6\6", kEntry = "PK\1\2",
                           kLocal = "PK\3\4";
constexpr std::uint64_t kFull32 = 0xFFFFFFFF;  // "see the zip64 field"

struct Directory {
  std::uint64_t begin = 0, size = 0, entries = 0;
};

struct Entry {
  std::string_view name;
  std::uint64_t stored = 0, size = 0, local = 0;
};

class ZipReader {
 public:
  ZipReader(std::string_view content, const std::string& file) : content_(content), file_(file) {}

  std::map<std::string, std::string_view, std::less<>> read() {
    const auto directory = find_directory();
    if (directory.entries > directory.size / kEntrySize) {
      broken("the zip directory claims {} entries in {} bytes", directory.entries, directory.size);
    }
    auto rest = piece(directory.begin, directory.size, "the zip directory");
    std::map<std::string, std::string_view, std::less<>> entries;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
      const auto entry = next_entry(rest);
      if (!entries.emplace(entry.name, bytes_of(entry)).second) {
        broken("the zip entry '{}' stands twice", excerpt(entry.name));
      }
    }
    return entries;
  }

 private:
  template <typename... Args>
  [[noreturn]] void broken(fmt::format_string<Args...> format, Args&&... args) const {
    fail(ErrorKind::model, "{}: {}; the file is truncated or damaged: fetch it again", file_,
         fmt::format(format, std::forward<Args>(args)...));
  }

  std::string_view piece(std::uint64_t begin, std::uint64_t size, std::string_view what) const {
    if (begin > content_.size() || size > content_.size() - begin) {
      broken("{} lies at byte {} with {} bytes, but the file has {}", what, begin, size, content_.size());
    }
    return content_.substr(begin, size);
  }

  // The record at the very end, from which all else is found; a comment may follow it.
  Directory find_directory() const {
    const auto skipped = content_.size() - std::min(content_.size(), kEndSize + kLongestComment);
    const auto tail = content_.substr(skipped);
    for (auto at = tail.rfind(kEnd); at != std::string_view::npos; at = at == 0 ? at - 1 : tail.rfind(kEnd, at - 1)) {
      const auto end = tail.substr(at);
      if (end.size() < kEndSize || little_endian(end.substr(20, 2)) != end.size() - kEndSize) continue;
      const auto before = content_.substr(0, skipped + at);
      if (before.size() >= kLocatorSize && before.substr(before.size() - kLocatorSize, 4) == kLocator) {
        return directory64(little_endian(before.substr(before.size() - kLocatorSize + 8, 8)));
      }
      return {little_endian(end.substr(16, 4)), little_endian(end.substr(12, 4)), little_endian(end.substr(10, 2))};
    }
    broken("begins as a zip archive, but has no zip directory at its end");
  }

  Directory directory64(std::uint64_t at) const {
    const auto end = piece(at, kEnd64Size, "the zip64 record");
    if (end.substr(0, 4) != kEnd64) broken("no zip64 record at byte {}", at);
    return {little_endian(end.substr(48, 8)), little_endian(end.substr(40, 8)), little_endian(end.substr(32, 8))};
  }

  Entry next_entry(std::string_view& rest) const {
    if (rest.size() < kEntrySize || rest.substr(0, 4) != kEntry) broken("the zip directory ends early");
    const auto field = [&](std::size_t at, std::size_t width) { return little_endian(rest.substr(at, width)); };
    const std::size_t name = field(28, 2), extra = field(30, 2), comment = field(32, 2);
    if (rest.size() - kEntrySize < name + extra + comment) broken("the zip directory ends early");
    Entry entry{rest.substr(kEntrySize, name), field(20, 4), field(24, 4), field(42, 4)};
    read_zip64(rest.substr(kEntrySize + name, extra), entry);
    if ((field(8, 2) & 1) != 0) {
      fail(ErrorKind::model, "{}: the zip entry '{}' is encrypted, expected plain bytes", file_, excerpt(entry.name));
    }
    if (field(10, 2) != 0) {
      fail(ErrorKind::model,
           "{}: the zip entry '{}' is compressed (method {}), expected stored bytes as torch.save writes them; pack it "
           "again without compression (zip -0)",
           file_, excerpt(entry.name), field(10, 2));
    }
    if (entry.stored != entry.size) {
      broken("the zip entry '{}' has {} bytes stored and {} when read", excerpt(entry.name), entry.stored, entry.size);
    }
    rest.remove_prefix(kEntrySize + name + extra + comment);
    return entry;
  }

  // The extra field 1 holds, in this order, those numbers that did not fit.
  void read_zip64(std::string_view extra, Entry& entry) const {
    while (extra.size() >= 4) {
      const auto id = little_endian(extra.substr(0, 2));
      const std::size_t size = little_endian(extra.substr(2, 2));
      extra.remove_prefix(4);
      if (size > extra.size()) broken("an extra field of the zip entry '{}' ends early", excerpt(entry.name));
      auto numbers = extra.substr(0, size);
      extra.remove_prefix(size);
      if (id != 1) continue;
      for (auto* number : {&entry.size, &entry.stored, &entry.local}) {
        if (*number != kFull32) continue;
        if (numbers.size() < 8) broken("the zip64 field of the zip entry '{}' is too short", excerpt(entry.name));
        *number = little_endian(numbers.substr(0, 8));
        numbers.remove_prefix(8);
      }
      return;
    }
  }

  // The local header repeats the name and may be longer than the directory says.
  std::string_view bytes_of(const Entry& entry) const {
    const auto local = piece(entry.local, kLocalSize, "a zip entry");
    const std::size_t name = little_endian(local.substr(26, 2)), extra = little_endian(local.substr(28, 2));
    if (local.substr(0, 4) != kLocal ||
        piece(entry.local + kLocalSize, name, "the name of a zip entry") != entry.name) {
      broken("the zip entry '{}' does not stand at byte {}, where the directory says", excerpt(entry.name),
             entry.local);
    }
    return piece(entry.local + kLocalSize + name + extra, entry.size, "a zip entry");
  }

  const std::string_view content_;
  const std::string& file_;
};

}  // namespace

std::map<std::string, std::string_view, std::less<>> read_zip_entries(std::string_view content,
                                                                      const std::string& file) {
  return ZipReader(content, file).read();
}

}  // namespace strop
