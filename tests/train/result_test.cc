// What a run leaves is used: merged, predicted with, refused over another base; and folders that cannot take a run.
#include <torch/types.h>
#include <unistd.h>

#include <sstream>

#include "errors.h"
#include "models/model.h"
#include "nn/compare.h"
#include "tiny_job.h"
#include "train/remarks.h"

namespace strop {
namespace {

// The lines that predict prints for the validation rows.
std::string predictions(const TinyJob& job, const std::string& model, const std::string& adapter = "") {
  Options options;
  options.model = job.path(model).string();
  if (!adapter.empty()) options.adapter = job.path(adapter).string();
  options.data = (job.path("data") / "validation.csv").string();
  options.threads = 1;
  std::ostringstream out;
  predict(options, out);
  return out.str();
}

void expect_near_predictions(const std::string& found, const std::string& expected) {
  std::istringstream a(found), b(expected);
  int rows = 0;
  for (std::string left, right; std::getline(a, left) && std::getline(b, right); ++rows) {
    const auto ours = nlohmann::json::parse(left), theirs = nlohmann::json::parse(right);
    for (const auto& [name, score] : theirs.at("scores").items())
      EXPECT_NEAR(ours.at("scores").at(name).get<double>(), score.get<double>(), 1e-5) << rows;
  }
  EXPECT_EQ(rows, 30);
}

TEST(Merge, EqualsTheAdapter) {
  for (const bool dora : {false, true}) {
    const TinyJob job;
    Options options = job.options("lora");
    options.use_dora = dora;
    options.learning_rate = "1e-2";
    options.max_steps = 8;
    train(options);
    Options merging;
    merging.model = job.path("run").string();
    merging.out = job.path("merged").string();
    merging.quiet = true;
    EXPECT_EQ(merge(merging), job.path("merged"));
    expect_near_predictions(predictions(job, "merged"), predictions(job, "run"));
    EXPECT_EQ(predictions(job, "model", "run"), predictions(job, "run"));
    EXPECT_NE(predictions(job, "model"), predictions(job, "run"));
  }
}

// save=delta: the tensors that trained, or that adapters were folded into, over the base.
TEST(Delta, RunFolderAnswersAsTheFullModel) {
  for (const auto* method : {"bitfit", "lora"}) {
    const TinyJob job;
    for (const auto* save : {"full", "delta"}) {
      Options options = job.options(method, save);
      options.save = save;
      options.learning_rate = "1e-2";
      options.max_steps = 8;
      train(options);
    }
    EXPECT_EQ(predictions(job, "delta"), predictions(job, "full")) << method;
    EXPECT_LT(job.content("delta", "delta.safetensors").size(), job.content("full", "model.safetensors").size() / 2);
    EXPECT_FALSE(std::filesystem::exists(job.path("delta") / "config.json"));
    auto bytes = job.content("model", "model.safetensors");
    bytes.back() ^= 1;
    std::ofstream(job.model() / "model.safetensors", std::ios::binary) << bytes;
    EXPECT_THROW(predictions(job, "delta"), Error) << "over other weights";
  }
}

TEST(Adapter, ForAnotherBaseIsRefused) {
  const TinyJob job;
  Options options = job.options("lora");
  options.max_steps = 2;
  train(options);
  // A base of another width: its embedding and encoder are narrower. The adapter's own record is taken away, so that
  // shapes alone must tell.
  std::filesystem::remove(job.path("run") / "strop.json");
  auto config = job.json("model", "config.json");
  config["intermediate_size"] = 48;
  std::filesystem::create_directories(job.path("other"));
  std::filesystem::copy(job.model() / "vocab.txt", job.path("other") / "vocab.txt");
  const auto files = std::make_shared<const WeightFiles>(job.model());
  std::map<std::string, torch::Tensor> narrow;
  std::map<std::string, TensorView> views;
  config["hidden_size"] = 16;
  for (const auto& [name, view] : files->tensors()) {
    auto tensor = to_tensor(view, files);
    for (std::int64_t axis = 0; axis < tensor.dim(); ++axis) {
      if (tensor.size(axis) == 32) tensor = tensor.narrow(axis, 0, 16);
      if (tensor.size(axis) == 64) tensor = tensor.narrow(axis, 0, 48);
    }
    narrow[name] = tensor.contiguous();
    const auto& kept = narrow[name];
    views[name] = {"F32", kept.sizes().vec(), {static_cast<const std::byte*>(kept.const_data_ptr()), kept.nbytes()}};
  }
  write_safetensors(job.path("other") / "model.safetensors", views);
  std::ofstream(job.path("other") / "config.json") << config.dump();
  const auto message = message_of(ErrorKind::model, [&] { predictions(job, "other", "run"); });
  EXPECT_TRUE(message.find("another base") != std::string::npos ||
              message.find("the model's is [") != std::string::npos)
      << message;
  Options onward = job.options("lora", "again");
  onward.model = job.path("other").string();
  onward.adapter = job.path("run").string();
  EXPECT_NE(message_of(ErrorKind::model, [&] { train(onward); }), "");
}

TEST(Base, TensorsThatAreNoPartOfTheNetworkAreNamed) {
  const TinyJob job;
  const auto files = std::make_shared<const WeightFiles>(job.model());
  auto views = files->tensors();
  views["lstm.weight"] = views.begin()->second;
  write_safetensors(job.path("more.safetensors"), views);
  std::filesystem::rename(job.path("more.safetensors"), job.model() / "model.safetensors");
  Options options = job.options("head");
  train(options);
  expect_contains(job.content("run", "strop.log"),
                  "1 tensors of the file are no part of it and are not read: lstm.weight");
}

TEST(Result, OfWeightsThatLearnedNothingIsSaid) {
  const TinyJob job;
  for (const std::string rate : {"1e-2", "1e2"}) {
    Options options = job.options("bitfit", rate);
    options.learning_rate = rate;
    train(options);
    const auto said = job.content(rate, "strop.log").find("no more than an answer that knows nothing of the rows");
    EXPECT_EQ(said != std::string::npos, rate == "1e2") << rate;
  }
}

TEST(Result, OfADetectorThatFindsNothingIsSaid) {
  BoxMetrics boxes;
  boxes.map_50 = 0.0004;
  EXPECT_EQ(unlearned(boxes), "an AP50 of 0.0");
  boxes.map_50 = 0.3;
  EXPECT_EQ(unlearned(boxes), "");
  boxes.added.emplace().novel.map_50 = 0;
  EXPECT_EQ(unlearned(boxes), "an AP50 of 0.0 of the added classes") << "whatever the others find";
  boxes.added->novel.map_50 = -1;
  EXPECT_EQ(unlearned(boxes), "") << "there are none to find";
}

// Trains an adapter, then changes a bit of a weights file of its base.
void expect_other_weights_refused(const TinyJob& job, const std::string& file) {
  Options options = job.options("lora");
  options.max_steps = 2;
  train(options);
  EXPECT_FALSE(predictions(job, "model", "run").empty());
  auto bytes = job.content("model", file);
  bytes.back() ^= 1;
  std::ofstream(job.model() / file, std::ios::binary) << bytes;
  expect_contains(message_of(ErrorKind::model, [&] { predictions(job, "model", "run"); }), "whose weights differ");
}

TEST(Adapter, OfTheSameShapeButOtherWeightsIsRefused) {
  expect_other_weights_refused(TinyJob(), "model.safetensors");
}

TEST(Adapter, OverShardsOfOtherWeightsIsRefused) {
  const TinyJob job;
  {
    const auto files = std::make_shared<const WeightFiles>(job.model());
    std::map<std::string, TensorView> shards[2];
    nlohmann::json index = {{"weight_map", nlohmann::json::object()}};
    for (const auto& [name, view] : files->tensors()) {
      const auto shard = index["weight_map"].size() % 2;
      shards[shard][name] = view;
      index["weight_map"][name] = fmt::format("model-{}.safetensors", shard);
    }
    for (int i = 0; i < 2; ++i) write_safetensors(job.model() / fmt::format("model-{}.safetensors", i), shards[i]);
    std::ofstream(job.model() / "model.safetensors.index.json") << index.dump();
  }
  std::filesystem::remove(job.model() / "model.safetensors");
  expect_other_weights_refused(job, "model-1.safetensors");
}

TEST(History, HasTheFactsThePlanAndTheResults) {
  const TinyJob job;
  Options options = job.options("head");
  options.head_solver = "ridge";
  train(options);
  std::ifstream file(cache_folder() / "runs.jsonl");
  nlohmann::json own;
  for (std::string line; std::getline(file, line);) {
    const auto run = nlohmann::json::parse(line);
    if (run.at("folder") == job.path("run").string()) own = run;
  }
  EXPECT_EQ(own.at("method"), "head");
  EXPECT_EQ(own.at("family"), "bert");
  EXPECT_EQ(own.at("splits")[0].at("rows"), 96);
  EXPECT_EQ(own.at("machine").at("threads"), 1);
  EXPECT_EQ(own.at("results"), job.json("run", "all_results.json"));
  EXPECT_EQ(own.at("plan"), job.content("run", "plan.yaml"));
  expect_contains(job.content("run", "strop.log"), "head: good: closed form (ridge), solved by stage");
}

TEST(Folder, ThatExistsOrCannotBeWritten) {
  const TinyJob job;
  Options options = job.options("head");
  std::filesystem::create_directories(job.path("run"));
  std::ofstream(job.path("run") / "mine.txt") << "precious";
  expect_contains(message_of(ErrorKind::usage, [&] { train(options); }),
                  "exists and holds files; go on with it by --resume");
  EXPECT_EQ(job.content("run", "mine.txt"), "precious");
  std::ofstream(job.path("file")) << "x";
  options.out = job.path("file").string();
  EXPECT_NE(message_of(ErrorKind::usage, [&] { train(options); }), "");
  EXPECT_EQ(read_file(job.path("file"), ErrorKind::internal), "x");
  if (::geteuid() != 0) {
    std::filesystem::create_directories(job.path("closed"));
    std::filesystem::permissions(job.path("closed"),
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    options.out = job.path("closed").string();
    expect_contains(message_of(ErrorKind::usage, [&] { train(options); }), "is not writable");
    std::filesystem::permissions(job.path("closed"), std::filesystem::perms::owner_all);
  } else {
    // Root may write anywhere but where the kernel makes the files.
    options.out = "/proc/strop-run";
    expect_contains(message_of(ErrorKind::usage, [&] { train(options); }), "cannot be made");
  }
}

TEST(Folder, TwoRunsIntoOne) {
  const TinyJob job;
  std::filesystem::create_directories(job.path("run"));
  const FolderLock other(job.path("run"));
  EXPECT_NE(message_of(ErrorKind::usage, [&] { train(job.options("head")); }), "");
  EXPECT_FALSE(std::filesystem::exists(job.path("run") / "plan.yaml"));
}

TEST(Folder, ResumeOfWhatIsCompleteOrNoRun) {
  const TinyJob job;
  Options options = job.options("head");
  options.resume = job.path("data").string();
  expect_contains(message_of(ErrorKind::usage, [&] { train(options); }), "is no run folder");
  options.resume.clear();
  train(options);
  options.resume = "newest";
  expect_contains(message_of(ErrorKind::usage, [&] { train(options); }), "complete");
}

// What a step takes follows from the number of rows.
TEST(Folder, ResumeOnOtherRowsIsRefused) {
  const TinyJob job;
  Options options = job.options("lora");
  options.max_steps = 6;
  options.save_steps = 4;
  options.eval_strategy = "no";
  train(options);
  for (const auto* file : {"report.html", "all_results.json"}) std::filesystem::remove(job.path("run") / file);
  auto rows = job.content("data", "train.csv");
  rows.erase(rows.find_last_of('\n', rows.size() - 2) + 1);
  std::ofstream(job.path("data") / "train.csv", std::ios::binary) << rows;
  Options again;
  again.resume = job.path("run").string();
  again.quiet = true;
  expect_contains(message_of(ErrorKind::usage, [&] { train(again); }),
                  "resume: the run was begun on 96 rows to train on, and now there are 95");
}

// The run's own command may stand beside --resume, another value of a key not: it would change nothing.
TEST(Folder, ResumeRefusesWhatThePlanSaysOtherwise) {
  const TinyJob job;
  Options options = job.options("lora");
  options.max_steps = 4;
  train(options);
  for (const auto* file : {"report.html", "all_results.json"}) std::filesystem::remove(job.path("run") / file);
  options.resume = "newest";
  options.num_train_epochs = 9;
  expect_contains(message_of(ErrorKind::usage, [&] { train(options); }), "num_train_epochs=9: the run in ");
  options.num_train_epochs = Options().num_train_epochs;
  const auto refused = message_of(ErrorKind::usage, [&] { train(options, {"num_train_epochs"}); });
  expect_parts(refused, {"num_train_epochs=3: the run in ", "was begun with 4", "to finish it, and then"});
  options.threads = 0;  // which the plan fills in
  options.num_train_epochs = job.options("lora").num_train_epochs;
  EXPECT_NO_THROW(train(options, {"threads", "num_train_epochs"}));
  const auto complete = message_of(ErrorKind::usage, [&] { train(options); });
  expect_parts(complete, {"complete", "strop train --model " + job.model().string() + " --adapter " +
                                          job.path("run").string(), "num_train_epochs=N"});
  Options further = job.options("lora", "further");
  further.model = job.path("run").string();
  expect_parts(message_of(ErrorKind::usage, [&] { train(further); }),
               {"holds an adapter alone", "--model " + job.model().string() + " --adapter ", "strop merge --model "});
  further.model = job.model().string();
  further.adapter = job.path("run").string();
  further.max_steps = 1;
  EXPECT_NO_THROW(train(further));
}

}  // namespace
}  // namespace strop
