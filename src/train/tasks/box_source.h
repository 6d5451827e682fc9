// Pictures with boxes as batches: `pixels`, N x 3 x height x width in fp32, channels-last, normalised; and `targets`
// (models/detector.h), as many rows as the sample of the batch with the most boxes has, at least one.
#pragma once

#include <deque>
#include <memory>

#include "data/boxes/box_maker.h"
#include "train/batch_source.h"
#include "train/tasks/picture_faults.h"

namespace strop {

class BoxSource : public BatchSource {
 public:
  // `split` must outlive it. `threads` decode. `views`: augmented views of a sample that a cache holds. `strict`: a damaged
  // picture is Error(data); else it counts nowhere.
  BoxSource(const BoxSplit& split, const BoxWork& work, std::int64_t views, int threads, bool strict);

  std::size_t size() const override { return split_.size(); }
  std::size_t first_block() const override { return 0; }
  std::int64_t rows_at_once() const override { return kPicturesAtOnce; }
  const std::vector<std::int64_t>& lengths() const override { return lengths_; }
  // 0: all rows are alike to the sampler; -1: a picture that could not be made.
  const std::vector<std::int32_t>& labels() const override { return labels_; }
  std::int64_t views() const override { return augmented_ ? views_ : 1; }
  std::int64_t fresh_views() const override { return augmented_ ? std::int64_t{1} << 40 : 1; }
  State make(std::span<const std::int64_t> samples, std::int64_t view) override;
  void prefetch(std::vector<Samples> batches, std::int64_t view) override;
  std::string fault_of(std::size_t row) const override { return faults_.of(row); }
  std::vector<std::string> findings() const override;

 private:
  const BoxSplit& split_;
  InputForm form_;
  bool augmented_, strict_;
  std::int64_t views_;
  std::int64_t made_boxes_ = 0, lost_boxes_ = 0;  // of the inputs handed out
  ImageLoader loader_;
  std::vector<std::int64_t> lengths_;
  std::vector<std::int32_t> labels_;
  PictureFaults faults_;
  std::deque<Samples> expected_;                // asked for ahead, in order
  std::int64_t expected_view_ = -1;
  PictureBatch batch_;
};

}  // namespace strop
