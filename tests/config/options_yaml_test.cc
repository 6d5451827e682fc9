#include <nlohmann/json.hpp>

#include "config/schema.h"
#include "expect_error.h"

namespace strop {
namespace {

Options read(const std::string& text) {
  Options options;
  read_options_yaml(options, text, "train.yaml");
  return options;
}

TEST(OptionsYaml, flat_keys_lists_and_maps) {
  const auto options = read(R"(
### model
model_name_or_path: sentence-transformers/all-MiniLM-L6-v2
### method
finetuning_type: lora
lora_target: [query, value]
rank_pattern: {query: 16, "layer\\.1": 4}
columns:
  text: review
  label: stars
learning_rate: 1.0e-4
update_period: 1,2,4
use_dora: yes
resume_from_checkpoint: null
)");
  EXPECT_EQ(options.model, "sentence-transformers/all-MiniLM-L6-v2");
  EXPECT_EQ(options.method, "lora");
  EXPECT_EQ(options.target_modules, (std::vector<std::string>{"query", "value"}));
  EXPECT_EQ(options.rank_pattern, (std::map<std::string, std::string>{{"query", "16"}, {"layer\\.1", "4"}}));
  EXPECT_EQ(options.columns, (std::map<std::string, std::string>{{"text", "review"}, {"label", "stars"}}));
  EXPECT_EQ(options.learning_rate, "1.0e-4");
  EXPECT_EQ(options.update_period, (std::vector<std::int64_t>{1, 2, 4}));
  EXPECT_TRUE(options.use_dora);
  EXPECT_EQ(options.resume, "");
}

TEST(OptionsYaml, sections_are_headings_even_under_the_name_of_a_key) {
  const auto options = read("model:\n  model: m\n  max_length: 64\ntrain:\n  seed: 3\n  columns: {text: t}\n");
  EXPECT_EQ(options.model, "m");
  EXPECT_EQ(options.max_length, 64);
  EXPECT_EQ(options.seed, 3);
  EXPECT_EQ(options.columns.at("text"), "t");
}

TEST(OptionsYaml, nothing_in_it_changes_nothing) {
  EXPECT_EQ(read(""), Options{});
  EXPECT_EQ(read("# only a comment\n"), Options{});
}

TEST(OptionsYaml, errors_name_file_line_and_remedy) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"seed: 1\nlora_r: many\n", {"train.yaml:2: lora_r: expected a whole number >= 1, found 'many'"}},
      {"seed: 1\n\nlerning_rate: 1\n", {"train.yaml:3: unknown key 'lerning_rate'", "did you mean 'learning_rate'?"}},
      {"seed: 1\nseed: 2\n", {"train.yaml:2: 'seed' is given twice", "train.yaml:1"}},
      {"lora_r: 8\ntrain:\n  lora_rank: 8\n", {"train.yaml:3", "given twice, also as 'lora_r'", "train.yaml:1"}},
      {"lora_r: [8]\n", {"train.yaml:1: lora_r: expected one value, found a list"}},
      {"train:\n  lora_r: {a: 1}\n", {"train.yaml:2: lora_r: expected one value, found a map"}},
      {"train:\n  deeper:\n    seed: 1\n", {"train.yaml:2: unknown key 'deeper'"}},
      {"colums:\n  text: review\n", {"train.yaml:2: unknown key 'text' under 'colums'", "did you mean 'columns'?"}},
      {"columns: {text: a, text: b}\n", {"train.yaml:1: columns: 'text' is given twice"}},
      {"columns: [a]\n", {"train.yaml:1: columns: expected a map"}},
      {"target_modules: [a, [b]]\n", {"train.yaml:1: target_modules: expected one value, found a list"}},
      {"target_modules: {a: b}\n", {"train.yaml:1: target_modules: expected a list"}},
      {"augment: [aeda, rdrip]\n", {"train.yaml:1: augment:", "did you mean 'rdrop'?"}},
      {"- a\n- b\n", {"train.yaml:1: expected keys", "found a list"}},
      {"just text\n", {"train.yaml:1: expected keys", "'just text'"}},
      {"seed: 1\nlora_r: [8\n", {"train.yaml:", "this is no YAML"}},
      {"seed: 1\n---\nseed: 2\n", {"expected one YAML document, found 2"}},
      {"? [a]\n: 1\n", {"train.yaml:1: key: expected one value, found a list"}},
      {"bf16: true\n", {"train.yaml:1: unknown key 'bf16'; say precision=bf16"}},
  };
  for (const auto& [text, parts] : cases) {
    SCOPED_TRACE(text);
    expect_usage_error([&] { read(text); }, parts);
  }
}

TEST(OptionsYaml, a_failed_read_leaves_the_options_as_they_were) {
  Options options;
  expect_usage_error([&] { read_options_yaml(options, "seed: 9\nlora_r: x\n", "a.yaml"); }, {"a.yaml:2"});
  EXPECT_EQ(options, Options{});
}

TEST(OptionsYaml, what_is_written_reads_back) {
  Options options;
  options.model = "a model: with # odd \"signs\", \xE4\xBD\xA0\xE5\xA5\xBD";
  options.adapter = "null";
  options.data = " leading";
  options.out = "two\nlines\ttab";
  options.revision = "- dash";
  options.cache_dir = "true";
  options.test_file = "...";
  options.columns = {{"text", "a=b, c"}, {"label", ""}};
  options.target_modules = {".*[0-9]{1,2}", "b,c", "null", ""};
  options.rank_pattern = {{"q.*", "4"}, {"x: y", "2"}};
  options.update_period = {1, 2, 4};
  options.weight_decay = 0.1 + 0.2;
  options.dropout = 1.0 / 3;
  options.layers_to_transform = {0, 5};
  const auto text = options_to_yaml(options);
  EXPECT_EQ(read(text), options) << text;
  EXPECT_EQ(read(options_to_yaml(Options{})), Options{});
}

TEST(OptionsYaml, as_json_numbers_are_numbers_and_quoted_text_is_text) {
  const auto json =
      nlohmann::json::parse(yaml_to_json("a: 1\nb: '1'\nc: [x, 2.5, true]\nd: {e: null}\nf: 1e-4\n", "x"));
  EXPECT_EQ(json, nlohmann::json::parse(R"({"a":1,"b":"1","c":["x",2.5,true],"d":{"e":null},"f":1e-4})"));
}

}  // namespace
}  // namespace strop
