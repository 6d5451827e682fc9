#include "data/image_loader.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "core/error.h"
#include "core/rng.h"

namespace strop {

namespace {

// A labelled picture.
class LabelledMaker : public SampleMaker {
 public:
  LabelledMaker(const ImageSplit& split, const PictureMaker& maker, const LoaderConfig& config)
      : split_(split), maker_(maker), config_(config) {}

  std::size_t floats() const override {
    return 3 * static_cast<std::size_t>(maker_.form().width) * static_cast<std::size_t>(maker_.form().height);
  }
  const std::string& name_of(std::int64_t sample) const override {
    return split_.samples[static_cast<std::size_t>(sample)].name;
  }
  void make(std::int64_t sample, std::int64_t epoch, float* pixels, InputBoxes&) const override {
    HeldBytes held;
    const PictureSource source = source_of(split_.samples[static_cast<std::size_t>(sample)], held);
    const Rng rng(config_.seed, RngUse::augment,
                  {static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(sample)});
    const Picture picture = config_.training ? maker_.training(source, rng) : maker_.evaluation(source);
    to_floats(picture.view(), maker_.form(), config_.layout, pixels);
  }

 private:
  const ImageSplit& split_;
  const PictureMaker& maker_;
  const LoaderConfig config_;
};

}  // namespace

// Slots of batches in a ring. The threads take pictures in order, never beyond the ring; the consumer takes a slot
// whose pictures are all done and thereby opens it for a later batch.
class ImageLoader::Workshop {
 public:
  Workshop(std::unique_ptr<const SampleMaker> maker, int threads, int ahead)
      : maker_(std::move(maker)), slots_(static_cast<std::size_t>(std::max(ahead, 1))) {
    for (int i = 0; i < std::max(threads, 1); ++i) threads_.emplace_back([this] { work(); });
  }

  ~Workshop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_all();
  }

  void start(std::vector<std::vector<std::int64_t>> batches, std::int64_t epoch) {
    std::unique_lock lock(mutex_);
    // No new work of the old batches is taken; pictures that are being made are waited for.
    next_batch_ = batches_.size();
    done_.wait(lock, [this] { return busy_ == 0; });
    batches_ = std::move(batches);
    epoch_ = epoch;
    next_batch_ = next_item_ = consumed_ = 0;
    error_ = nullptr;
    for (auto& slot : slots_) slot.prepared = false;
    work_.notify_all();
  }

  bool next(PictureBatch& batch) {
    std::unique_lock lock(mutex_);
    if (consumed_ == batches_.size()) return false;
    Slot& slot = slots_[consumed_ % slots_.size()];
    done_.wait(lock, [&] { return error_ != nullptr || (slot.prepared && slot.left == 0); });
    if (error_ != nullptr) std::rethrow_exception(error_);
    finish(slot, batch);
    slot.prepared = false;
    ++consumed_;
    // Behind the last batch nobody may ask for more: a cached prefix never does.
    if (consumed_ == batches_.size())
      for (auto& one : slots_) one = {};
    work_.notify_all();
    return true;
  }

 private:
  struct Slot {
    bool prepared = false;
    std::size_t left = 0;  // pictures to be made
    std::vector<float> pixels;
    std::vector<InputBoxes> boxes;
    std::vector<std::string> faults;  // "" where the picture is good
  };
  struct Task {
    std::size_t batch = 0, item = 0;
  };

  // Under the lock: whether a picture may be begun.
  bool has_task() const { return next_batch_ < batches_.size() && next_batch_ < consumed_ + slots_.size(); }

  // Under the lock: the next picture and the slot of its batch.
  std::pair<Task, Slot*> take_task() {
    Slot& slot = slots_[next_batch_ % slots_.size()];
    const std::size_t size = batches_[next_batch_].size();
    if (next_item_ == 0) {
      slot.prepared = true;
      slot.left = size;
      slot.pixels.resize(size * maker_->floats());
      slot.boxes.assign(size, {});
      slot.faults.assign(size, "");
    }
    const Task task{next_batch_, next_item_++};
    if (next_item_ >= size) ++next_batch_, next_item_ = 0;
    return {task, &slot};
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      work_.wait(lock, [this] { return stopping_ || has_task(); });
      if (stopping_) return;
      bool batch_done = false;
      try {
        const auto [task, slot] = take_task();
        if (slot->left > 0) work_on(task, *slot, lock);
        batch_done = slot->left == 0;
      } catch (...) {
        error_ = std::current_exception();
        next_batch_ = batches_.size();
      }
      // start() waits for the last of the old batches, next() for its batch or an error.
      if (batch_done || next_batch_ == batches_.size()) done_.notify_all();
    }
  }

  // Makes a picture without holding the lock.
  void work_on(const Task& task, Slot& slot, std::unique_lock<std::mutex>& lock) {
    ++busy_;
    lock.unlock();
    std::exception_ptr error;
    try {
      make(task, slot);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    --busy_;
    --slot.left;
    if (error != nullptr) std::rethrow_exception(error);
  }

  void make(const Task& task, Slot& slot) const {
    try {
      maker_->make(batches_[task.batch][task.item], epoch_, slot.pixels.data() + task.item * maker_->floats(),
                   slot.boxes[task.item]);
    } catch (const Error& fault) {
      slot.faults[task.item] = fault.what();
    }
  }

  // Closes the gaps of pictures that failed.
  void finish(Slot& slot, PictureBatch& batch) {
    const auto& wanted = batches_[consumed_];
    const auto floats = maker_->floats();
    batch.samples.clear(), batch.boxes.clear(), batch.failed.clear();
    for (std::size_t item = 0; item < wanted.size(); ++item) {
      if (!slot.faults[item].empty()) {
        batch.failed.push_back({maker_->name_of(wanted[item]), slot.faults[item]});
        continue;
      }
      if (batch.size() < item) {
        std::copy_n(slot.pixels.begin() + static_cast<std::ptrdiff_t>(item * floats), floats,
                    slot.pixels.begin() + static_cast<std::ptrdiff_t>(batch.size() * floats));
      }
      batch.samples.push_back(wanted[item]);
      batch.boxes.push_back(std::move(slot.boxes[item]));
    }
    slot.pixels.resize(batch.size() * floats);
    std::swap(batch.pixels, slot.pixels);
  }

  std::unique_ptr<const SampleMaker> maker_;
  std::mutex mutex_;
  std::condition_variable work_, done_;
  std::vector<Slot> slots_;
  std::vector<std::vector<std::int64_t>> batches_;
  std::int64_t epoch_ = 0;
  std::size_t next_batch_ = 0, next_item_ = 0;  // the next picture to be made
  std::size_t consumed_ = 0;                    // batches handed out
  int busy_ = 0;                                // pictures being made
  bool stopping_ = false;
  std::exception_ptr error_;
  std::vector<std::jthread> threads_;  // last: they end before what they use
};

ImageLoader::ImageLoader(const ImageSplit& split, const PictureMaker& maker, const LoaderConfig& config)
    : ImageLoader(std::make_unique<LabelledMaker>(split, maker, config), config.threads, config.ahead) {}

ImageLoader::ImageLoader(std::unique_ptr<const SampleMaker> maker, int threads, int ahead)
    : workshop_(std::make_unique<Workshop>(std::move(maker), threads, ahead)) {}

ImageLoader::~ImageLoader() = default;

void ImageLoader::start(std::vector<std::vector<std::int64_t>> batches, std::int64_t epoch) {
  workshop_->start(std::move(batches), epoch);
}

bool ImageLoader::next(PictureBatch& batch) { return workshop_->next(batch); }

}  // namespace strop
