// A file of weights that names no mean and std: its own head is asked, and a person is told where it likes others
// better.
#include <torch/types.h>

#include "errors.h"
#include "models/family.h"
#include "train/picture_data.h"
#include "train/task.h"
#include "train/tiny_job.h"
#include "train/write_files.h"

namespace strop {
namespace {

using torch::Tensor;
namespace fs = std::filesystem;

constexpr std::int64_t kRows = 10;  // of the stored head
const InputForm kImageNet;
constexpr std::array<float, 3> kHalf = {0.5F, 0.5F, 0.5F};  // what the family of the tiny model takes for granted

class Doubts : public testing::Test {
 protected:
  Doubts() {
    write_pictures(job_.path("pictures"), {"cat", "dog", "owl"}, 6);
    fs::create_directories(base());
    auto config = nlohmann::json::parse(read_file(tiny_picture_model() / "config.json", ErrorKind::internal));
    config["id2label"] = nlohmann::json::object();
    for (std::int64_t i = 0; i < kRows; ++i) config["id2label"][std::to_string(i)] = "row " + std::to_string(i);
    write_file_atomic(base() / "config.json", config.dump());
    fs::copy(tiny_picture_model() / "model.safetensors", base() / "model.safetensors");
    const Tensor half = features(kHalf, kHalf), imagenet = features(kImageNet.mean, kImageNet.std);
    // The plane between the features under the one form (-1) and under the other (1).
    const Tensor ones = torch::ones({half.size(0), 1});
    const Tensor rows = at::cat({at::cat({half, ones}, 1), at::cat({imagenet, ones}, 1)});
    plane_ = std::get<0>(at::linalg_lstsq(rows, at::cat({-ones, ones}))).flatten();
    const Tensor sides = at::matmul(rows, plane_);
    EXPECT_LT(sides.narrow(0, 0, half.size(0)).max().item<double>(), -0.5);
    EXPECT_GT(sides.narrow(0, half.size(0), half.size(0)).min().item<double>(), 0.5);
  }

  fs::path base() const { return job_.path("base"); }
  Options options() const {
    auto options = job_.options("head");
    options.model = base().string();
    options.data = job_.path("pictures").string();
    return options;
  }
  // A head whose first row says by how far, times `scale`, a picture lies on ImageNet's side; the others say nothing.
  void store_head(double scale) const {
    auto tensors = open_model(tiny_picture_model(), {}).model->tensors();
    const auto width = plane_.numel() - 1;
    const Tensor weight = torch::zeros({kRows, width}), bias = torch::zeros({kRows});
    weight[0] = scale * plane_.narrow(0, 0, width);
    bias[0] = scale * plane_[width];
    tensors["classifier.weight"] = weight;
    tensors["classifier.bias"] = bias;
    write_tensors_file(base() / "model.safetensors", tensors);
  }
  std::vector<std::string> doubts(const Options& options) const {
    const auto& task = find_task(kImageClassification);
    const auto data = task.load(options);
    return task.doubts(open_for_training(options, data.label_names), options, data);
  }

  TinyJob job_;

 private:
  // Of the training pictures, as the head would read them.
  Tensor features(const std::array<float, 3>& mean, const std::array<float, 3>& std) const {
    torch::NoGradGuard no_grad;
    const auto& task = find_task(kImageClassification);
    const auto data = task.load(options());
    const auto opened = open_for_training(options(), data.label_names);
    opened.model->input_form->mean = mean;
    opened.model->input_form->std = std;
    BatchSource::Samples all(data.train->size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
    State state = data.train->source(opened, options(), false)->make(all, 0);
    opened.model->forward(state, Pass{}, 0, opened.model->size() - 1);
    return state.at("pooled").to(torch::kFloat).clone();
  }

  Tensor plane_;
};

TEST_F(Doubts, AHeadThatIsSureUnderAnotherForm) {
  store_head(12);
  const auto found = doubts(options());
  ASSERT_EQ(found.size(), 1U);
  expect_parts(found[0], {"input form", "ImageNet's", "mean=0.485,0.456,0.406 std=0.229,0.224,0.225"});
}

TEST_F(Doubts, AHeadThatIsSureUnderItsOwn) {
  store_head(-12);
  EXPECT_TRUE(doubts(options()).empty());
}

// Twice as sure under the other form, and still of nothing.
TEST_F(Doubts, AHeadThatIsSureOfNothing) {
  store_head(1.2);
  EXPECT_TRUE(doubts(options()).empty());
}

TEST_F(Doubts, AFormThatIsSaid) {
  store_head(12);
  auto said = options();
  said.mean = said.std = "0.5";
  EXPECT_TRUE(doubts(said).empty()) << "by keys";
  write_file_atomic(base() / "preprocessor_config.json",
                    R"({"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]})");
  EXPECT_TRUE(doubts(options()).empty()) << "by the model's files";
}

TEST_F(Doubts, AreSaidByTheJob) {
  store_head(12);
  auto some = options();
  some.max_steps = 1;
  testing::internal::CaptureStderr();
  train(some);
  expect_parts(testing::internal::GetCapturedStderr(), {"input form: the file names no mean and std"});
}

}  // namespace
}  // namespace strop
