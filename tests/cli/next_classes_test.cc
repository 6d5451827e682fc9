// A run goes on from the model of another with more, fewer or other classes: the head's rows are placed by their names,
// and the run says row by row where each came from.
#include <cmath>
#include <cstring>
#include <sstream>

#include "core/text.h"
#include "program.h"
#include "weights/safetensors.h"

namespace strop {
namespace {

struct HeadRow {
  std::vector<float> weight;
  float bias = 0;
};

std::vector<float> floats_of(const TensorView& view) {
  std::vector<float> values(view.bytes.size() / sizeof(float));
  std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
  return values;
}

// The head that a run saved, by the names of its classes.
std::map<std::string, HeadRow> head_of(const TinyJob& job, const std::string& run) {
  const WeightFiles files(job.path(run));
  const auto weight = floats_of(files.tensors().at("classifier.weight"));
  const auto bias = floats_of(files.tensors().at("classifier.bias"));
  const auto width = weight.size() / bias.size();
  std::map<std::string, HeadRow> head;
  for (std::size_t i = 0; i < bias.size(); ++i) {
    const auto begin = weight.begin() + static_cast<std::ptrdiff_t>(i * width);
    head[job.json(run, "config.json").at("id2label").at(std::to_string(i))] = {
        {begin, begin + static_cast<std::ptrdiff_t>(width)}, bias[i]};
  }
  return head;
}

void expect_same_row(const HeadRow& found, const HeadRow& expected, const std::string& name) {
  EXPECT_EQ(found.weight, expected.weight) << name;
  EXPECT_EQ(found.bias, expected.bias) << name;
}

// The tiny job's rows of some classes under other names ("": left out), in a folder of their own. Returns the training
// texts of each class.
std::map<std::string, std::vector<std::string>> write_rows(const TinyJob& job, const std::string& folder,
                                                           const std::map<std::string, std::string>& names) {
  std::map<std::string, std::vector<std::string>> texts;
  std::filesystem::create_directories(job.path(folder));
  for (const auto* file : {"train.csv", "validation.csv"}) {
    std::ofstream out(job.path(folder) / file);
    out << "text,label\n";
    std::istringstream in(read_file(job.path("data") / file, ErrorKind::internal));
    std::string line;
    for (std::getline(in, line); std::getline(in, line);) {
      const auto cells = split(line, ',');
      const auto& name = names.at(std::string(cells[1]));
      if (name.empty()) continue;
      out << cells[0] << "," << name << "\n";
      if (std::string(file) == "train.csv") texts[name].emplace_back(cells[0]);
    }
  }
  return texts;
}

// One step at a rate that changes no bit: what is saved is what the run began with.
Words standing_still(const TinyJob& job, const std::string& model, const std::string& data) {
  return {"--model",     job.path(model).string(), "--data",         job.path(data).string(),       "--method", "full",
          "max_steps=1", "learning_rate=1e-30",    "weight_decay=0", "load_best_model_at_end=false"};
}

// The mean of what a run says to texts, by class.
std::map<std::string, double> mean_scores(const TinyJob& job, const std::string& run,
                                          const std::vector<std::string>& texts) {
  std::ofstream(job.path("texts.txt")) << join(texts, "\n") << "\n";
  const auto predicted = run_program_on(
      job, {"predict", "--model", job.path(run).string(), "--data", job.path("texts.txt").string(), "threads=1"});
  EXPECT_EQ(predicted.code, 0) << predicted.err;
  std::map<std::string, double> sums;
  std::istringstream lines(predicted.out);
  for (std::string line; std::getline(lines, line);) {
    const auto said = nlohmann::json::parse(line);
    for (const auto& [name, score] : said.at("scores").items()) {
      sums[name] += score.get<double>() / static_cast<double>(texts.size());
    }
  }
  return sums;
}

class NextClasses : public testing::Test {
 protected:
  // Two classes, learned for a while.
  void SetUp() override {
    write_rows(job_, "two", {{"bad", "bad"}, {"fine", ""}, {"good", "good"}});
    const auto run = run_program_on(
        job_,
        train_words(job_, "first", {"--data", job_.path("two").string(), "--method", "full", "learning_rate=2e-3"}));
    ASSERT_EQ(run.code, 0) << run.err;
    before_ = head_of(job_, "first");
    ASSERT_EQ(before_.size(), 2U);
  }

  TinyJob job_;
  std::map<std::string, HeadRow> before_;
};

TEST_F(NextClasses, ASupersetKeepsOldRowsAndStartsTheNewOneBetweenThem) {
  const auto texts = write_rows(job_, "three", {{"bad", "bad"}, {"fine", "fine"}, {"good", "good"}});
  auto more = standing_still(job_, "first", "three");
  more.push_back("head_init=pretrained");
  const auto run = run_program_on(job_, train_words(job_, "second", more));
  ASSERT_EQ(run.code, 0) << run.err;
  const auto after = head_of(job_, "second");
  ASSERT_EQ(after.size(), 3U);
  expect_same_row(after.at("bad"), before_.at("bad"), "bad");
  expect_same_row(after.at("good"), before_.at("good"), "good");  // though its place has moved

  // The new class: the old rows, weighted by what the old head says to its samples.
  const auto shares = mean_scores(job_, "first", texts.at("fine"));
  ASSERT_EQ(shares.size(), 2U);
  EXPECT_NEAR(shares.at("bad") + shares.at("good"), 1, 1e-6);
  const auto& fine = after.at("fine");
  for (std::size_t i = 0; i < fine.weight.size(); ++i) {
    EXPECT_NEAR(fine.weight[i],
                shares.at("bad") * before_.at("bad").weight[i] + shares.at("good") * before_.at("good").weight[i],
                1e-6);
  }
  EXPECT_NEAR(fine.bias, shares.at("bad") * before_.at("bad").bias + shares.at("good") * before_.at("good").bias, 1e-6);

  for (const auto& part : {std::string("head: bad: kept from the pretrained head"),
                           std::string("head: good: kept from the pretrained head"),
                           fmt::format("{:.2f} bad", shares.at("bad")), fmt::format("{:.2f} good", shares.at("good")),
                           fmt::format("by its predictions on {} samples", texts.at("fine").size())}) {
    EXPECT_NE(run.err.find(part), std::string::npos) << part << " is not in: " << run.err;
  }
}

TEST_F(NextClasses, ASubsetAndARenamedClass) {
  write_rows(job_, "renamed", {{"bad", ""}, {"fine", "so-so"}, {"good", "good"}});
  const auto run = run_program_on(job_, train_words(job_, "second", standing_still(job_, "first", "renamed")));
  ASSERT_EQ(run.code, 0) << run.err;
  const auto after = head_of(job_, "second");
  ASSERT_EQ(after.size(), 2U);
  expect_same_row(after.at("good"), before_.at("good"), "good");
  EXPECT_EQ(after.count("so-so"), 1U);
}

// Asked for a fresh head, no row is the old one; the same classes again keep every row.
TEST_F(NextClasses, RandomIsRandomAndTheSameClassesStay) {
  auto more = standing_still(job_, "first", "two");
  ASSERT_EQ(run_program_on(job_, train_words(job_, "same", more)).code, 0);
  const auto same = head_of(job_, "same");
  for (const auto& [name, row] : before_) expect_same_row(same.at(name), row, name);
  more.push_back("head_init=random");
  const auto run = run_program_on(job_, train_words(job_, "fresh", more));
  ASSERT_EQ(run.code, 0) << run.err;
  const auto fresh = head_of(job_, "fresh");
  for (const auto& [name, row] : before_) {
    EXPECT_NE(fresh.at(name).weight, row.weight) << name;
    EXPECT_NE(run.err.find("head: " + name + ": random"), std::string::npos) << run.err;
  }
}

TEST_F(NextClasses, PretrainedNeedsAHead) {
  // The same encoder without one.
  std::filesystem::copy(job_.model(), job_.path("bare"));
  const auto files = std::make_shared<const WeightFiles>(job_.model());
  std::map<std::string, TensorView> kept;
  for (const auto& [name, view] : files->tensors()) {
    if (!name.starts_with("classifier.")) kept[name] = view;
  }
  write_safetensors(job_.path("bare") / "model.safetensors", kept);
  auto more = standing_still(job_, "bare", "two");
  more.push_back("head_init=pretrained");
  expect_failure(run_program_on(job_, train_words(job_, "second", more)), ErrorKind::usage,
                 {"head_init: pretrained", "holds no head", "classifier.weight", "use closed_form or random"});
  EXPECT_FALSE(std::filesystem::exists(job_.path("second")));
}

}  // namespace
}  // namespace strop
