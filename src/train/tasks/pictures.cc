#include "train/tasks/pictures.h"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/clock.h"
#include "core/log.h"
#include "planner/stage_length.h"
#include "train/measure_blocks.h"
#include "train/start_head.h"
#include "train/tasks/image_source.h"
#include "train/tasks/picture_gallery.h"
#include "train/tasks/picture_keys.h"
#include "tuning/method.h"

namespace strop {
namespace {

constexpr std::size_t kTimed = 16;
// Of them, that pass the blocks forward and backward: a limit on memory may leave room for few.
constexpr std::int64_t kInTraining = 8, kUnderLimit = 2;
// Mean confidence under another form over that under ours, above which ours is doubted.
constexpr double kDoubt = 1.25;
// Below that a head has seen nothing like these pictures, and which form it likes better says nothing.
constexpr double kSure = 0.4;

// Some rows, spread over data that may be sorted.
BatchSource::Samples spread_rows(std::size_t count) {
  BatchSource::Samples rows(std::min(kTimed, count));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i * count / rows.size());
  return rows;
}

}  // namespace

Pictures::Pictures(ImageSplit split, const DecodeOptions& decode)
    : split_(std::move(split)), labels_(split_.labels()), decode_(decode) {}

std::unique_ptr<BatchSource> Pictures::source(const Opened& opened, const Options& options, bool training) const {
  ImageWork work;
  work.form = *opened.model->input_form;
  if (training) work.augment = augment_form(options);
  work.decode = decode_options(options);
  work.seed = static_cast<std::uint64_t>(options.seed);
  work.views = std::max<std::int64_t>(1, options.views);
  work.at_once = pictures_at_once(opened.model->picture_tokens);
  work.threads = at::get_num_threads();
  work.strict = options.strict;
  if (training && options.progressive_resizing > 0) {
    work.smallest = options.progressive_resizing;
    const double epochs = epochs_of(options, static_cast<double>(split_.size()));
    work.full_size_at = full_size_from(epochs);
  }
  return std::make_unique<ImageSource>(split_, work);
}

std::string Pictures::thumbnail_of(std::size_t row) const {
  try {
    HeldBytes held;
    return thumbnail_uri(decode_source(source_of(split_.samples[row], held), decode_).view());
  } catch (const Error&) {  // it went bad or away since: the page says its name
    return "";
  }
}

namespace {

// The lowest block whose output a stage of the method keeps for a backward pass.
std::size_t lowest_in_training(const ModelFacts& model, const Options& options) {
  auto lowest = model.head_begin;
  if (options.method == "auto") return lowest;  // tunes the head
  for (const auto& stage : find_method(options.method).stages(model, options)) {
    const auto cut = std::ranges::find(model.blocks, stage.cut, &BlockFacts::name);
    lowest = std::min(lowest, static_cast<std::size_t>(cut - model.blocks.begin()));
  }
  return lowest;
}

}  // namespace

namespace {

double seconds_of_a_row(BatchSource& source, const BatchSource::Samples& rows) {
  const Stopwatch watch;
  source.make(rows, 0);
  return watch.seconds() / static_cast<double>(rows.size());
}

}  // namespace

void add_picture_facts(PlanFacts& facts, const Opened& opened, const TaskSplit& split, BatchSource& train,
                       const Options& options) {
  facts.pictures = true;
  const auto rows = spread_rows(train.size());
  if (rows.empty()) return;
  facts.input_seconds = seconds_of_a_row(train, rows);
  facts.evaluation_input_seconds = seconds_of_a_row(*split.source(opened, options, false), rows);
  const State made = train.make(rows, train.fresh_views() - 1);  // as large as they become
  const auto& pixels = made.at("pixels");
  facts.input_bytes = 4 * static_cast<double>(pixels.numel() / pixels.size(0)) * 3;  // the batch at work, two ahead
  // The last block alone costs nothing beside those below, which one picture times well enough.
  const auto lowest = lowest_in_training(facts.model, options);
  const auto some = options.memory.empty() ? kInTraining : kUnderLimit;
  const auto samples = std::min(lowest + 1 < opened.model->size() ? some : 1, pixels.size(0));
  State state;
  for (const auto& [name, tensor] : made.tensors()) state.set(name, tensor.narrow(0, 0, samples));
  measure_blocks(facts.model.blocks, *opened.model, state, samples, lowest, !options.freeze_bn);
}

namespace {

struct Normalisation {
  const char* words;
  const char* keys;
  std::array<float, 3> mean, std;
};

const std::array<Normalisation, 2>& usual_ones() {
  static const std::array<Normalisation, 2> list = {{
      {"ImageNet's", "mean=0.485,0.456,0.406 std=0.229,0.224,0.225", InputForm{}.mean, InputForm{}.std},
      {"0.5 and 0.5", "mean=0.5 std=0.5", {0.5F, 0.5F, 0.5F}, {0.5F, 0.5F, 0.5F}},
  }};
  return list;
}

// The mean of the largest probability that the stored head gives to some training pictures in this form.
double confidence(const Model& model, const PretrainedHead& head, const ImageSplit& train, const ImageWork& work) {
  ImageSource source(train, work);
  State state = source.make(spread_rows(train.size()), 0);
  const auto last = model.size() - 1;
  model.forward(state, Pass{}, 0, last);
  auto logits = at::matmul(state.at(model.live_at(last)[0].name).to(torch::kFloat), head.weight.t());
  if (head.bias.defined()) logits = logits + head.bias;
  return std::get<0>(at::softmax(logits, 1).max(1)).mean().item<double>();
}

}  // namespace

std::vector<std::string> doubts_about_form(const Opened& opened, const Options& options, const ImageSplit& train) {
  const auto& config = opened.model->config();
  const bool said = says_normalisation(options) ||
                    std::filesystem::exists(opened.base_folder / "preprocessor_config.json") ||
                    config.value("pretrained_cfg", nlohmann::json::object()).contains("mean");
  const auto head = said ? std::nullopt : stored_head(opened, options);
  const auto& form = *opened.model->input_form;
  if (opened.model->block(opened.model->size() - 1).layers().size() != 1) return {};  // several read a part each
  if (!head || head->weight.size(1) != opened.model->block(opened.model->size() - 1).layers().back().second->shape()[1])
    return {};
  torch::NoGradGuard no_grad;
  ImageWork work;
  work.form = form;
  work.decode = decode_options(options);
  work.threads = at::get_num_threads();
  const double ours = confidence(*opened.model, *head, train, work);
  std::vector<std::string> doubts;
  for (const auto& other : usual_ones()) {
    if (other.mean == form.mean && other.std == form.std) continue;
    work.form.mean = other.mean;
    work.form.std = other.std;
    const double theirs = confidence(*opened.model, *head, train, work);
    if (theirs < std::max(kSure, kDoubt * ours)) continue;
    doubts.push_back(
        fmt::format("input form: the file names no mean and std; its own head is {:.0f} % sure of some training "
                    "pictures as they are prepared now, and {:.0f} % with {}: if that is right, say {}",
                    100 * ours, 100 * theirs, other.words, other.keys));
  }
  return doubts;
}

}  // namespace strop
