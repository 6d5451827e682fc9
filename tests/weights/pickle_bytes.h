// Hand-made pickles and zip archives.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace strop {

inline std::string little(std::uint64_t value, int width) {
  std::string out;
  for (int i = 0; i < width; ++i) out += static_cast<char>(value >> 8 * i & 0xFF);
  return out;
}

inline std::string text_op(const std::string& text) { return "X" + little(text.size(), 4) + text; }
inline std::string int_op(std::int64_t value) { return "\x8a\x08" + little(static_cast<std::uint64_t>(value), 8); }
inline std::string global_op(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}

// One tensor of floats over a storage of six.
struct Fake {
  std::string key = "0";
  std::int64_t elements = 6, offset = 0;
  std::vector<std::int64_t> shape = {2, 3}, strides = {3, 1};
};

inline std::string tensor_ops(const Fake& fake) {
  std::string out = global_op("torch._utils", "_rebuild_tensor_v2") + "((" + text_op("storage") +
                    global_op("torch", "FloatStorage") + text_op(fake.key) + text_op("cpu") + int_op(fake.elements) +
                    "tQ" + int_op(fake.offset);
  for (const auto* counts : {&fake.shape, &fake.strides}) {
    out += "(";
    for (const auto count : *counts) out += int_op(count);
    out += "t";
  }
  return out + "\x89" + global_op("collections", "OrderedDict") + ")RtR";
}

// A zip archive of stored entries; its checksums are left 0.
inline std::string zip_bytes(const std::vector<std::pair<std::string, std::string>>& entries, int method = 0) {
  std::string out, directory;
  for (const auto& [name, bytes] : entries) {
    const auto common = little(0, 2) + little(static_cast<std::uint64_t>(method), 2) + std::string(8, '\0') +
                        little(bytes.size(), 4) + little(bytes.size(), 4) + little(name.size(), 2) + little(0, 2);
    directory += std::string("PK\1\2\0\0\0\0", 8) + common + std::string(10, '\0') + little(out.size(), 4) + name;
    out += std::string("PK\3\4\0\0", 6) + common + name + bytes;
  }
  const auto count = little(entries.size(), 2);
  const auto begin = out.size();
  return out + directory + std::string("PK\5\6\0\0\0\0", 8) + count + count + little(directory.size(), 4) +
         little(begin, 4) + little(0, 2);
}

inline std::string fake_zip(const Fake& fake) {
  return zip_bytes(
      {{"a/data.pkl", "\x80\x02}" + text_op("w") + tensor_ops(fake) + "s."}, {"a/data/0", std::string(24, 'x')}});
}

}  // namespace strop
