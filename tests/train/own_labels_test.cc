// The labels that a model's own files name are as many as its head has classes.
#include <torch/types.h>

#include <sstream>

#include "errors.h"
#include "models/family.h"
#include "train/box_scenes.h"
#include "train/tiny_job.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

// One label too few, or one too many.
void change(nlohmann::json& labels, bool more) {
  if (labels.is_array()) more ? labels.push_back("extra") : labels.erase(labels.size() - 1);
  else if (more) labels[std::to_string(labels.size())] = "extra";
  else labels.erase(std::to_string(labels.size() - 1));
}

void change_in(const fs::path& file, const char* key, bool more) {
  auto root = nlohmann::json::parse(read_file(file, ErrorKind::model));
  change(root.at(key), more);
  write_file_atomic(file, root.dump());
}

TEST(OwnLabels, OfConfigAreAsManyAsTheHeadHas) {
  for (const auto* base : {"yolos/tiny", "vit/vit", "bert_tiny", "conv/transformers_resnet"}) {
    for (const bool more : {false, true}) {
      const TempFolder folder;
      const auto model = folder.path() / "model";
      fs::copy(fs::path(STROP_SOURCE_DIR) / "tests" / "data" / base, model);
      change_in(model / "config.json", "id2label", more);
      expect_parts(message_of(ErrorKind::model, [&] { open_model(model, {}); }),
                   {(model / "config.json").string() + ": id2label: " + (more ? "4" : "2") + " labels", "3 classes"});
      ModelOptions others;
      others.label_names = {"one", "two", "three", "four", "five"};
      EXPECT_EQ(open_model(model, others).model->label_names.size(), 5U) << "a new head for other classes";
    }
  }
}

TEST(OwnLabels, OfARunAreAsManyAsTheHeadHas) {
  const TinyJob job;
  auto options = job.options("head", "texts");
  options.max_steps = 1;
  train(options);
  write_scenes(job.path("scenes"), "train", 8, {"red", "green"});
  write_scenes(job.path("scenes"), "validation", 4, {"red", "green"});
  write_scenes(job.path("more"), "train", 8, {"blue"}, 2);
  write_scenes(job.path("more"), "validation", 4, {"blue"}, 2);
  options = job.options("full", "boxes");
  options.model = tiny_detector().string();
  options.data = job.path("scenes").string();
  options.image_size = 64;
  options.max_steps = 1;
  train(options);
  for (const bool more : {false, true}) {
    for (const auto* run : {"texts", "boxes"}) {
      const auto record = job.content(run, "strop.json");
      change_in(job.path(run) / "strop.json", "labels", more);
      Options use;
      use.model = job.path(run).string();
      use.data = run == std::string("texts") ? job.path("data").string() : job.path("scenes").string();
      const std::vector<std::string> parts = {(job.path(run) / "strop.json").string() + ": labels: "};
      std::ostringstream out;
      expect_parts(message_of(ErrorKind::model, [&] { predict(use, out); }), parts);
      expect_parts(message_of(ErrorKind::model, [&] { evaluate(use); }), parts);
      expect_parts(message_of(ErrorKind::model, [&] { inspect(use, {}); }), parts);
      use.out = job.path("net.onnx").string();
      expect_parts(message_of(ErrorKind::model, [&] { export_model(use); }), parts);
      write_file_atomic(job.path(run) / "strop.json", record);
    }
    const auto config = job.content("boxes", "config.json");
    change_in(job.path("boxes") / "config.json", "id2label", more);
    auto added = options;
    added.model = job.path("boxes").string();
    added.data = job.path("more").string();
    added.method = "incremental";
    added.out = job.path("added").string();
    expect_parts(message_of(ErrorKind::model, [&] { train(added); }), {"config.json: id2label: ", "2 classes"});
    write_file_atomic(job.path("boxes") / "config.json", config);
  }
}

// id2label stands there, and the weights are those of the encoder alone.
TEST(OwnLabels, WithoutAHeadAreNotAsked) {
  const TinyJob job;
  const auto file = job.model() / "model.safetensors";
  auto bytes = read_file(file, ErrorKind::model);
  const std::string name = "\"classifier.", other = "\"klassifier.";
  for (auto at = bytes.find(name); at != std::string::npos; at = bytes.find(name))
    bytes.replace(at, name.size(), other);
  write_file_atomic(file, bytes);
  Options use;
  use.model = job.model().string();
  use.data = job.path("data").string();
  expect_parts(message_of(ErrorKind::model, [&] { evaluate(use); }),
               {"no head", "bad, fine, good", "classifier", "train it"});
}

}  // namespace
}  // namespace strop
