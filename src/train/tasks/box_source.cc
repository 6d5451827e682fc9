#include "train/tasks/box_source.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>

#include "core/text.h"
#include "models/detector.h"

namespace strop {
namespace {

constexpr int kBatchesAhead = 2;

}  // namespace

BoxSource::BoxSource(const BoxSplit& split, const BoxWork& work, std::int64_t views, int threads, bool strict,
                     std::int64_t at_once)
    : split_(split),
      work_(work),
      own_side_(work.form.width),
      augmented_(work.augment != BoxAugmentForm{}),
      strict_(strict),
      views_(views),
      at_once_(at_once),
      threads_(threads),
      lengths_(split.size(), 1),
      labels_(split.size(), 0) {
  if (work_.augment.copy > 0) work_.copies = std::make_shared<CopySources>(split);
}

// One loader at a time: each holds batches that are as large as its inputs.
void BoxSource::start(std::vector<Samples> batches, std::int64_t view) {
  auto& form = work_.form;
  const int side = work_.sides.vary() && step_ >= 0 && view < work_.mixing_ends ? work_.sides.at(step_) : own_side_;
  if (!loader_ || side != form.width) {
    if (side != form.width) form.width = form.height = side;
    loader_.reset();
    loader_ = std::make_unique<ImageLoader>(std::make_unique<BoxMaker>(split_, work_), threads_, kBatchesAhead);
  }
  loader_->start(std::move(batches), view);
}

void BoxSource::prefetch(std::vector<Samples> batches, std::int64_t view) {
  expected_.assign(batches.begin(), batches.end());
  expected_view_ = view;
  start(std::move(batches), view);
}

State BoxSource::make(std::span<const std::int64_t> samples, std::int64_t view) {
  const bool ready = !expected_.empty() && view == expected_view_ && std::ranges::equal(expected_.front(), samples);
  if (ready) {
    expected_.pop_front();
  } else {
    expected_.clear();
    start({{samples.begin(), samples.end()}}, view);
  }
  loader_->next(batch_);
  faults_.note(batch_, samples, strict_, labels_);
  const auto count = static_cast<std::int64_t>(samples.size());
  const auto& form = work_.form;
  if (step_ >= 0) used_sides_.insert(form.width);
  torch::Tensor pixels = torch::zeros({count, form.height, form.width, 3});
  std::size_t most = 1;
  for (const auto& one : batch_.boxes) {
    most = std::max(most, one.boxes.size());
    made_boxes_ += static_cast<std::int64_t>(one.boxes.size());
    lost_boxes_ += one.lost;
    copied_boxes_ += one.copied;
  }
  torch::Tensor targets = torch::full({count, static_cast<std::int64_t>(most), 5}, -1.0F);
  const std::size_t floats = 3 * static_cast<std::size_t>(form.height) * static_cast<std::size_t>(form.width);
  std::size_t made = 0;
  for (std::size_t i = 0; i < samples.size() && made < batch_.size(); ++i) {
    if (batch_.samples[made] != samples[i]) continue;
    std::copy_n(batch_.pixels.data() + made * floats, floats, pixels.data_ptr<float>() + i * floats);
    auto* row = targets.data_ptr<float>() + i * most * 5;
    for (const auto& box : batch_.boxes[made].boxes) {
      const std::array<double, 5> numbers = {static_cast<double>(box.label), box.rect.x + box.rect.width / 2,
                                             box.rect.y + box.rect.height / 2, box.rect.width, box.rect.height};
      row =
          std::transform(numbers.begin(), numbers.end(), row, [](double number) { return static_cast<float>(number); });
    }
    ++made;
  }
  State state;
  state.set("pixels", pixels.permute({0, 3, 1, 2}));
  state.set(kTargets, targets);
  return state;
}

std::vector<std::string> BoxSource::findings() const {
  auto lines = faults_.summary();
  if (lost_boxes_ > 0) {
    lines.push_back(
        fmt::format("augment: {} of {} boxes lay outside of the inputs that were made, or almost, and were left out",
                    lost_boxes_, made_boxes_ - copied_boxes_ + lost_boxes_));
  }
  if (copied_boxes_ > 0)
    lines.push_back(fmt::format("augment: {} boxes were copied onto other pictures", copied_boxes_));
  if (work_.sides.vary() && !used_sides_.empty()) {
    std::vector<std::string> sides;
    for (const int side : used_sides_) sides.push_back(std::to_string(side));
    lines.push_back(fmt::format("multi_scale: training inputs had sides of {} pixels", join(sides, ", ")));
  }
  return lines;
}

}  // namespace strop
