#include "config/schema.h"

#include <fstream>
#include <set>
#include <sstream>

#include "core/text.h"
#include "expect_error.h"

namespace strop {
namespace {

std::string read(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Options with(const std::string& key, const std::string& value) {
  Options options;
  set_option(options, key, value, "command line");
  return options;
}

// A value of the key that is allowed and not the default.
std::string other_value(const Key& key) {
  static const std::map<std::string, std::string> special = {{"learning_rate", "0.5"},
                                                             {"pretrain_learning_rate", "0.5"},
                                                             {"lr_scale", "neck=0.5"},
                                                             {"time", "1h30m"},
                                                             {"memory", "4G"},
                                                             {"cache_limit", "2G"},
                                                             {"device", "cuda:1"},
                                                             {"columns", "text=review"},
                                                             {"rank_pattern", "q=4"},
                                                             {"alpha_pattern", "q=4.5"},
                                                             {"mean", "0.5"},
                                                             {"std", "0.25,0.5,0.75"},
                                                             {"color_jitter", "0.4,0.4,0.4,0.1"}};
  if (const auto found = special.find(key.name); found != special.end()) return found->second;
  const auto value = key.get(Options{});
  if (!key.choices.empty()) return key.choices.back() == value ? key.choices.front() : key.choices.back();
  if (key.type == "boolean") return value == "true" ? "false" : "true";
  if (key.type == "integer") return "7";
  if (key.type == "number") return value == "0.25" ? "0.5" : "0.25";
  if (key.type == "list") return "3,1";
  return "some text";
}

// The names that a line of options.h declares: "double adam_beta1 = 0.9, adam_beta2 = 0.999;  // ...".
std::vector<std::string> declared_names(const std::string& line) {
  const auto end = line.find(';');
  if (end == std::string::npos || line.find("operator") != std::string::npos) return {};
  auto declaration = line.substr(0, end);
  if (const auto bracket = declaration.rfind("> "); bracket != std::string::npos) declaration.erase(0, bracket);
  std::vector<std::string> names;
  for (const auto& part : split(declaration, ',')) {
    const std::string left(trim(part.substr(0, part.find('='))));
    names.push_back(left.substr(left.rfind(' ') + 1));
  }
  return names;
}

TEST(Schema, every_option_has_a_key_and_every_key_an_option) {
  const auto header = read(STROP_SOURCE_DIR "/include/strop/options.h");
  const auto begin = header.find("struct Options {");
  std::set<std::string> fields, keys;
  for (const auto& line : split(header.substr(begin, header.find("};", begin) - begin), '\n')) {
    for (const auto& name : declared_names(std::string(trim(line.substr(0, line.find("//")))))) fields.insert(name);
  }
  for (const auto& key : schema()) keys.insert(key.name);
  EXPECT_EQ(fields, keys);
  EXPECT_GT(fields.size(), 80u);
}

TEST(Schema, each_key_sets_its_own_field_and_reads_back) {
  for (const auto& key : schema()) {
    const Options options = with(key.name, other_value(key));
    EXPECT_NE(options, Options{}) << key.name;
    for (const auto& other : schema()) {
      EXPECT_EQ(other.get(options) == other.get(Options{}), other.name != key.name) << key.name << " " << other.name;
    }
    EXPECT_EQ(with(key.name, key.get(options)), options) << key.name;
    EXPECT_EQ(with(key.name, key.get(Options{})), Options{}) << key.name << ": its default is not allowed";
  }
}

TEST(Schema, names_are_unique_and_documented) {
  std::set<std::string> names;
  for (const auto& key : schema()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    for (const auto& alias : key.aliases) EXPECT_TRUE(names.insert(alias).second) << alias;
    EXPECT_GT(key.help.size(), 8u) << key.name;
    EXPECT_EQ(key.help.back(), '.') << key.name;
    EXPECT_FALSE(key.group.empty()) << key.name;
  }
}

TEST(Schema, names_of_other_tools) {
  EXPECT_EQ(with("model_name_or_path", "m").model, "m");
  EXPECT_EQ(with("lora_rank", "16").lora_r, 16);
  EXPECT_EQ(with("r", "16").lora_r, 16);
  EXPECT_EQ(with("lora_target", "all").target_modules, std::vector<std::string>{"all-linear"});
  EXPECT_EQ(with("lora-target", "q,v").target_modules, (std::vector<std::string>{"q", "v"}));
  EXPECT_EQ(with("lr", "1e-4").learning_rate, "1e-4");
  EXPECT_EQ(with("num_epochs", "2").num_train_epochs, 2);
  EXPECT_EQ(with("weight-decay", "0.1").weight_decay, 0.1);
  EXPECT_EQ(with("finetuning_type", "full").method, "full");
  EXPECT_EQ(with("cutoff_len", "128").max_length, 128);
  EXPECT_EQ(with("optim", "adamw_torch").optim, "adamw");
  EXPECT_EQ(with("task", "SEQ_CLS").task, "text-classification");
  EXPECT_EQ(with("metric_for_best_model", "eval_loss").metric_for_best_model, "loss");
  EXPECT_EQ(with("save_dir", "x").out, "x");
}

struct Refused {
  const char *key, *value, *expected;
};

TEST(Schema, values_out_of_range_are_refused_with_key_and_expectation) {
  const Refused cases[] = {{"learning_rate", "0", "a number > 0"},
                           {"learning_rate", "fast", "a number > 0"},
                           {"lora_r", "0", ">= 1"},
                           {"lora_r", "8.5", "a whole number"},
                           {"data_fraction", "0", "in (0, 1]"},
                           {"data_fraction", "1.5", "in (0, 1]"},
                           {"val_size", "1", "in [0, 1)"},
                           {"infobatch", "-0.1", "in [0, 1)"},
                           {"num_train_epochs", "0", "> 0"},
                           {"per_device_train_batch_size", "0", ">= 1"},
                           {"pooling", "max", "expected one of auto, pooler, cls, mean"},
                           {"use_dora", "perhaps", "true or false"},
                           {"update_period", "1,0", ">= 1"},
                           {"layers_to_transform", "-1", ">= 0"},
                           {"augment", "aeda,mixpu", "did you mean 'mixup'?"},
                           {"augment", "strong,mosaic,crop,cpy", "did you mean 'copy'?"},
                           {"multi_scale", "0.6", "in [0, 0.5]"},
                           {"columns", "txet=review", "did you mean 'text'?"},
                           {"rank_pattern", "q=0", ">= 1"},
                           {"alpha_pattern", "q=x", "> 0"},
                           {"time", "soon", "duration"},
                           {"time", "0s", "more than 0"},
                           {"memory", "4 elephants", "such as 4G"},
                           {"cache_limit", "big", "such as 4G"},
                           {"device", "gpu", "cuda"},
                           {"device", "cuda:x", "cuda"},
                           {"header", "maybe", "auto, yes, no"}};
  for (const auto& [key, value, expected] : cases) {
    Options options;
    expect_usage_error([&] { set_option(options, key, value, "train.yaml:7"); },
                       {"train.yaml:7: " + std::string(key) + ":", expected});
    EXPECT_EQ(options, Options{}) << key;
  }
}

TEST(Schema, an_error_under_another_name_says_which_key_it_is) {
  expect_usage_error([] { with("lora_rank", "x"); }, {"command line: lora_r:", "('lora_rank' is lora_r)"});
}

TEST(Schema, unknown_keys_name_place_and_nearest) {
  expect_usage_error([] { find_key("lerning_rate", "train.yaml:7"); },
                     {"train.yaml:7: unknown key 'lerning_rate'", "did you mean 'learning_rate'?"});
  expect_usage_error([] { find_key("lora-rnk", "command line"); }, {"did you mean 'lora_rank'?"});
  expect_usage_error([] { find_key("qqqqqqqqqqqqqqqqqqqq", "command line"); }, {"'strop config' lists all keys"});
  expect_usage_error([] { find_key("bf16", "x.yaml:1"); }, {"say precision=bf16"});
  EXPECT_EQ(lookup_key("nothing_of_the_kind"), nullptr);
}

TEST(Schema, the_reference_page_is_up_to_date) {
  EXPECT_EQ(read(STROP_SOURCE_DIR "/docs/keys.md"), schema_markdown())
      << "the schema has changed: strop config --markdown > docs/keys.md";
}

}  // namespace
}  // namespace strop
