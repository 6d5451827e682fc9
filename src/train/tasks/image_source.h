// Pictures as batches: `pixels`, N x 3 x height x width in fp32, channels-last, normalised.
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "data/image_loader.h"
#include "train/batch_source.h"
#include "train/tasks/picture_faults.h"

namespace strop {

struct ImageWork {
  InputForm form;
  AugmentForm augment;  // none: the evaluation transform
  DecodeOptions decode;
  std::uint64_t seed = 42;
  std::int64_t views = 1;                  // augmented views of a sample that a cache holds
  std::int64_t at_once = kPicturesAtOnce;  // BatchSource::rows_at_once()
  int threads = 1;                         // that decode
  bool strict = false;                     // a damaged file is Error(data); else it loses its label and counts nowhere
  // Progressive resizing of training pictures: sides of the first view over the full ones, and the view from which on
  // they are full. 1: off.
  double smallest = 1;
  std::int64_t full_size_at = 1;
};

// The epoch from which on pictures that grow have their full size: the last quarter of them, the last one at least.
std::int64_t full_size_from(double epochs);

class ImageSource : public BatchSource {
 public:
  // `split` must outlive it.
  ImageSource(const ImageSplit& split, const ImageWork& work);
  ~ImageSource() override;

  std::size_t size() const override { return split_.size(); }
  std::size_t first_block() const override { return 0; }
  std::int64_t rows_at_once() const override { return work_.at_once; }
  const std::vector<std::int64_t>& lengths() const override { return lengths_; }
  const std::vector<std::int32_t>& labels() const override { return labels_; }
  std::int64_t views() const override { return augmented() ? work_.views : 1; }
  std::int64_t fresh_views() const override { return augmented() || work_.smallest < 1 ? std::int64_t{1} << 40 : 1; }
  // Pictures that cannot be made are of the mean colour. Augmentation is keyed by (seed, view, sample).
  State make(std::span<const std::int64_t> samples, std::int64_t view) override;
  // Decodes ahead in threads.
  void prefetch(std::vector<Samples> batches, std::int64_t view) override;
  std::string fault_of(std::size_t row) const override { return faults_.of(row); }
  std::vector<std::string> findings() const override { return faults_.summary(); }

 private:
  struct Workshop;
  bool augmented() const { return work_.augment != AugmentForm{}; }
  InputForm form_of(std::int64_t view) const;
  Workshop& workshop(std::int64_t view);

  const ImageSplit& split_;
  ImageWork work_;
  std::vector<std::int64_t> lengths_;
  std::vector<std::int32_t> labels_;
  PictureFaults faults_;
  std::map<int, std::unique_ptr<Workshop>> workshops_;  // by width
  std::vector<std::shared_ptr<PictureBatch>> buffers_;  // their pixels are lent to tensors
  std::deque<Samples> expected_;                        // asked for ahead, in order
  std::int64_t expected_view_ = -1;
};

}  // namespace strop
