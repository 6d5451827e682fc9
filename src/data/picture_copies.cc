#include "data/picture_copies.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "core/text.h"

namespace strop {
namespace {

constexpr std::size_t kExamples = 3;

// By fingerprint the first row that has it; those never looked at are in none.
std::unordered_map<std::uint64_t, std::size_t> first_rows(const ImageSplit& split) {
  std::unordered_map<std::uint64_t, std::size_t> first;
  for (std::size_t row = 0; row < split.size(); ++row) {
    if (split.samples[row].fingerprint != 0) first.try_emplace(split.samples[row].fingerprint, row);
  }
  return first;
}

struct Copies {
  std::size_t count = 0, conflicting = 0;
  std::vector<std::string> examples;

  void add(const ImageSample& copy, const ImageSample& first) {
    ++count;
    conflicting += copy.label != first.label ? 1 : 0;
    if (examples.size() < kExamples) examples.push_back(copy.name + " = " + first.name);
  }
  std::string ending() const {
    return (conflicting > 0 ? fmt::format(", {} of them with another label", conflicting) : "") + " (" +
           join(examples, ", ") + ")";
  }
};

}  // namespace

std::vector<std::int64_t> group_copies(const ImageSplit& split) {
  const auto first = first_rows(split);
  std::vector<std::int64_t> groups(split.size());
  bool any = false;
  for (std::size_t row = 0; row < split.size(); ++row) {
    const auto found = first.find(split.samples[row].fingerprint);
    groups[row] = static_cast<std::int64_t>(found == first.end() ? row : found->second);
    any = any || groups[row] != static_cast<std::int64_t>(row);
  }
  return any ? groups : std::vector<std::int64_t>();
}

namespace {

// "" where the split has none.
std::string copies_note(const ImageSplit& split) {
  const auto groups = group_copies(split);
  Copies copies;
  for (std::size_t row = 0; row < groups.size(); ++row) {
    const auto first = static_cast<std::size_t>(groups[row]);
    if (first != row) copies.add(split.samples[row], split.samples[first]);
  }
  if (copies.count == 0) return "";
  return fmt::format("{}: {} of {} pictures are copies of earlier ones{}", split.origin, copies.count, split.size(),
                     copies.ending());
}

std::string leaks_note(const ImageSplit& other, const char* where, const ImageSplit& split, const char* what) {
  const auto first = first_rows(other);
  Copies copies;
  for (const auto& sample : split.samples) {
    if (const auto found = first.find(sample.fingerprint); found != first.end()) {
      copies.add(sample, other.samples[found->second]);
    }
  }
  if (copies.count == 0) return "";
  return fmt::format("{} of {} {} pictures also stand in {}{}", copies.count, split.size(), what, where,
                     copies.ending());
}

std::vector<std::string> without_empty(std::vector<std::string> notes) {
  std::erase(notes, "");
  return notes;
}

}  // namespace

std::vector<std::string> copies_notes(const ImageSplit& train, const ImageSplit& validation, const ImageSplit& test) {
  return without_empty({copies_note(train), copies_note(validation), copies_note(test)});
}

std::vector<std::string> leaks_notes(const ImageSplit& train, const ImageSplit& validation, const ImageSplit& test) {
  return without_empty({leaks_note(train, "training", validation, "validation"),
                        leaks_note(train, "training", test, "test"),
                        leaks_note(validation, "validation", test, "test")});
}

}  // namespace strop
