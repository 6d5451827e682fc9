// Pictures on their way to the network: read, decoded, augmented and normalised in threads, ahead of the consumer.
//
//   ImageLoader loader(data.train, maker, config);
//   loader.start(sampler.epoch_batches(epoch)'s samples, epoch);
//   for (PictureBatch batch; loader.next(batch);) step(batch.pixels, batch.samples);
//
// Batches come in the order asked for and hold their samples in order; everything random is keyed by (seed, epoch,
// sample). So neither the number of threads nor their luck changes a bit.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "data/image_data.h"
#include "image/prepare.h"
#include "image/rect.h"

namespace strop {

struct LoaderConfig {
  int threads = 1;       // that decode; the consumer's thread only waits
  int ahead = 4;         // batches made before they are asked for; memory: that many of them
  bool training = true;  // random crops and changes; false: the evaluation transform
  PixelLayout layout = PixelLayout::hwc;
  std::uint64_t seed = 42;
};

// The boxes of one input.
struct InputBoxes {
  std::vector<TrueBox> boxes;  // in pixels of the input
  std::int64_t lost = 0;       // those that random changes left out
  std::int64_t copied = 0;     // of `boxes`, those laid on it from other pictures
};

// Makes one sample's inputs; immutable, so threads share it. What is random is keyed by (seed, epoch, sample).
class SampleMaker {
 public:
  virtual ~SampleMaker() = default;
  virtual std::size_t floats() const = 0;  // of a sample's pixels
  // Fills the pixels, and the boxes where the samples have some. Error: this sample can't be made.
  virtual void make(std::int64_t sample, std::int64_t epoch, float* pixels, InputBoxes& boxes) const = 0;
  virtual const std::string& name_of(std::int64_t sample) const = 0;
};

struct PictureBatch {
  std::vector<std::int64_t> samples;   // indices into the split, those that could be made
  std::vector<InputBoxes> boxes;       // theirs; empty in sets of labels
  std::vector<float> pixels;           // theirs: [samples][3 * height * width] in the layout asked for
  std::vector<SkippedPicture> failed;  // damaged files that the check did not find
  std::size_t size() const { return samples.size(); }
};

class ImageLoader {
 public:
  // `split` and `maker` must outlive the loader.
  ImageLoader(const ImageSplit& split, const PictureMaker& maker, const LoaderConfig& config);
  // Threads and batches ahead as LoaderConfig has them.
  ImageLoader(std::unique_ptr<const SampleMaker> maker, int threads, int ahead);
  ~ImageLoader();
  ImageLoader(const ImageLoader&) = delete;
  ImageLoader& operator=(const ImageLoader&) = delete;

  // Begins to make these batches, dropping what is left of earlier ones. `epoch` is part of the random key: an epoch,
  // or a view of a cached sample.
  void start(std::vector<std::vector<std::int64_t>> batches, std::int64_t epoch);

  // Waits for the next batch; false behind the last. `batch`'s memory is used again, so hand in the same object. What a
  // thread could not go on from (out of memory) is thrown here; a damaged file is not an error but a line in `failed`.
  bool next(PictureBatch& batch);

 private:
  class Workshop;
  std::unique_ptr<Workshop> workshop_;
};

}  // namespace strop
