// The Unicode normalization forms, with spans kept as the reference keeps them: decomposed characters after the first
// count as new, and a composed one takes the place of its parts.
#include <algorithm>

#include "text/normalizer.h"
#include "text/unicode.h"

namespace strop {
namespace {

using Change = NormalizedText::Change;

// Decomposes and puts runs of marks into canonical order. The order moves a change with its character.
std::vector<Change> decomposed(const NormalizedText& text, bool compatibility) {
  struct Pending {
    unsigned char mark_class;
    Change change;
  };
  std::vector<Change> out;
  std::vector<Pending> marks;
  out.reserve(text.chars.size() + text.chars.size() / 8);
  const auto flush = [&] {
    std::stable_sort(marks.begin(), marks.end(),
                     [](const Pending& a, const Pending& b) { return a.mark_class < b.mark_class; });
    for (const auto& mark : marks) out.push_back(mark.change);
    marks.clear();
  };
  char32_t parts[kMaxDecomposition];
  for (const char32_t c : text.chars) {
    const std::size_t count = decompose(c, compatibility, parts);
    for (std::size_t i = 0; i < count; ++i) {
      const Change change{parts[i], i == 0 ? 0 : 1};
      const auto mark_class = combining_class(parts[i]);
      if (mark_class != 0) {
        marks.push_back({mark_class, change});
      } else {
        if (!marks.empty()) flush();
        out.push_back(change);
      }
    }
  }
  flush();
  return out;
}

// Canonical composition of a decomposed row (Unicode standard annex 15): each mark that is not blocked joins the last
// starter where a composed character exists.
std::vector<Change> composed(const std::vector<Change>& row) {
  std::vector<Change> out;
  out.reserve(row.size());
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t starter = kNone;
  int last_class = -1;  // class of the last mark left behind the starter; -1: none
  for (const auto& [c, change] : row) {
    const int mark_class = combining_class(c);
    if (starter != kNone && last_class < mark_class && (last_class == -1 || mark_class != 0)) {
      if (const char32_t joined = compose(out[starter].c, c); joined != 0) {
        out[starter] = {joined, out[starter].change + change - 1};
        continue;
      }
    }
    if (mark_class == 0) {
      starter = out.size();
      last_class = -1;
    } else if (starter != kNone) {
      last_class = mark_class;
    }
    out.push_back({c, change});
  }
  return out;
}

class UnicodeNormalizer : public Normalizer {
 public:
  UnicodeNormalizer(bool compatibility, bool compose) : compatibility_(compatibility), compose_(compose) {}
  void normalize(NormalizedText& text) const override { to_unicode_form(text, compatibility_, compose_); }
  bool ascii_by_character() const override { return true; }

 private:
  bool compatibility_, compose_;
};

}  // namespace

void to_unicode_form(NormalizedText& text, bool compatibility, bool compose) {
  // Below U+00A0 every form is the text itself.
  if (std::all_of(text.chars.begin(), text.chars.end(), [](char32_t c) { return c < 0xA0; })) return;
  auto row = decomposed(text, compatibility);
  text.rewrite(compose ? composed(row) : row);
}

std::unique_ptr<Normalizer> make_unicode_normalizer(bool compatibility, bool compose) {
  return std::make_unique<UnicodeNormalizer>(compatibility, compose);
}

}  // namespace strop
