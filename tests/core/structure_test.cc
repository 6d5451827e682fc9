// The rules of the house that a reader would otherwise have to watch: file sizes, and a trainer that knows no policy.
#include <cctype>
#include <set>

#include "source_tree.h"

namespace strop {
namespace {

constexpr std::size_t kMostLines = 600;

// The words of a text in lower case: runs of letters and digits, and the humps of such a run ("LoraLinear" holds
// "lora").
std::set<std::string> words_of(const std::string& text) {
  std::set<std::string> words;
  std::string run, hump;
  const auto close = [&](std::string& word) {
    if (!word.empty()) words.insert(lower_ascii(word));
    word.clear();
  };
  for (const char c : text + " ") {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isupper(letter) != 0) close(hump);
    if (std::isalnum(letter) != 0) {
      run += c;
      hump += c;
    } else {
      close(run);
      close(hump);
    }
  }
  return words;
}

// Families are also the folders of src/models.
std::set<std::string> policy_words() {
  std::set<std::string> words = {"bert", "minilm", "distilbert", "roberta", "electra", "llama", "qwen", "smollm",
                                 "vit",  "resnet", "yolox",      "lora",    "rslora",  "dora",  "ia3",  "layerwise",
                                 "ssf",  "vpt",    "bitfit",     "adaptformer"};
  const std::filesystem::path models = std::filesystem::path(STROP_SOURCE_DIR) / "src/models";
  for (const auto& entry : std::filesystem::directory_iterator(models)) {
    if (entry.is_directory()) words.insert(lower_ascii(entry.path().filename().string()));
  }
  return words;
}

// A file of the sentence-transformers format has a family in its name; it stands in folders of every family.
std::string without_file_names(std::string line) {
  const std::string name = "sentence_bert_config.json";
  if (const auto at = line.find(name); at != std::string::npos) line.erase(at, name.size());
  return line;
}

TEST(Structure, NoSourceFileIsLong) {
  std::size_t seen = 0;
  for (const char* folder : {"src", "include", "tests", "bench", "examples", "tools", "scripts"}) {
    for (const auto& file : sources_below(folder)) {
      ++seen;
      EXPECT_LE(file.lines.size(), kMostLines + 1) << file.path << ": split it by what it does";  // + the last newline
    }
  }
  EXPECT_GT(seen, 40u);
}

TEST(Structure, TheTrainerNamesNoModelFamilyAndNoMethod) {
  const auto forbidden = policy_words();
  for (const auto& file : sources_below("src/train")) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      for (const auto& word : words_of(without_file_names(file.lines[i]))) {
        EXPECT_FALSE(forbidden.contains(word))
            << file.path << ":" << i + 1 << ": names '" << word << "': " << file.lines[i];
      }
    }
  }
}

TEST(Structure, ForbiddenWordsAreFoundInNames) {
  EXPECT_TRUE(words_of("auto x = LoraLinear();").contains("lora"));
  EXPECT_TRUE(words_of("options.lora_r").contains("lora"));
  EXPECT_TRUE(words_of("// LoRA's A").contains("lora"));
  EXPECT_TRUE(words_of("\"IA3\"").contains("ia3"));
  EXPECT_FALSE(words_of("exploration, Bertha, flora").contains("lora"));
  EXPECT_FALSE(words_of("Bertha").contains("bert"));
  EXPECT_TRUE(policy_words().contains("bert"));
}

}  // namespace
}  // namespace strop
