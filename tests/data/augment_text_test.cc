#include "data/augment_plan.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/text.h"
#include "data/text_units.h"
#include "errors.h"

namespace strop {
namespace {

using Words = std::vector<std::string>;
constexpr auto kAeda = TextOperation::aeda;
constexpr auto kSwap = TextOperation::random_swap;
constexpr auto kDelete = TextOperation::random_delete;

const Words kTexts = {
    "the quick brown fox jumps over the lazy dog",
    "  two  words ",
    "word",
    "naïve café façade e\u0301te\u0301 résumé",  // composed and combining accents
    "family 👨‍👩‍👧‍👦 flag 🇩🇪🇫🇷 thumb 👍🏽 heart ❤️ end",  // ZWJ, flags, modifiers
    "这部电影非常好看，我喜欢 iPhone 15 的画面",
    "とても面白い映画でした",
    "나는 이 영화를 좋아한다",
    "हिन्दी में एक वाक्य है",
};

Words units_of(const std::string& text) {
  Words words;
  for (const auto& unit : split_units(text).units) words.push_back(text.substr(unit.begin, unit.end - unit.begin));
  return words;
}

std::map<std::string, int> counted(const Words& words) {
  std::map<std::string, int> counts;
  for (const auto& word : words) ++counts[word];
  return counts;
}

TEST(TextUnits, WordsOrCharacters) {
  EXPECT_EQ(units_of(" a  bc\td "), (Words{"a", "bc", "d"}));
  EXPECT_EQ(units_of("我喜欢iPhone 15的👨‍👩‍👧"),
            (Words{"我", "喜", "欢", "iPhone", "15", "的", "👨‍👩‍👧"}));
  EXPECT_EQ(units_of("I saw 我 and more words"), (Words{"I", "saw", "我", "and", "more", "words"}));
  EXPECT_EQ(units_of("a\u3000b\u00A0c"), (Words{"a", "b", "c"}));        // wide and no-break space
  EXPECT_EQ(units_of("a \u0301b"), (Words{"a \u0301b"}));                // a space that carries an accent parts nothing
  EXPECT_EQ(units_of("葛\U000E0100飾"), (Words{"葛\U000E0100", "飾"}));  // variation selector stays
  EXPECT_TRUE(units_of(" \u3000").empty());
  EXPECT_EQ(count_words("one two"), 2);
  EXPECT_EQ(count_words(""), 0);
}

TEST(Aeda, OnlyAddsMarksBetweenWords) {
  for (const auto& text : kTexts) {
    const bool wide = split_units(text).characters;
    const Words marks = wide ? Words{"，", "。", "；", "？", "！"} : Words{".", ";", "?", ":", "!", ","};
    const std::size_t n = units_of(text).size();
    std::set<std::string> seen;
    for (std::uint64_t view = 0; view < 50; ++view) {
      const std::string made = augment_text({kAeda}, text, 0.1, 1, 2, view);
      seen.insert(made);
      EXPECT_TRUE(is_valid_utf8(made));
      // Taking the added marks out again gives the text.
      std::size_t at = 0, added = 0;
      for (std::size_t i = 0; i < made.size();) {
        const auto mark =
            std::find_if(marks.begin(), marks.end(), [&](const auto& m) { return made.compare(i, m.size(), m) == 0; });
        const bool own = mark != marks.end() && text.compare(at, mark->size(), *mark) == 0;
        if (mark != marks.end() && !own) {
          i += mark->size() + (wide ? 0 : 1);
          ++added;
        } else {
          ASSERT_EQ(made[i++], text[at++]) << made;
        }
      }
      EXPECT_EQ(at, text.size());
      EXPECT_GE(added, 1U);
      EXPECT_LE(added, std::max<std::size_t>(1, n / 3));
    }
    if (n > 3) {
      EXPECT_GT(seen.size(), 10U) << text;
    }
  }
}

TEST(Swap, KeepsTheUnitsAndTheSpaces) {
  for (const auto& text : kTexts) {
    for (std::uint64_t view = 0; view < 50; ++view) {
      const std::string made = augment_text({kSwap}, text, 0.1, 1, 2, view);
      EXPECT_EQ(counted(units_of(made)), counted(units_of(text))) << made;
      EXPECT_EQ(made.size(), text.size());
      if (units_of(text).size() < 2) {
        EXPECT_EQ(made, text);
      }
    }
  }
  EXPECT_EQ(augment_text({kSwap}, "  two  words ", 0.1, 1, 2, 3), "  words  two ");
}

TEST(Delete, KeepsOrderAndNeverEmpties) {
  for (const auto& text : kTexts) {
    const Words before = units_of(text);
    for (const double rate : {0.1, 0.5, 1.0}) {
      for (std::uint64_t view = 0; view < 50; ++view) {
        const std::string made = augment_text({kDelete}, text, rate, 1, 2, view);
        EXPECT_TRUE(is_valid_utf8(made));
        // What is left are units of the text in its order, the spaces aside.
        std::size_t kept = 0, at = made.find_first_not_of(' ');
        ASSERT_NE(at, std::string::npos);
        for (const auto& word : before) {
          if (at >= made.size() || made.compare(at, word.size(), word) != 0) continue;
          at = std::min(made.find_first_not_of(' ', at + word.size()), made.size());
          ++kept;
        }
        EXPECT_EQ(at, made.size()) << made;
        if (rate == 1.0) {
          EXPECT_EQ(kept, 1U);
        }
      }
    }
  }
}

TEST(Delete, DropsTheShareAskedFor) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "w" + std::to_string(i) + " ";
  EXPECT_NEAR(static_cast<double>(count_words(augment_text({kDelete}, text, 0.1, 1, 2, 3))), 900, 30);
}

TEST(Augment, IsSeededBySampleAndView) {
  const std::string& text = kTexts.front();
  const auto made = [&](std::uint64_t seed, std::uint64_t sample, std::uint64_t view) {
    return augment_text({kAeda, kSwap, kDelete}, text, 0.3, seed, sample, view);
  };
  EXPECT_EQ(made(1, 2, 3), made(1, 2, 3));
  std::set<std::string> different;
  for (std::uint64_t i = 0; i < 20; ++i) different.insert({made(i, 2, 3), made(1, i, 3), made(1, 2, i)});
  EXPECT_GT(different.size(), 45U);
  EXPECT_EQ(augment_text({kAeda, kSwap, kDelete}, "", 0.5, 1, 2, 3), "");
  EXPECT_EQ(augment_text({kAeda, kSwap, kDelete}, " \t", 0.5, 1, 2, 3), " \t");
  EXPECT_EQ(augment_text({}, text, 0.5, 1, 2, 3), text);
}

TEST(Augment, NamesAreParsed) {
  const AugmentPlan plan = parse_augment({"delete", "mixup", "aeda"});
  EXPECT_EQ(plan.operations, (std::vector<TextOperation>{kDelete, kAeda}));
  EXPECT_TRUE(plan.mixup);
  EXPECT_FALSE(plan.rdrop);
  EXPECT_TRUE(parse_augment({"rdrop"}).rdrop);
  EXPECT_EQ(parse_augment({"flip", "rand-m9-mstd0.5-n2"}).pictures,
            (std::vector<std::string>{"flip", "rand-m9-mstd0.5-n2"}));
  expect_parts(message_of(ErrorKind::usage, [] { parse_augment({"rand-m99"}); }),
               {"augment", "'rand-m99'", "such as rand-m9-mstd0.5"});
  expect_parts(message_of(ErrorKind::usage, [] { parse_augment({"aida"}); }),
               {"augment", "'aida'", "did you mean aeda?"});
  expect_parts(message_of(ErrorKind::usage, [] { parse_augment({"swap", "swap"}); }), {"augment", "twice"});
}

// A sample has several views where it is changed at random.
TEST(Augment, KeysThatChangeSamples) {
  const auto changes = [](const std::function<void(Options&)>& set) {
    Options options;
    options.augment = {"none"};
    set(options);
    return changes_samples(options);
  };
  EXPECT_FALSE(changes([](Options&) {}));
  EXPECT_FALSE(changes([](Options& o) { o.color_jitter = "0"; }));
  EXPECT_TRUE(changes([](Options& o) { o.color_jitter = "0,0,0,0.1"; }));
  EXPECT_TRUE(changes([](Options& o) { o.random_erasing = 0.1; }));
  EXPECT_TRUE(changes([](Options& o) { o.augment = {"rand-m9"}; }));
}

}  // namespace
}  // namespace strop
