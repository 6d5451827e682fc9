#include "weights/pickled_storages.h"

#include "core/error.h"
#include "core/text.h"
#include "weights/little_endian.h"
#include "weights/mapped_file.h"
#include "weights/safetensors.h"
#include "weights/unpickle.h"
#include "weights/zip_entries.h"

namespace strop {
namespace {

constexpr std::string_view kZip = "PK\3\4";
// The pickled magic number, behind the opcodes of protocol and (from protocol 4 on) frame.
constexpr std::string_view kMagic("\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.", 13);
constexpr std::string_view kDataPickle = "data.pkl";
constexpr std::int64_t kProtocol = 1001;

[[noreturn]] void fail_big_endian(const std::string& file) {
  fail(ErrorKind::model, "{}: was written on a big-endian machine, expected a little-endian one; save it anew there",
       file);
}

PickledParts split_zip(std::string_view content, const std::string& file) {
  const auto entries = read_zip_entries(content, file);
  std::string root;
  std::string_view pickle;
  for (const auto& [name, bytes] : entries) {
    const auto slash = name.rfind('/');
    const bool is_root =
        name.substr(slash == std::string::npos ? 0 : slash + 1) == kDataPickle && name.find('/') == slash;
    if (!is_root) continue;
    if (!pickle.empty()) {
      fail(ErrorKind::model, "{}: has two entries {}, expected one; {}", file, kDataPickle, kDamaged);
    }
    root = name.substr(0, name.size() - kDataPickle.size());
    pickle = bytes;
  }
  if (pickle.empty()) {
    fail(ErrorKind::model, "{}: is a zip archive without {}, expected a file of torch.save", file, kDataPickle);
  }
  if (entries.contains(root + "constants.pkl")) {
    fail(ErrorKind::model, "{}: is a TorchScript program, expected weights; save model.state_dict() with torch.save",
         file);
  }
  const auto order = entries.find(root + "byteorder");
  if (order != entries.end() && order->second == "big") fail_big_endian(file);
  PickledParts parts;
  parts.values = unpickle(pickle, 0, file + " (" + root + std::string(kDataPickle) + ")");
  const std::string folder = root + "data/";
  for (auto at = entries.lower_bound(folder); at != entries.end() && starts_with(at->first, folder); ++at) {
    parts.storages.emplace(at->first.substr(folder.size()), at->second);
  }
  return parts;
}

// The facts of the machine that wrote the file, of which only the byte order matters.
void check_machine(const PickleValues& facts, const std::string& file) {
  const auto* dict = facts.get<PickleDict>(facts.root);
  if (dict == nullptr) fail(ErrorKind::model, "{}: the third pickle is no dict; {}", file, kDamaged);
  for (const auto& [key, value] : dict->entries) {
    const auto* name = facts.get<std::string_view>(key);
    const auto* flag = facts.get<bool>(value);
    if (name != nullptr && *name == "little_endian" && flag != nullptr && !*flag) fail_big_endian(file);
  }
}

// Elements and their size of each storage that the objects name, by its key.
std::map<std::string_view, const PickleStorage*> named_storages(const PickleValues& values, const std::string& file) {
  std::map<std::string_view, const PickleStorage*> named;
  for (const auto& value : values.all) {
    const auto* found = std::get_if<std::unique_ptr<PickleStorage>>(&value);
    if (found == nullptr) continue;
    const auto& storage = **found;
    const auto* known = named.emplace(storage.key, &storage).first->second;
    if (known->dtype != storage.dtype || known->whole != storage.whole) {
      fail(ErrorKind::model, "{}: the storage '{}' is named as {} elements of {} and as {} of {}; {}", file,
           excerpt(storage.key), known->whole, known->dtype, storage.whole, storage.dtype, kDamaged);
    }
  }
  return named;
}

// Behind the pickles: for each key an 8-byte count of elements and the elements.
void read_legacy_storages(std::string_view content, const PickleValues& keys, PickledParts& parts,
                          const std::string& file) {
  const auto* list = keys.get<PickleItems>(keys.root);
  if (list == nullptr) fail(ErrorKind::model, "{}: the list of storages is none; {}", file, kDamaged);
  const auto named = named_storages(parts.values, file);
  auto rest = content.substr(keys.end);
  constexpr std::size_t kCount = 8;
  for (const auto id : list->ids) {
    const auto* key = keys.get<std::string_view>(id);
    const auto found = key == nullptr ? named.end() : named.find(*key);
    if (found == named.end()) fail(ErrorKind::model, "{}: lists a storage that no tensor names; {}", file, kDamaged);
    const auto& storage = *found->second;
    const auto count = little_endian(rest.substr(0, kCount));
    if (rest.size() < kCount || count != storage.whole) {
      fail(ErrorKind::model, "{}: the storage '{}' has {} elements, expected {}; {}", file, excerpt(*key),
           rest.size() < kCount ? 0 : count, storage.whole, kDamaged);
    }
    rest.remove_prefix(kCount);
    const auto size = dtype_size(std::string(storage.dtype));
    if (count > rest.size() / size) {
      fail(ErrorKind::model,
           "{}: the storage '{}' needs {} elements of {} bytes, but the file has only {} bytes left; {}", file,
           excerpt(*key), count, size, rest.size(), kDamaged);
    }
    if (!parts.storages.emplace(*key, rest.substr(0, count * size)).second) {
      fail(ErrorKind::model, "{}: the storage '{}' is listed twice; {}", file, excerpt(*key), kDamaged);
    }
    rest.remove_prefix(count * size);
  }
}

// The byte behind the magic number of a legacy file; 0 where none stands at its begin.
std::size_t end_of_magic(std::string_view content) {
  constexpr std::size_t kProtocolSize = 2, kFrameSize = 9;
  if (!starts_with(content, "\x80")) return 0;
  for (const auto begin : {kProtocolSize, kProtocolSize + kFrameSize}) {
    if (content.size() > begin && starts_with(content.substr(begin), kMagic)) return begin + kMagic.size();
  }
  return 0;
}

PickledParts split_legacy(std::string_view content, std::size_t begin, const std::string& file) {
  const auto protocol = unpickle(content, begin, file);
  const auto* number = protocol.get<std::int64_t>(protocol.root);
  if (number == nullptr || *number != kProtocol) {
    fail(ErrorKind::model, "{}: is of another protocol of torch.save, expected {}; {}", file, kProtocol, kDamaged);
  }
  const auto machine = unpickle(content, protocol.end, file);
  check_machine(machine, file);
  PickledParts parts;
  parts.values = unpickle(content, machine.end, file);
  read_legacy_storages(content, unpickle(content, parts.values.end, file), parts, file);
  return parts;
}

[[noreturn]] void fail_unknown(std::string_view content, const std::string& file) {
  constexpr std::size_t kTarMark = 257;  // of POSIX tar
  refuse_git_lfs_pointer(content, file);
  const auto text = trim(content.substr(0, 64));
  const auto is = [&](std::string_view what) {
    fail(ErrorKind::model, "{}: {}, expected a file of torch.save (zip or legacy)", file, what);
  };
  if (content.empty()) is("is empty");
  if (starts_with(text, "<")) is("is a web page, probably of a failed download");
  if (starts_with(content, "\x1f\x8b")) is("is gzip-compressed; unpack it first");
  if (content.size() > kTarMark && starts_with(content.substr(kTarMark), "ustar")) is("is a tar archive");
  if (content.size() > 9 && content[8] == '{') is("is a safetensors file; name it .safetensors");
  if (content[0] == '\x80') is("is a pickle that torch.save did not write, and was not run");
  fail(ErrorKind::model, "{}: is no file of torch.save (zip or legacy), or is damaged", file);
}

}  // namespace

PickledParts split_pickled_file(std::string_view content, const std::string& file) {
  if (starts_with(content, kZip)) return split_zip(content, file);
  if (const auto begin = end_of_magic(content); begin > 0) return split_legacy(content, begin, file);
  fail_unknown(content, file);
}

}  // namespace strop
