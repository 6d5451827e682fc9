// Pictures with boxes as batches: `pixels`, N x 3 x height x width in fp32, channels-last, normalised; and `targets`
// (models/detector.h), as many rows as the sample of the batch with the most boxes has, at least one.
#pragma once

#include <deque>
#include <memory>
#include <set>

#include "data/boxes/box_maker.h"
#include "train/batch_source.h"
#include "train/tasks/picture_faults.h"

namespace strop {

class BoxSource : public BatchSource {
 public:
  // `split` must outlive it. Inputs are squares of work.form, or of a step's side where work.sides vary and begin_steps
  // was called. `threads` decode. `views`: augmented views of a sample that a cache holds. `strict`: a damaged picture
  // is Error(data); else it counts nowhere. `at_once`: rows_at_once().
  BoxSource(const BoxSplit& split, const BoxWork& work, std::int64_t views, int threads, bool strict,
            std::int64_t at_once = kPicturesAtOnce);

  std::size_t size() const override { return split_.size(); }
  std::size_t first_block() const override { return 0; }
  std::int64_t rows_at_once() const override { return at_once_; }
  const std::vector<std::int64_t>& lengths() const override { return lengths_; }
  // 0: all rows are alike to the sampler; -1: a picture that could not be made.
  const std::vector<std::int32_t>& labels() const override { return labels_; }
  std::int64_t views() const override { return augmented_ ? views_ : 1; }
  std::int64_t fresh_views() const override { return augmented_ || work_.sides.vary() ? std::int64_t{1} << 40 : 1; }
  State make(std::span<const std::int64_t> samples, std::int64_t view) override;
  void prefetch(std::vector<Samples> batches, std::int64_t view) override;
  std::int64_t steps_alike() const override { return work_.sides.vary() ? InputSides::kSteps : 0; }
  void begin_steps(std::int64_t step) override { step_ = step; }
  const InputSides& sides() const { return work_.sides; }
  std::string fault_of(std::size_t row) const override { return faults_.of(row); }
  std::vector<std::string> findings() const override;

 private:
  // Begins with these batches, whose inputs get the side of the step.
  void start(std::vector<Samples> batches, std::int64_t view);

  const BoxSplit& split_;
  BoxWork work_;  // with the side of the inputs that are being made
  int own_side_;
  bool augmented_, strict_;
  std::int64_t views_, at_once_;
  int threads_;
  std::int64_t step_ = -1;  // -1: evaluation, or a look at the data before training
  std::int64_t made_boxes_ = 0, lost_boxes_ = 0, copied_boxes_ = 0;  // of the inputs handed out
  std::set<int> used_sides_;
  std::unique_ptr<ImageLoader> loader_;
  std::vector<std::int64_t> lengths_;
  std::vector<std::int32_t> labels_;
  PictureFaults faults_;
  std::deque<Samples> expected_;  // asked for ahead, in order
  std::int64_t expected_view_ = -1;
  PictureBatch batch_;
};

}  // namespace strop
