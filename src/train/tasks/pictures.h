// A split of pictures as the jobs see it.
#pragma once

#include "data/image_data.h"
#include "train/task.h"

namespace strop {

class Pictures : public TaskSplit {
 public:
  Pictures(ImageSplit split, const DecodeOptions& decode);
  std::size_t size() const override { return split_.size(); }
  const std::vector<std::int32_t>& labels() const override { return labels_; }
  std::unique_ptr<BatchSource> source(const Opened& opened, const Options& options, bool training) const override;
  std::string text_of(std::size_t row) const override { return split_.samples[row].name; }
  std::string thumbnail_of(std::size_t row) const override;

  const ImageSplit& split() const { return split_; }

 private:
  ImageSplit split_;
  std::vector<std::int32_t> labels_;
  DecodeOptions decode_;
};

// What the planner asks: the seconds to make a row for training and for evaluation, measured on some, and what each
// block takes and holds (train/measure_blocks.h), by one row sent through the network, or by eight (two under a limit
// on memory) where more than the last block trains.
void add_picture_facts(PlanFacts& facts, const Opened& opened, const TaskSplit& split, BatchSource& train,
                       const Options& options);

// A file of weights that says no mean and std leaves them to a guess by its keys. Where the stored head is surer of 16
// training pictures under another usual normalisation, that is said. Empty where the files or the options say the form.
std::vector<std::string> doubts_about_form(const Opened& opened, const Options& options, const ImageSplit& train);

}  // namespace strop
