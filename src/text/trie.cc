#include "text/trie.h"

namespace strop {

Trie::Trie(std::span<const Entry> entries) {
  struct Pending {
    std::size_t first, last, depth;  // the entries below the node, and the length of what they share
  };
  std::vector<Pending> pending{{0, entries.size(), 0}};
  labels_.push_back('\0');
  // Breadth first, so that the children of a node get neighbouring numbers.
  for (std::size_t node = 0; node < pending.size(); ++node) {
    auto [first, last, depth] = pending[node];
    const bool ends_here = first < last && entries[first].first.size() == depth;
    values_.push_back(ends_here ? entries[first].second : -1);
    if (ends_here) ++first;
    const auto first_child = static_cast<std::uint32_t>(pending.size());
    while (first < last) {
      const char label = entries[first].first[depth];
      std::size_t next = first + 1;
      while (next < last && entries[next].first[depth] == label) ++next;
      labels_.push_back(label);
      pending.push_back({first, next, depth + 1});
      first = next;
    }
    children_.push_back({first_child, static_cast<std::uint32_t>(pending.size()) - first_child});
  }
}

Trie::Node Trie::walk(Node node, std::string_view bytes) const {
  for (const char byte : bytes) {
    node = step(node, byte);
    if (node == kNone) return kNone;
  }
  return node;
}

std::int32_t Trie::find(std::string_view bytes) const {
  const Node node = walk(kRoot, bytes);
  return node == kNone ? -1 : value(node);
}

Trie::Match Trie::longest(Node node, std::string_view bytes) const {
  Match best;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    node = step(node, bytes[i]);
    if (node == kNone) break;
    if (value(node) >= 0) best = {i + 1, value(node)};
  }
  return best;
}

}  // namespace strop
