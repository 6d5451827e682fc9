// What a person can get wrong in data, model and method, through the real program: exit code, a message that names
// place, found, expected and fix, and no run folder left behind.
#include "program.h"

namespace strop {
namespace {

struct BadRows {
  const char* name;
  const char* train;       // content of train.csv; null: the tiny job's own
  const char* validation;  // the same
  std::size_t length;      // of `train` where it holds NUL bytes
  std::vector<std::string> message;
};

const std::vector<BadRows> kBadRows = {
    {"empty_file", "", nullptr, 0, {"train.csv", "the file is empty", "expected rows with a text and a label"}},
    {"header_only", "text,label\n", nullptr, 0, {"train.csv:1", "only a header line (text, label)", "add rows"}},
    {"missing_column",
     "text,stars_given\nwaa wab,1\nwba wbb,2\n",
     nullptr,
     0,
     {"train.csv:1", "no column for the label", "found columns: text, stars_given", "columns=label="}},
    {"ragged_rows",
     "text,label\nwaa wab,bad\nwba,wbb,good\n",
     nullptr,
     0,
     {"train.csv:3", "found 3 columns", "expected 2", "double quotes"}},
    {"utf16",
     "\xff\xfet\0e\0x\0t\0,\0l\0a\0b\0e\0l\0\n\0",
     nullptr,
     24,
     {"train.csv:1", "UTF-16", "expected UTF-8", "iconv -f"}},
    {"nul_bytes",
     "text,label\nwaa\0wab,bad\nwba,good\n",
     nullptr,
     32,
     {"train.csv:2", "a NUL byte", "expected text", "tr -d"}},
    {"one_class",
     "text,label\nwaa wab,bad\nwba wbb,bad\n",
     nullptr,
     0,
     {"train.csv:2", "all 2 rows have the label 'bad'", "at least two classes", "columns=label=NAME"}},
    {"rows_without_label",
     "text,label\nwaa wab,bad\nwba wbb,\nwca,good\n",
     nullptr,
     0,
     {"train.csv:3", "1 of 3", "have no label", "add the labels or remove the rows"}},
    {"label_that_training_lacks",
     nullptr,
     "text,label\nwaa wab,bad\nwba wbb,goood\n",
     0,
     {"validation.csv:3", "label 'goood' is not among the training labels: bad, fine, good", "did you mean good?"}},
};

TEST(BadData, IsNamedAndLeavesNoRunFolder) {
  for (const auto& bad : kBadRows) {
    SCOPED_TRACE(bad.name);
    const TinyJob job;
    const auto put = [&](const char* file, const char* text, std::size_t length) {
      if (text == nullptr) return;
      std::ofstream(job.path("data") / file, std::ios::binary)
          << (length > 0 ? std::string(text, length) : std::string(text));
    };
    put("train.csv", bad.train, bad.length);
    put("validation.csv", bad.validation, 0);
    expect_failure(run_program_on(job, train_words(job, "run")), ErrorKind::data, bad.message);
    EXPECT_FALSE(std::filesystem::exists(job.path("run")));
  }
}

TEST(BadData, MissingFileOrFolder) {
  const TinyJob job;
  const auto missing = job.path("data").string() + "/trian.csv";
  expect_failure(run_program_on(job, train_words(job, "run", {"--data", missing})), ErrorKind::data,
                 {missing + ": no such file or folder", "did you mean", "train.csv?"});
  std::filesystem::create_directories(job.path("empty"));
  expect_failure(run_program_on(job, train_words(job, "run", {"--data", job.path("empty").string()})), ErrorKind::data,
                 {"empty: no training file", "found no .csv", "expected train.csv"});
  EXPECT_FALSE(std::filesystem::exists(job.path("run")));
}

TEST(BadData, JsonLinesNameTheLine) {
  const TinyJob job;
  const auto file = job.path("rows.jsonl");
  std::ofstream(file) << "{\"text\": \"waa\", \"label\": \"a\"}\n{\"text\": \"wab\", \"label\": \n";
  expect_failure(run_program_on(job, train_words(job, "run", {"--data", file.string()})), ErrorKind::data,
                 {"rows.jsonl:2: not JSON at column", "expected one object a line"});
  std::ofstream(file) << "{\"text\": \"waa\", \"label\": \"a\"}\n{\"label\": \"b\"}\n";
  expect_failure(run_program_on(job, train_words(job, "run", {"--data", file.string()})), ErrorKind::data,
                 {"rows.jsonl:2: no \"text\" in this row", "add it or remove the row"});
  EXPECT_FALSE(std::filesystem::exists(job.path("run")));
}

// A text of 5 MB is a text: it is cut to max_length, counted and said; bytes that are no UTF-8 become U+FFFD.
TEST(OddData, ALineOfFiveMegabytesAndInvalidBytesTrain) {
  const TinyJob job;
  std::string longest;
  while (longest.size() < 5 << 20) longest += "waa wab wac wad ";
  std::ofstream(job.path("data") / "train.csv", std::ios::app | std::ios::binary)
      << longest << ",bad\nwab \xff\xfe wac,bad\n";
  const auto run = run_program_on(job, train_words(job, "run", {"max_steps=4"}));
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_NE(run.err.find("1 rows are longer than max_length"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("U+FFFD"), std::string::npos) << run.err;
  EXPECT_EQ(job.json("run", "strop.json").at("splits").at(0).at("rows"), 98);
  // The same rows can be asked about: a line each.
  const auto predicted = run_program_on(job, {"predict", "--model", job.path("run").string(), "--data",
                                              (job.path("data") / "train.csv").string(), "threads=1"});
  ASSERT_EQ(predicted.code, 0) << predicted.err;
  EXPECT_EQ(std::count(predicted.out.begin(), predicted.out.end(), '\n'), 98);
}

void overwrite(const std::filesystem::path& file, const std::string& content) {
  std::ofstream(file, std::ios::binary) << content;
}

TEST(BadModel, WeightsThatAreTruncatedLieOrAreMissing) {
  const TinyJob job;
  const auto file = job.model() / "model.safetensors";
  const auto whole = read_file(file, ErrorKind::internal);
  const auto attempt = [&](const std::string& content, const std::vector<std::string>& parts) {
    overwrite(file, content);
    expect_failure(run_program_on(job, train_words(job, "run")), ErrorKind::model, parts);
    EXPECT_FALSE(std::filesystem::exists(job.path("run")));
  };
  attempt(whole.substr(0, whole.size() / 2),
          {"model.safetensors", "beyond the file", "expected at most", "fetch it again"});
  attempt(whole.substr(0, 6), {"model.safetensors", "6 bytes long", "expected at least 8"});
  attempt(std::string("\xff\xff\xff\xff\xff\xff\xff\x7f", 8) + whole.substr(8),
          {"model.safetensors", "the header claims", "expected at most"});
  auto lying = whole;
  const auto offsets = lying.find("\"data_offsets\":[0,");
  ASSERT_NE(offsets, std::string::npos);
  lying[offsets + 16] = '9';
  attempt(lying, {"model.safetensors", "tensor '", "data_offsets", "expected"});
  std::filesystem::remove(file);
  expect_failure(run_program_on(job, train_words(job, "run")), ErrorKind::model, {"model", "model.safetensors"});
}

TEST(BadModel, ConfigAndTokenizerThatAreBrokenOrUnsupported) {
  const TinyJob job;
  const auto attempt = [&](const std::string& file, const std::string& content, const std::vector<std::string>& parts) {
    const auto path = job.model() / file;
    const bool there = std::filesystem::exists(path);
    const auto before = there ? read_file(path, ErrorKind::internal) : "";
    overwrite(path, content);
    expect_failure(run_program_on(job, train_words(job, "run")), ErrorKind::model, parts);
    EXPECT_FALSE(std::filesystem::exists(job.path("run")));
    overwrite(path, before);
    if (!there) std::filesystem::remove(path);
  };
  attempt("config.json", "{\"model_type\": \"bert\",", {"config.json", "JSON"});
  attempt("config.json", "{\"model_type\": \"perceiver\"}", {"config.json", "perceiver", "bert"});
  auto config = job.json("model", "config.json");
  config.erase("hidden_size");
  attempt("config.json", config.dump(), {"config.json", "hidden_size"});
  attempt("tokenizer.json", "{\"model\": {\"type\": \"WordPiece\"", {"tokenizer.json", "JSON"});
  attempt("tokenizer.json", R"({"version": "1.0", "added_tokens": [], "model": {"type": "Telepathy", "vocab": {}}})",
          {"tokenizer.json", "Telepathy", "WordPiece"});
}

TEST(BadMethod, ListsWhatFits) {
  const TinyJob job;
  const auto attempt = [&](const Words& more, const std::vector<std::string>& parts) {
    SCOPED_TRACE(more.back());
    expect_failure(run_program_on(job, train_words(job, "run", more)), ErrorKind::usage, parts);
    EXPECT_EQ(names_in(job.path("run")), std::set<std::string>());
    std::filesystem::remove_all(job.path("run"));
  };
  attempt({"--method", "lorra"}, {"method", "'lorra'", "did you mean 'lora'?", "head, layerwise, lora, full, ia3"});
  attempt({"--method", "lora", "target_modules=c_attn"},
          {"target_modules [c_attn] match no layer of this bert model", "encoder.layer.0.attention.self.query"});
  attempt({"--method", "full", "save=adapter"}, {"save: adapter does not fit method full", "use save=full or delta"});
  attempt({"--method", "lora", "layers_to_transform=7"}, {"layers_to_transform", "7", "3"});
  attempt({"--method", "layerwise", "top_k=9"}, {"top_k", "9", "3"});
  attempt({"--method", "lora", "target_modules=que(ry"}, {"target_modules", "que(ry", "regular expression"});
  attempt({"--method", "ia3", "layers_to_transform=3"}, {"layers_to_transform: 3", "its 3 blocks are 0 to 2"});
  attempt({"--method", "join"}, {"method join: goes on from a detector with added classes", "this bert model has none",
                                 "other methods that fit this model: head, layerwise, lora, full, ia3, bitfit"});
  attempt({"--method", "vpt"}, {"method vpt", "other methods that fit this model: head, layerwise, lora"});
  attempt({"--method", "lora", "surgical=2"}, {"surgical: chooses the blocks of method=layerwise", "method=lora"});
  attempt({"--device", "cuda:99"}, {"device: cuda:99: this libtorch sees", "use device=cpu"});
  attempt({"--method", "lora", "max_length=4000"}, {"max_length", "4000", "40"});
}

TEST(BadAdapter, ForAnotherBaseIsRefusedByEveryVerb) {
  const TinyJob job;
  ASSERT_EQ(run_program_on(job, train_words(job, "run", {"max_steps=2"})).code, 0);
  // The same shapes, other weights.
  std::filesystem::copy(job.model(), job.path("other"));
  auto bytes = job.content("model", "model.safetensors");
  bytes.back() ^= 1;
  overwrite(job.path("other") / "model.safetensors", bytes);
  const auto other = job.path("other").string(), adapter = job.path("run").string();
  const auto data = (job.path("data") / "validation.csv").string();
  const std::vector<std::string> reason = {adapter, "was trained on", "whose weights differ from those of " + other,
                                           "give that base with --model"};
  const auto before = names_in(job.path("run"));
  for (const auto& words : {Words{"predict", "--data", data}, Words{"eval", "--data", data},
                            Words{"merge", "--out", job.path("merged").string()}}) {
    auto all = words;
    all.insert(all.end(), {"--model", other, "--adapter", adapter, "threads=1"});
    expect_failure(run_program_on(job, all), ErrorKind::model, reason);
  }
  expect_failure(run_program_on(job, train_words(job, "again", {"--model", other, "--adapter", adapter})),
                 ErrorKind::model, reason);
  EXPECT_FALSE(std::filesystem::exists(job.path("again")));
  EXPECT_FALSE(std::filesystem::exists(job.path("merged")));
  EXPECT_EQ(names_in(job.path("run")), before);
}

}  // namespace
}  // namespace strop
