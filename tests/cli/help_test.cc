// Help and completion: equal to the files in golden/, which are written anew with STROP_UPDATE_GOLDEN=1.
#include "cli/help.h"

#include <cstdlib>

#include "cli/flags.h"
#include "config/schema.h"
#include "core/text.h"
#include "run_cli.h"

namespace strop {
namespace {

using Help = CliTest;

void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = STROP_SOURCE_DIR "/tests/cli/golden/" + name;
  if (std::getenv("STROP_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
  std::ifstream in(path, std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), text) << "STROP_UPDATE_GOLDEN=1 writes it anew";
}

TEST_F(Help, golden_pages) {
  expect_golden("help.txt", run_cli({"--help"}).out);
  for (const auto& verb : verbs()) expect_golden("help_" + verb.name + ".txt", run_cli({verb.name, "--help"}).out);
}

TEST_F(Help, is_found_where_people_look) {
  const auto page = run_cli({"train", "--help"}).out;
  EXPECT_EQ(run_cli({"train", "-h"}).out, page);
  EXPECT_EQ(run_cli({"help", "train"}).out, page);
  EXPECT_EQ(run_cli({"train", "--model", "m", "--help"}).out, page);
  EXPECT_EQ(run_cli({"help"}).out, run_cli({"--help"}).out);
  const auto bare = run_cli({});
  EXPECT_EQ(bare.code, 2);
  EXPECT_EQ(bare.err, run_cli({"--help"}).out);
  EXPECT_EQ(run_cli({"--version"}).out, "strop of the tests\n");
}

TEST_F(Help, every_key_is_in_help_all_and_lines_are_narrow) {
  for (const auto& verb : verbs()) {
    const auto page = verb_help(verb, true);
    for (const auto& key : schema()) {
      if (!verb.all_keys) continue;
      EXPECT_NE(page.find(flag_names(key).front()), std::string::npos) << verb.name << " " << key.name;
    }
    for (const auto& line : split(page, '\n')) {
      const bool is_example = line.rfind("  strop ", 0) == 0;
      EXPECT_TRUE(line.size() <= 100 || is_example) << line;
    }
  }
}

TEST_F(Help, examples_are_understood) {
  for (const auto& verb : verbs()) {
    for (const auto& example : verb.examples) {
      EXPECT_NE(example.find("strop " + verb.name), std::string::npos) << example;
    }
    for (const auto& name : verb.usual) EXPECT_NE(lookup_key(name), nullptr) << name;
  }
}

// Runs the bash script as bash does: the words of the line, the last of them under the cursor.
std::string complete(const std::vector<std::string>& words) {
  std::string array;
  for (const auto& word : words) array += " '" + word + "'";
  const std::string command = "source ./script; compopt() { :; }; COMP_WORDS=(" + array +
                              "); COMP_CWORD=" + std::to_string(words.size() - 1) +
                              "; _strop; echo \"${COMPREPLY[*]}\"";
  std::ofstream("command", std::ios::binary) << command;
  FILE* pipe = popen("bash ./command 2>&1", "r");
  std::string out;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) out += static_cast<char>(c);
  pclose(pipe);
  return std::string(trim(out));
}

TEST_F(Help, bash_completion_works) {
  write("script", run_cli({"completion", "bash"}).out);
  EXPECT_EQ(complete({"strop", "tr"}), "train");
  EXPECT_EQ(complete({"strop", "train", "--lora-d"}), "--lora-dropout");
  EXPECT_EQ(complete({"strop", "train", "--no-use-d"}), "--no-use-dora");
  EXPECT_EQ(complete({"strop", "train", "--pooling", ""}), "auto pooler cls mean");
  EXPECT_EQ(complete({"strop", "train", "pooling", "=", "m"}), "mean");
  EXPECT_EQ(complete({"strop", "train", "--head-init", "="}), "auto pretrained closed_form random");
  EXPECT_EQ(complete({"strop", "train", "lora_dr"}), "lora_dropout=");
  EXPECT_EQ(complete({"strop", "config", "lora_dr"}), "lora_dropout");
  EXPECT_EQ(complete({"strop", "inspect", "--blocks"}), "--blocks");
  EXPECT_EQ(complete({"strop", "completion", "f"}), "fish");
  EXPECT_EQ(complete({"strop", "inspect", "--format", "v"}), "voc");
}

TEST_F(Help, the_other_shells_get_the_same_lists) {
  for (const char* shell : {"zsh", "fish"}) {
    const auto script = run_cli({"completion", shell}).out;
    for (const auto& verb : verbs()) EXPECT_NE(script.find(verb.name), std::string::npos) << shell;
    for (const char* word : {"lora-dropout", "auto pooler cls mean", "no-use-dora", "help-all"}) {
      EXPECT_NE(script.find(word), std::string::npos) << shell << " " << word;
    }
  }
}

// The shell reads its script, which lies in ./script, without running it.
void expect_well_formed(const std::string& shell) {
  if (std::system(("command -v " + shell + " >/dev/null").c_str()) != 0) {
    GTEST_SKIP() << shell << " is not installed here: whether it takes its completion script was not checked";
  }
  EXPECT_EQ(std::system((shell + " -n script").c_str()), 0) << shell << " finds its script malformed";
}

TEST_F(Help, zsh_takes_its_completion_script) {
  write("script", run_cli({"completion", "zsh"}).out);
  expect_well_formed("zsh");
}

TEST_F(Help, fish_takes_its_completion_script) {
  write("script", run_cli({"completion", "fish"}).out);
  expect_well_formed("fish");
}

}  // namespace
}  // namespace strop
