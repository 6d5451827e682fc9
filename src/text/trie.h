// A set of byte strings with a number each, for longest-prefix search: sorted children in flat arrays.
//
// Built once from all strings, O(total bytes); about 10 bytes a node. Immutable and thread-safe.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace strop {

class Trie {
 public:
  using Node = std::int32_t;
  static constexpr Node kRoot = 0;
  static constexpr Node kNone = -1;

  using Entry = std::pair<std::string_view, std::int32_t>;

  Trie() : Trie(std::span<const Entry>{}) {}
  // `entries` sorted by string, without duplicates.
  explicit Trie(std::span<const Entry> entries);

  Node step(Node node, char byte) const {
    const auto [first, count] = children_[static_cast<std::size_t>(node)];
    const char* labels = labels_.data() + first;
    if (count <= 4) {
      for (std::uint32_t i = 0; i < count; ++i) {
        if (labels[i] == byte) return static_cast<Node>(first + i);
      }
      return kNone;
    }
    const void* found = std::memchr(labels, byte, count);
    return found == nullptr ? kNone : static_cast<Node>(static_cast<const char*>(found) - labels_.data());
  }
  // The number of the string that ends at `node`; -1 where none does.
  std::int32_t value(Node node) const { return values_[static_cast<std::size_t>(node)]; }

  Node walk(Node node, std::string_view bytes) const;
  // The number of exactly this string, or -1.
  std::int32_t find(std::string_view bytes) const;

  struct Match {
    std::size_t size = 0;  // bytes matched; 0: none
    std::int32_t value = -1;
  };
  // The longest string, not empty, that begins `bytes` when the walk starts at `node`.
  Match longest(Node node, std::string_view bytes) const;

 private:
  struct Children {
    std::uint32_t first, count;
  };
  std::vector<Children> children_;
  std::vector<std::int32_t> values_;
  std::vector<char> labels_;  // the byte that leads to each node; the children of one node lie side by side
};

}  // namespace strop
