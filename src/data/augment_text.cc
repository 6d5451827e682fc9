#include "data/augment_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/rng.h"
#include "core/text.h"
#include "data/text_units.h"

namespace strop {
namespace {

constexpr std::array<std::string_view, 6> kMarks = {".", ";", "?", ":", "!", ","};
constexpr std::array<std::string_view, 5> kWideMarks = {"，", "。", "；", "？", "！"};

std::string_view bytes_of(std::string_view text, const TextUnit& unit) {
  return text.substr(unit.begin, unit.end - unit.begin);
}

std::string insert_marks(std::string_view text, const TextUnits& split, Rng& rng) {
  const std::size_t n = split.units.size();
  const std::size_t count = 1 + rng.below(std::max<std::size_t>(1, n / 3));
  std::vector<std::size_t> places(n);
  std::iota(places.begin(), places.end(), std::size_t{0});
  rng.shuffle(places);
  places.resize(count);
  std::sort(places.begin(), places.end());
  std::string out;
  std::size_t copied = 0;
  for (const auto place : places) {
    const std::size_t begin = split.units[place].begin;
    out += text.substr(copied, begin - copied);
    if (split.characters) {
      out += kWideMarks[rng.below(kWideMarks.size())];
    } else {
      out += kMarks[rng.below(kMarks.size())];
      out += ' ';
    }
    copied = begin;
  }
  out += text.substr(copied);
  return out;
}

std::string swap_words(std::string_view text, const TextUnits& split, double rate, Rng& rng) {
  const std::size_t n = split.units.size();
  if (n < 2) return std::string(text);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto swaps = std::max<std::int64_t>(1, std::llround(rate * static_cast<double>(n)));
  for (std::int64_t i = 0; i < swaps; ++i) {
    const std::size_t a = rng.below(n), b = (a + 1 + rng.below(n - 1)) % n;
    std::swap(order[a], order[b]);
  }
  std::string out;
  std::size_t copied = 0;
  for (std::size_t i = 0; i < n; ++i) {
    out += text.substr(copied, split.units[i].begin - copied);
    out += bytes_of(text, split.units[order[i]]);
    copied = split.units[i].end;
  }
  out += text.substr(copied);
  return out;
}

std::string delete_words(std::string_view text, const TextUnits& split, double rate, Rng& rng) {
  const std::size_t n = split.units.size();
  if (n < 2) return std::string(text);
  std::vector<char> kept(n);
  for (auto& keep : kept) keep = rng.uniform() >= rate;
  if (std::count(kept.begin(), kept.end(), 0) == static_cast<std::ptrdiff_t>(n)) kept[rng.below(n)] = 1;
  std::string out(text.substr(0, split.units.front().begin));
  for (std::size_t i = 0; i < n; ++i) {
    if (kept[i] == 0) continue;
    // A word goes with the space behind it, so that no two words grow together.
    const std::size_t end = i + 1 < n ? split.units[i + 1].begin : text.size();
    out += text.substr(split.units[i].begin, end - split.units[i].begin);
  }
  return out;
}

}  // namespace

std::string augment_text(const std::vector<TextOperation>& operations, std::string_view text, double rate,
                         std::uint64_t seed, std::uint64_t sample, std::uint64_t view) {
  std::string result(text);
  Rng rng(seed, RngUse::augment, {sample, view});
  for (const auto operation : operations) {
    const TextUnits split = split_units(result);
    if (split.units.empty()) break;
    switch (operation) {
      case TextOperation::aeda: result = insert_marks(result, split, rng); break;
      case TextOperation::random_swap: result = swap_words(result, split, rate, rng); break;
      case TextOperation::random_delete: result = delete_words(result, split, rate, rng); break;
    }
  }
  return result;
}

}  // namespace strop
