// How arguments become options.
#include "run_cli.h"

namespace strop {
namespace {

using Flags = CliTest;

Options trained_with(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"train", "--model", "m", "--data", "d"});
  const auto output = run_cli(arguments);
  EXPECT_EQ(output.code, 0) << output.err;
  return fake_job().options;
}

TEST_F(Flags, every_spelling_of_a_flag) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"--learning-rate", "1e-4"},
                                                                                     {"--learning_rate", "1e-4"},
                                                                                     {"--lr", "1e-4"},
                                                                                     {"--lr=1e-4"},
                                                                                     {"learning_rate=1e-4"},
                                                                                     {"learning-rate=1e-4"},
                                                                                     {"lr=1e-4"}}) {
    EXPECT_EQ(trained_with(words).learning_rate, "1e-4") << words[0];
  }
  EXPECT_EQ(trained_with({"--r", "16"}).lora_r, 16);
}

TEST_F(Flags, booleans_both_ways) {
  EXPECT_TRUE(trained_with({"--use-dora"}).use_dora);
  EXPECT_TRUE(trained_with({"--use_dora"}).use_dora);
  EXPECT_TRUE(trained_with({"use_dora=yes"}).use_dora);
  EXPECT_FALSE(trained_with({"--no-freeze-bn"}).freeze_bn);
  EXPECT_FALSE(trained_with({"--no-freeze_bn"}).freeze_bn);
  EXPECT_FALSE(trained_with({"--freeze-bn=false"}).freeze_bn);
}

TEST_F(Flags, lists_maps_and_negative_numbers) {
  const auto options = trained_with({"--target-modules", "query,value", "columns=text=review,label=stars",
                                     "--update-period=1,2,4", "--dropout", "-1", "max_steps=-1"});
  EXPECT_EQ(options.target_modules, (std::vector<std::string>{"query", "value"}));
  EXPECT_EQ(options.columns.at("label"), "stars");
  EXPECT_EQ(options.update_period, (std::vector<std::int64_t>{1, 2, 4}));
  EXPECT_EQ(options.dropout, -1);
  EXPECT_EQ(options.max_steps, -1);
}

TEST_F(Flags, resume_may_stand_without_a_value) {
  EXPECT_EQ(trained_with({"--resume"}).resume, "newest");
  EXPECT_EQ(trained_with({"--resume", "--quiet"}).resume, "newest");
  EXPECT_EQ(trained_with({"--resume", "seed=1"}).resume, "newest");
  EXPECT_EQ(trained_with({"--resume", "runs/x/1"}).resume, "runs/x/1");
  EXPECT_EQ(trained_with({"--resume=runs/x/1"}).resume, "runs/x/1");
  run_cli({"train", "--resume"});
  EXPECT_EQ(fake_job().called, "train options") << "a run that goes on knows its model and data";
}

TEST_F(Flags, a_yaml_file_is_overridden_by_the_command_line) {
  write("o.yaml", "model_name_or_path: m\ndata: d\nlora_rank: 4\nseed: 3\n");
  const auto output = run_cli({"train", "o.yaml", "--lora-r", "16"});
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_EQ(fake_job().options.lora_r, 16);
  EXPECT_EQ(fake_job().options.seed, 3);
  EXPECT_EQ(fake_job().options.model, "m");
}

TEST_F(Flags, mistakes_are_refused_with_the_remedy) {
  expect_refused({"train", "--lerning-rate", "1"}, 2,
                 {"unknown flag '--lerning-rate'", "did you mean '--learning-rate'?"});
  expect_refused({"train", "--lerning_rate=1"}, 2, {"did you mean '--learning-rate'?"});
  expect_refused({"train", "-x"}, 2, {"unknown flag '-x'"});
  expect_refused({"train", "lerning_rate=1"}, 2, {"command line: unknown key 'lerning_rate'", "'learning_rate'"});
  expect_refused({"train", "--lora-r", "zero"}, 2,
                 {"command line: lora_r: expected a whole number >= 1, found 'zero'"});
  expect_refused({"train", "--lora-r"}, 2, {"--lora-r needs a value"});
  expect_refused({"train", "--model", "--data", "d"}, 2, {"--model needs a value, found '--data'"});
  expect_refused({"train", "--use-dora=perhaps"}, 2, {"use_dora: expected true or false, found 'perhaps'"});
  expect_refused({"train", "--seed", "1", "--seed", "2"}, 2, {"--seed is given twice"});
  expect_refused({"train", "--lora-r", "1", "lora_rank=2"}, 2,
                 {"'lora_r' is given twice, as 'lora_r' and 'lora_rank'"});
  expect_refused({"train", "--lora-r", "1", "--lora-rank", "2"}, 2, {"--lora-r is given twice"});
  expect_refused({"train", "--use-dora", "--no-use-dora"}, 2, {"given twice"});
  expect_refused({"train", "stray"}, 2, {"'stray' is no flag, key=value or YAML file"});
  write("d.csv", "text,label\n");
  expect_refused({"train", "d.csv"}, 2, {"did you mean --data d.csv or --model d.csv?"});
  expect_refused({"train", "--pooling", "meen"}, 2,
                 {"expected one of auto, pooler, cls, mean", "did you mean 'mean'?"});
}

TEST_F(Flags, files_of_options_are_refused_with_file_and_line) {
  write("o.yaml", "model: m\nlora_rr: 4\n");
  expect_refused({"train", "o.yaml"}, 2, {"o.yaml:2: unknown key 'lora_rr'", "did you mean 'lora_r'?"});
  expect_refused({"train", "absent.yaml"}, 2, {"absent.yaml"});
  write("p.yaml", "model: m\n");
  expect_refused({"train", "o.yaml", "p.yaml"}, 2, {"two YAML files, 'o.yaml' and 'p.yaml'"});
}

TEST_F(Flags, what_is_missing_comes_with_an_example) {
  expect_refused({"train"}, 2, {"needs --model and --data", "strop train --model"});
  expect_refused({"train", "--model", "m"}, 2, {"needs --data; for example"});
  expect_refused({"eval", "--data", "d"}, 2, {"needs --model", "strop eval --model"});
  expect_refused({"predict", "--model", "m"}, 2, {"needs --data"});
  expect_refused({"merge", "--model", "m"}, 2, {"needs --out"});
  expect_refused({"export", "--out", "o.onnx"}, 2, {"needs --model"});
  expect_refused({"bench", "--data", "d"}, 2, {"needs --model"});
  expect_refused({"plan", "--data", "d"}, 2, {"needs --model"});
  expect_refused({"inspect"}, 2, {"needs --model, --adapter or --data"});
  expect_refused({"report"}, 2, {"needs a run folder"});
  expect_refused({"completion"}, 2, {"one of bash, zsh, fish"});
}

TEST_F(Flags, verbs) {
  expect_refused({"trian"}, 2, {"unknown verb 'trian'; did you mean 'train'?"});
  expect_refused({"zzzzzzzz"}, 2, {"expected one of train, plan"});
  expect_refused({"--model", "m"}, 2, {"expected a verb before '--model'"});
  expect_refused({"report", "x", "--lora-r", "3"}, 2, {"unknown flag '--lora-r'"});
  expect_refused({"report", "x", "lora_r=3"}, 2, {"'strop report' takes no lora_r"});
  expect_refused({"completion", "powershell"}, 2, {"bash, zsh, fish", "powershell"});
  expect_refused({"inspect", "--data", "d", "--samples", "0"}, 2, {"--samples: expected a whole number >= 1"});
  expect_refused({"bench", "--model", "m", "--data", "d", "--steps", "x"}, 2, {"--steps: expected a whole number"});
}

}  // namespace
}  // namespace strop
