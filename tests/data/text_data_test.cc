// Splits, columns, labels and duplicates.
#include "data/text_data.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "core/clock.h"
#include "core/text.h"
#include "errors.h"
#include "temp_folder.h"

namespace strop {
namespace {

using Strings = std::vector<std::string>;

Options options_for(const std::string& data) {
  Options options;
  options.data = data;
  options.val_size = 0;
  return options;
}

std::string notes_of(const TextData& data) { return join(data.notes, "\n"); }

// `n` rows of each class, all texts different.
std::string numbered_rows(int n, const Strings& labels) {
  std::string rows;
  for (int i = 0; i < n; ++i) {
    for (const auto& label : labels) rows += "row " + label + std::to_string(i) + "," + label + "\n";
  }
  return rows;
}

TEST(Columns, KnownNamesInAnyCaseAndOrder) {
  const TempFolder folder;
  const TextData data =
      load_text_data(options_for(folder.write("a.csv", "id,Sentiment, Review \n1,neg,bad\n2,pos,good\n")));
  EXPECT_EQ(data.train.texts, (Strings{"bad", "good"}));
  EXPECT_EQ(data.label_names, (Strings{"neg", "pos"}));
  EXPECT_EQ(data.train.labels, (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(data.train.lines, (std::vector<std::int64_t>{2, 3}));
  expect_parts(notes_of(data), {"the text is 'Review'", "the label 'Sentiment'", "not used: 'id'"});
}

TEST(Columns, PairsAreFound) {
  const TempFolder folder;
  const auto data =
      load_text_data(options_for(folder.write("a.tsv", "question\tsentence\tlabel\nq1\ts1\t0\nq2\ts2\t1\n")));
  EXPECT_EQ(data.train.texts, (Strings{"q1", "q2"}));
  EXPECT_EQ(data.train.pairs, (Strings{"s1", "s2"}));
}

TEST(Columns, NamedByOptions) {
  const TempFolder folder;
  Options options = options_for(folder.write("a.csv", "text,phrase,mood,label\na,b,x,1\nc,d,y,1\n"));
  options.columns = {{"text", "phrase"}, {"label", "Mood"}};
  const TextData data = load_text_data(options);
  EXPECT_EQ(data.train.texts, (Strings{"b", "d"}));
  EXPECT_EQ(data.label_names, (Strings{"x", "y"}));
  options.columns = {{"text", "2"}, {"label", "3"}};
  EXPECT_EQ(load_text_data(options).train.texts, (Strings{"b", "d"}));
  options.columns = {{"text", "phrases"}};
  expect_parts(message_of(ErrorKind::data, [&] { load_text_data(options); }),
               {"a.csv:1:", "phrases", "text, phrase, mood, label", "did you mean phrase?"});
  options.columns = {{"txt", "phrase"}};
  expect_parts(message_of(ErrorKind::usage, [&] { load_text_data(options); }),
               {"columns", "txt", "did you mean text?"});
  options.columns = {{"text", "label"}, {"label", "label"}};
  expect_parts(message_of(ErrorKind::data, [&] { load_text_data(options); }), {"a.csv:1:", "used twice"});
}

TEST(Columns, MissingOnesListWhatThereIs) {
  const TempFolder folder;
  expect_parts(message_of(ErrorKind::data,
                          [&] { load_text_data(options_for(folder.write("a.csv", "text,lable\na,1\nb,2\n"))); }),
               {"a.csv:1:", "no column for the label", "text, lable", "'lable' is near to 'label'"});
  expect_parts(
      message_of(ErrorKind::data, [&] { load_text_data(options_for(folder.write("b.csv", "label,id\n1,2\n0,3\n"))); }),
      {"b.csv:1:", "no column for the text", "label, id"});
  expect_parts(
      message_of(ErrorKind::data,
                 [&] { load_text_data(options_for(folder.write("c.csv", "text,label,label\na,1,1\nb,2,2\n"))); }),
      {"c.csv:1:", "two columns are called 'label'"});
}

TEST(Header, AbsentOnesAreRecognisedAndSaid) {
  const TempFolder folder;
  const std::string file = folder.write("a.tsv", "fine film\t1\nbad film\t0\nawful thing\t0\n");
  const TextData data = load_text_data(options_for(file));
  EXPECT_EQ(data.train.texts, (Strings{"fine film", "bad film", "awful thing"}));
  EXPECT_EQ(data.train.labels, (std::vector<std::int32_t>{1, 0, 0}));
  EXPECT_EQ(data.train.lines.front(), 1);
  expect_parts(notes_of(data), {"no header line", "the text is 'column 1' (the longest)",
                                "the label 'column 2' (2 different values)", "header=yes"});
}

TEST(Header, LabelFirstAndExtraColumns) {
  const TempFolder folder;
  // As CoLA: source, label, mark, text.
  const TextData data = load_text_data(options_for(folder.write(
      "a.tsv", "s1\t1\t\tfirst long text\ns2\t0\t*\tsecond long text\ns3\t1\t\tthird long text\ns3\t1\t\tfourth\n")));
  EXPECT_EQ(data.train.texts[1], "second long text");
  EXPECT_EQ(data.label_names, (Strings{"0", "1"}));
}

TEST(Header, ForcedEitherWay) {
  const TempFolder folder;
  Options options = options_for(folder.write("a.csv", "phrase,mood\ngood,pos\nbad,neg\nill,neg\n"));
  options.header = "yes";
  expect_parts(message_of(ErrorKind::data, [&] { load_text_data(options); }), {"a.csv:1:", "phrase, mood"});
  options.columns = {{"text", "phrase"}, {"label", "mood"}};
  EXPECT_EQ(load_text_data(options).train.size(), 3U);
  options = options_for(folder.write("b.csv", "text,label\ngood,pos\nbad,label\n"));
  options.header = "no";
  EXPECT_EQ(load_text_data(options).train.texts.front(), "text");
  options.header = "maybe";
  expect_parts(message_of(ErrorKind::usage, [&] { load_text_data(options); }), {"header", "maybe", "auto"});
}

TEST(Header, AnUnknownNameAboveFrequentValuesIsNoLabel) {
  const TempFolder folder;
  const std::string rows = numbered_rows(15, {"x", "y"});
  expect_parts(
      message_of(ErrorKind::data, [&] { load_text_data(options_for(folder.write("a.csv", "phrase,mood\n" + rows))); }),
      {"a.csv:1:", "phrase, mood", "header=no"});
}

TEST(Labels, OrderIsNumericForIntegersElseByBytes) {
  const TempFolder folder;
  const auto names = [&](const std::string& rows) {
    return load_text_data(options_for(folder.write("a.csv", "text,label\n" + rows))).label_names;
  };
  EXPECT_EQ(names("a,10\nb,9\nc,-1\nd,9\n"), (Strings{"-1", "9", "10"}));
  EXPECT_EQ(names("a,10\nb,9\nc,x\n"), (Strings{"10", "9", "x"}));
  EXPECT_EQ(names("a,01\nb,1\nc,2\n"), (Strings{"01", "1", "2"}));
  EXPECT_EQ(names("a,b\nb,B\nc, b \n"), (Strings{"B", "b"}));
}

TEST(Labels, MissingOnesAreCountedWithTheFirstLine) {
  const TempFolder folder;
  expect_parts(
      message_of(ErrorKind::data,
                 [&] { load_text_data(options_for(folder.write("a.csv", "text,label\na,1\nb,\nc,0\nd, \n"))); }),
      {"a.csv:3:", "2 of 4 training rows have no label"});
  expect_parts(message_of(ErrorKind::data,
                          [&] {
                            load_text_data(options_for(
                                folder.write("a.jsonl", "{\"text\": \"a\", \"label\": 1}\n{\"text\": \"b\"}\n")));
                          }),
               {"a.jsonl:2:", "1 of 2"});
}

TEST(Labels, OneClassOnlyIsRefused) {
  const TempFolder folder;
  expect_parts(message_of(ErrorKind::data,
                          [&] { load_text_data(options_for(folder.write("a.csv", "text,label\na,1\nb,1\n"))); }),
               {"a.csv:2:", "'1'", "at least two classes"});
}

TEST(Labels, OnesThatTrainingLacksAreRefused) {
  const TempFolder folder;
  folder.write("train.csv", "text,label\na,pos\nb,neg\n");
  folder.write("dev.csv", "text,label\nc,pos\nd,negg\n");
  expect_parts(message_of(ErrorKind::data, [&] { load_text_data(options_for(folder.path())); }),
               {"dev.csv:3:", "'negg'", "neg, pos", "did you mean neg?"});
}

TEST(Rows, EmptyFilesAndBareHeadersAreRefused) {
  const TempFolder folder;
  const auto refused = [&](const std::string& name, const std::string& content) {
    return message_of(ErrorKind::data, [&] { load_text_data(options_for(folder.write(name, content))); });
  };
  expect_parts(refused("a.csv", ""), {"a.csv", "empty"});
  expect_parts(refused("b.csv", "\n\r\n"), {"b.csv", "empty"});
  expect_parts(refused("c.jsonl", "\n"), {"c.jsonl", "empty"});
  expect_parts(refused("d.csv", "text,label\n"), {"d.csv:1", "only a header"});
  expect_parts(refused("e.csv", "text,label\na,1\nb\n"), {"e.csv:3:", "found 1 columns", "expected 2"});
  expect_parts(refused("f.jsonl", "{\"text\": \"a\", \"label\": 1}\n{\"label\": 0}\n"), {"f.jsonl:2:", "no \"text\""});
  expect_parts(refused("g.jsonl", "{\"text\": \"a\", \"label\": 1}\n{\"text\": \"b\", \"label\": [0, 1]}\n"),
               {"g.jsonl:2:", "\"label\"", "array or object"});
  expect_parts(message_of(ErrorKind::data, [&] { load_text_data(options_for((folder / "none.csv").string())); }),
               {"none.csv", "no such file"});
  expect_parts(message_of(ErrorKind::usage, [&] { load_text_data(options_for("")); }), {"data"});
}

TEST(Splits, FilesOfAFolderByName) {
  const TempFolder folder;
  folder.write("train.csv", "text,label\na,1\nb,0\n");
  folder.write("Valid.jsonl", "{\"sentence\": \"c\", \"label\": 1}\n");
  folder.write("test.tsv", "label\ttext\n-1\td\n-1\te\n");
  folder.write("notes.md", "no data");
  const TextData data = load_text_data(options_for(folder.path()));
  EXPECT_EQ(data.train.size(), 2U);
  EXPECT_EQ(data.validation.texts, (Strings{"c"}));
  EXPECT_EQ(data.test.labels, (std::vector<std::int32_t>{-1, -1}));
  // The same by naming the training file: its neighbours are found.
  EXPECT_EQ(load_text_data(options_for((folder / "train.csv").string())).validation.size(), 1U);
  Options options = options_for(folder.path());
  options.validation_file = folder.write("held.csv", "text,label\nx,0\ny,0\nz,1\n");
  EXPECT_EQ(load_text_data(options).validation.size(), 3U);
  folder.write("dev.csv", "text,label\nx,0\n");
  expect_parts(message_of(ErrorKind::data, [&] { load_text_data(options_for(folder.path())); }),
               {folder.path().string(), "dev.csv", "Valid.jsonl", "one split"});
}

TEST(Splits, AFolderWithoutTrainingFileIsRefused) {
  const TempFolder folder;
  expect_parts(message_of(ErrorKind::data, [&] { load_text_data(options_for(folder.path())); }),
               {folder.path().string(), "no training file"});
  folder.write("dev.csv", "text,label\nx,0\n");
  folder.write("other.csv", "text,label\nx,0\n");
  expect_parts(message_of(ErrorKind::data, [&] { load_text_data(options_for(folder.path())); }),
               {"no training file", "dev.csv, other.csv", "train.csv"});
}

TEST(Splits, HeaderlessValidationFollowsTraining) {
  const TempFolder folder;
  folder.write("train.tsv", "1\tfine long film\n0\tbad long film\n0\tawful long thing\n");
  folder.write("dev.tsv", "1\tx\n0\ty\n");
  const TextData data = load_text_data(options_for(folder.path()));
  EXPECT_EQ(data.validation.texts, (Strings{"x", "y"}));
  EXPECT_EQ(data.validation.labels, (std::vector<std::int32_t>{1, 0}));
}

TEST(Splits, HoldOutIsStratifiedSeededAndKeepsDuplicatesTogether) {
  const TempFolder folder;
  std::string rows = "text,label\n" + numbered_rows(90, {"a"}) + numbered_rows(30, {"b"});
  for (int i = 0; i < 40; ++i) rows += "Same thing" + std::to_string(i / 2) + (i % 2 == 0 ? "" : " ") + ",b\n";
  Options options = options_for(folder.write("a.csv", rows));
  options.val_size = 0.2;
  const TextData data = load_text_data(options);
  EXPECT_EQ(data.train.size() + data.validation.size(), 160U);
  EXPECT_EQ(std::count(data.validation.labels.begin(), data.validation.labels.end(), 0), 18);
  EXPECT_NEAR(static_cast<double>(std::count(data.validation.labels.begin(), data.validation.labels.end(), 1)), 14, 1);
  std::set<std::string> held;
  for (const auto& text : data.validation.texts) held.insert(std::string(trim(text)));
  for (const auto& text : data.train.texts) EXPECT_FALSE(held.contains(std::string(trim(text)))) << text;
  EXPECT_EQ(data.groups.size(), data.train.size());
  EXPECT_EQ(load_text_data(options).validation.lines, data.validation.lines);
  options.seed = 7;
  EXPECT_NE(load_text_data(options).validation.lines, data.validation.lines);
  expect_parts(notes_of(data), {"20 of 160 rows repeat", "line 123 = line 122", "held out by class"});
}

TEST(Splits, TooFewRowsToHoldOut) {
  const TempFolder folder;
  Options options = options_for(folder.write("a.csv", "text,label\na,1\nb,0\n"));
  options.val_size = 0.1;
  expect_parts(message_of(ErrorKind::data, [&] { load_text_data(options); }), {"a.csv", "val_size"});
  options.val_size = 1.5;
  expect_parts(message_of(ErrorKind::usage, [&] { load_text_data(options); }), {"val_size", "1.5"});
}

TEST(Splits, MaxTrainSamplesKeepsTheShares) {
  const TempFolder folder;
  Options options =
      options_for(folder.write("a.csv", "text,label\n" + numbered_rows(90, {"a"}) + numbered_rows(10, {"b"})));
  options.max_train_samples = 20;
  const TextData data = load_text_data(options);
  EXPECT_EQ(std::count(data.train.labels.begin(), data.train.labels.end(), 0), 18);
  EXPECT_EQ(std::count(data.train.labels.begin(), data.train.labels.end(), 1), 2);
  EXPECT_EQ(data.groups.size(), 20U);
  EXPECT_TRUE(std::is_sorted(data.train.lines.begin(), data.train.lines.end()));
}

TEST(Duplicates, AreCountedWithinAndAcrossSplits) {
  const TempFolder folder;
  folder.write("train.csv", "text,label\nA film,1\nother,0\n a FILM ,0\nthird,1\n");
  folder.write("val.csv", "text,label\nnew,1\nOTHER,0\nNew,0\n");
  folder.write("test.csv", "text,label\nthird,1\n new,1\nlast,\nLast,1\n");
  const TextData data = load_text_data(options_for(folder.path()));
  EXPECT_EQ(data.groups, (std::vector<std::int64_t>{0, 1, 0, 2}));
  expect_parts(notes_of(data), {"1 of 4 rows repeat an earlier text, 1 of them with another label (line 4 = line 2)",
                                "val.csv: 1 of 3 rows repeat an earlier text, 1 of them with another label (line 4 = ",
                                "1 of 3 validation rows also stand in training", "val.csv:3 = ", "train.csv:3",
                                "test.csv: 1 of 4 rows repeat an earlier text (line 5 = line 4)",
                                "1 of 4 test rows also stand in training", "test.csv:2 = ",
                                "1 of 4 test rows also stand in validation", "test.csv:3 = ", "val.csv:2"});
}

TEST(Prediction, NeedsNoLabel) {
  const TempFolder folder;
  std::vector<std::string> notes;
  const auto texts = [&](const std::string& name, const std::string& content) {
    const TextSplit rows = load_prediction_rows(folder.write(name, content), Options(), notes);
    EXPECT_EQ(rows.labels, std::vector<std::int32_t>(rows.size(), -1));
    return rows.texts;
  };
  EXPECT_EQ(texts("a.csv", "id,text\n1,x\n2,y\n"), (Strings{"x", "y"}));
  EXPECT_EQ(texts("b.csv", "x\ny\n"), (Strings{"x", "y"}));
  expect_parts(join(notes, "; "), {"b.csv", "header"});
  EXPECT_EQ(texts("c.txt", "one\ttab, \"quote\"\n\nlast"), (Strings{"one\ttab, \"quote\"", "", "last"}));
  EXPECT_EQ(texts("d.tsv", "good one\t1\nbad one\t0\nill one\t0\n"), (Strings{"good one", "bad one", "ill one"}));
  EXPECT_EQ(texts("e.jsonl", "{\"text\": \"x\", \"label\": \"?\"}"), (Strings{"x"}));
  expect_parts(message_of(ErrorKind::data, [&] { texts("f.txt", ""); }), {"f.txt", "empty"});
}

TEST(Evaluation, LabelsAreTheModels) {
  const TempFolder folder;
  folder.write("test.csv", "text,label\na,no\nb,yes\nc,maybe\n");
  std::vector<std::string> notes;
  EXPECT_EQ(load_evaluation_rows(options_for(folder.path()), {"yes", "no", "maybe"}, notes).labels,
            (std::vector<std::int32_t>{1, 0, 2}));
  expect_parts(message_of(ErrorKind::data,
                          [&] {
                            load_evaluation_rows(options_for(folder.path()), {"no", "yes"}, notes);
                          }),
               {"test.csv:4:", "'maybe'", "no, yes"});
}

std::string shared_data() {
  const char* given = std::getenv("STROP_DATA");
  return given != nullptr ? given : std::string(STROP_SOURCE_DIR) + "/../shared";
}

TEST(Sst2, HasNoHeader) {
  const std::string folder = shared_data() + "/data/sst2";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << "no " << folder << " (STROP_DATA names the folder of data sets)";
  const Stopwatch watch;
  const TextData data = load_text_data(options_for(folder));
  EXPECT_LT(watch.seconds(), 1.0);  // about 0.02 s in a release; the limit is for sanitizers
  EXPECT_EQ(data.train.size(), 6920U);
  EXPECT_EQ(data.validation.size(), 872U);
  EXPECT_EQ(data.test.size(), 1821U);
  EXPECT_EQ(data.label_names, (Strings{"0", "1"}));
  EXPECT_EQ(data.train.texts[1], "apparently reassembled from the cutting room floor of any given daytime soap");
  EXPECT_EQ(data.train.labels[1], 0);
  expect_parts(notes_of(data), {"no header line"});
}

}  // namespace
}  // namespace strop
