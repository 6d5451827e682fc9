#include "train/tasks/image_source.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace strop {
namespace {

constexpr int kAhead = 2;    // batches: more would only cost memory, since all come at one rate
constexpr int kStride = 32;  // sizes are multiples of what networks divide by

}  // namespace

std::int64_t full_size_from(double epochs) { return std::llround(std::min(0.75 * epochs, std::ceil(epochs) - 1)); }

struct ImageSource::Workshop {
  PictureMaker maker;
  ImageLoader loader;

  Workshop(const ImageSplit& split, const InputForm& form, const ImageWork& work, bool training)
      : maker(form, work.augment, work.decode),
        loader(split, maker, {.threads = work.threads, .ahead = kAhead, .training = training, .seed = work.seed}) {}
};

ImageSource::ImageSource(const ImageSplit& split, const ImageWork& work)
    : split_(split), work_(work), lengths_(split.size(), 1), labels_(split.labels()) {}

ImageSource::~ImageSource() = default;

InputForm ImageSource::form_of(std::int64_t view) const {
  InputForm form = work_.form;
  if (work_.smallest >= 1 || view >= work_.full_size_at) return form;
  const double share =
      work_.smallest + (1 - work_.smallest) * static_cast<double>(view) / static_cast<double>(work_.full_size_at);
  const auto scaled = [&](int side) {
    return std::min(side, std::max(kStride, static_cast<int>(std::lround(share * side / kStride)) * kStride));
  };
  form.width = scaled(form.width);
  form.height = scaled(form.height);
  return form;
}

ImageSource::Workshop& ImageSource::workshop(std::int64_t view) {
  const auto form = form_of(view);
  auto& own = workshops_[form.width];
  if (!own) own = std::make_unique<Workshop>(split_, form, work_, augmented());
  return *own;
}

void ImageSource::prefetch(std::vector<Samples> batches, std::int64_t view) {
  expected_.assign(batches.begin(), batches.end());
  expected_view_ = view;
  workshop(view).loader.start(std::move(batches), view);
}

State ImageSource::make(std::span<const std::int64_t> samples, std::int64_t view) {
  auto& own = workshop(view);
  const bool ready = !expected_.empty() && view == expected_view_ && std::ranges::equal(expected_.front(), samples);
  if (ready) {
    expected_.pop_front();
  } else {
    expected_.clear();
    own.loader.start({{samples.begin(), samples.end()}}, view);
  }
  const auto unused = [](const auto& one) { return one.use_count() == 1; };
  auto buffer = std::find_if(buffers_.begin(), buffers_.end(), unused);
  if (buffer == buffers_.end()) buffer = buffers_.insert(buffers_.end(), std::make_shared<PictureBatch>());
  const std::shared_ptr<PictureBatch> batch = *buffer;
  own.loader.next(*batch);
  faults_.note(*batch, samples, work_.strict, labels_);

  const auto& form = own.maker.form();
  const auto count = static_cast<std::int64_t>(batch->size());
  torch::Tensor pixels = torch::from_blob(
      batch->pixels.data(), {count, form.height, form.width, 3}, [batch](void*) {}, torch::kFloat);
  if (batch->size() < samples.size()) {
    const torch::Tensor all = torch::zeros({static_cast<std::int64_t>(samples.size()), form.height, form.width, 3});
    std::int64_t made = 0;
    for (std::size_t i = 0; i < samples.size() && made < count; ++i) {
      if (batch->samples[static_cast<std::size_t>(made)] != samples[i]) continue;
      all[static_cast<std::int64_t>(i)].copy_(pixels[made++]);
    }
    pixels = all;
  }
  State state;
  state.set("pixels", pixels.permute({0, 3, 1, 2}));
  return state;
}

}  // namespace strop
