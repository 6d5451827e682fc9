#include "config/values.h"

#include <cmath>

#include "expect_error.h"

namespace strop {
namespace {

using Items = std::vector<std::string>;
using Pairs = std::map<std::string, std::string>;

TEST(Values, numbers_are_read_whole_and_in_range) {
  EXPECT_EQ(parse_integer(" 12 ", at_least(1)), 12);
  EXPECT_EQ(parse_integer("-1", at_least(-1)), -1);
  EXPECT_DOUBLE_EQ(parse_number("1e-4", above(0)), 1e-4);
  for (const char* text : {"", "8x", "0x8", "1.5", "99999999999999999999", "1,000"}) {
    expect_usage_error([&] { parse_integer(text, at_least(1)); }, {"a whole number >= 1", text});
  }
  for (const char* text : {"", "1e", "nan", "inf", "1e999", "0", "-1"}) {
    expect_usage_error([&] { parse_number(text, above(0)); }, {"a number > 0", text});
  }
}

TEST(Values, ranges_say_and_keep_their_ends) {
  EXPECT_EQ(fraction().text(), "in (0, 1]");
  EXPECT_EQ(rate().text(), "in [0, 1)");
  EXPECT_EQ(Range{}.text(), "");
  EXPECT_TRUE(fraction().holds(1));
  EXPECT_FALSE(fraction().holds(0));
  EXPECT_TRUE(rate().holds(0));
  EXPECT_FALSE(rate().holds(1));
  EXPECT_TRUE(share().holds(0) && share().holds(1));
  EXPECT_FALSE(share().holds(1.01));
}

TEST(Values, booleans) {
  for (const char* text : {"true", "Yes", "on", "1"}) EXPECT_TRUE(parse_boolean(text));
  for (const char* text : {"False", "no", "OFF", "0"}) EXPECT_FALSE(parse_boolean(text));
  expect_usage_error([] { parse_boolean("maybe"); }, {"true or false", "maybe"});
}

TEST(Values, choices_name_the_nearest) {
  EXPECT_EQ(parse_choice("adamw_torch", {"adamw", "sgd"}, {{"adamw_torch", "adamw"}}), "adamw");
  expect_usage_error(
      [] {
        parse_choice("meen", {"pooler", "cls", "mean"});
      },
      {"expected one of pooler, cls, mean", "'meen'", "did you mean 'mean'?"});
}

TEST(Values, an_open_choice_takes_what_begins_so) {
  EXPECT_EQ(parse_choice("rand-m9-n2", {"flip", "rand-*"}), "rand-m9-n2");
  EXPECT_EQ(parse_choice("flip", {"flip", "rand-*"}), "flip");
  expect_usage_error([] { parse_choice("flipped", {"flip", "rand-*"}); }, {"expected one of flip, rand-*"});
}

TEST(Values, several_numbers) {
  EXPECT_EQ(parse_numbers("0.5", {1, 3}, {}), std::vector<double>{0.5});
  EXPECT_EQ(parse_numbers("0.1, 0.2,0.3", {1, 3}, {}), (std::vector<double>{0.1, 0.2, 0.3}));
  expect_usage_error([] { parse_numbers("0.1,0.2", {1, 3}, {}); }, {"expected 1 or 3 numbers", "'0.1,0.2'"});
  expect_usage_error([] { parse_numbers("0.1,x,0.2", {1, 3}, {}); }, {"a number", "'x'"});
  expect_usage_error([] { parse_numbers("-1", {1}, at_least(0)); }, {"a number >= 0"});
}

TEST(Values, lists) {
  EXPECT_EQ(parse_list(""), Items{});
  EXPECT_EQ(parse_list("a, b"), (Items{"a", "b"}));
  EXPECT_EQ(parse_list("[a, 'b,c']"), (Items{"a", "b,c"}));
  EXPECT_EQ(parse_list("all-linear"), Items{"all-linear"});
  expect_usage_error([] { parse_list("a,,b"); }, {"a list such as a,b", "a,,b"});
  expect_usage_error([] { parse_list("[a, b: {]"); }, {"a list such as a,b"});
  expect_usage_error([] { parse_list("[a, {b: 1}]"); }, {"a list such as a,b"});
}

TEST(Values, a_pattern_with_commas_stays_one_item) {
  const std::string pattern = R"(.*layer\.[0-9]{1,2}\.(query|value))";
  EXPECT_EQ(parse_list(pattern), Items{pattern});
  EXPECT_EQ(parse_list("[qk]_proj[ab]"), Items{"[qk]_proj[ab]"});
  EXPECT_EQ(parse_list(R"(a\,b)"), Items{R"(a\,b)"});
}

TEST(Values, maps) {
  EXPECT_EQ(parse_map("text=review, label=stars"), (Pairs{{"text", "review"}, {"label", "stars"}}));
  EXPECT_EQ(parse_map("{text: review, 'a=b': c}"), (Pairs{{"text", "review"}, {"a=b", "c"}}));
  EXPECT_EQ(parse_map("(?=q)x{1,2}=4"), (Pairs{{"(?=q)x{1,2}", "4"}}));
  EXPECT_EQ(parse_map("label=a=b"), (Pairs{{"label", "a=b"}}));
  for (const char* text : {"text", "=a", "a=1,,b=2", "{a: [1]}", "{a: 1"}) {
    expect_usage_error([&] { parse_map(text); }, {"pairs such as a=1,b=2"});
  }
  expect_usage_error([] { parse_map("{a: 1} b"); }, {"pairs such as"});
  expect_usage_error([] { parse_map("a=1,a=2"); }, {"'a' is given twice"});
}

TEST(Values, text_reads_back_to_the_same_value) {
  for (const double value : {0.1, 1e-8, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0, 2.0, 123456789012345680.0}) {
    const double back = parse_number(number_text(value), Range{});
    EXPECT_EQ(back, value);
    EXPECT_EQ(std::signbit(back), std::signbit(value));
  }
  for (const Items& items : {Items{}, Items{"a", "b"}, Items{"a,b", "c"}, Items{""}, Items{"[x"}, Items{" a "},
                             Items{R"(a\)", "b"}, Items{"[a]"}, Items{"x]", "[y"}, Items{"\"q\"", "die Straße"}}) {
    EXPECT_EQ(parse_list(list_text(items)), items) << list_text(items);
  }
  for (const Pairs& pairs :
       {Pairs{}, Pairs{{"a", "1"}, {"b", ""}}, Pairs{{"a=b", "c"}}, Pairs{{"{a", "b}"}}, Pairs{{"a", "x,y"}},
        Pairs{{"a", " x"}}, Pairs{{"", "x"}}, Pairs{{"(", "1"}, {"b", "2"}}}) {
    EXPECT_EQ(parse_map(map_text(pairs)), pairs) << map_text(pairs);
  }
}

}  // namespace
}  // namespace strop
