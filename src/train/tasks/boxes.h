// A split of pictures with boxes as the jobs see it, and what a detector finds on it.
#pragma once

#include "data/boxes/box_maker.h"
#include "eval/coco_ap.h"
#include "models/detector.h"
#include "train/task.h"

namespace strop {

class Boxes : public TaskSplit {
 public:
  Boxes(BoxSplit split, const DecodeOptions& decode);
  std::size_t size() const override { return split_.size(); }
  // Of the first box; -1 without one.
  const std::vector<std::int32_t>& labels() const override { return labels_; }
  std::vector<std::int64_t> class_counts(std::size_t classes) const override;
  std::unique_ptr<BatchSource> source(const Opened& opened, const Options& options, bool training) const override;
  std::string text_of(std::size_t row) const override { return split_.samples[row].name; }
  std::string thumbnail_of(std::size_t row) const override;

  const BoxSplit& split() const { return split_; }

 private:
  BoxSplit split_;
  std::vector<std::int32_t> labels_;
  DecodeOptions decode_;
};

// Of so many epochs the first one of those that take pictures as they are, without partners and crops: the last 15 %,
// and of two or more at least the last.
std::int64_t unmixed_from(double epochs);

// What options.augment asks for. Error(usage): words that pictures with boxes do not take.
BoxAugmentForm box_augment_form(const Options& options);
// How training pictures are made for a detector of this form and stride, with all that the options ask for and to the
// end of training. Error(usage): multi_scale leaves too few sizes.
BoxWork training_work(const InputForm& form, std::int64_t stride, const Options& options);
// Fills in options.cache where options.multi_scale asks for none. Error(usage): the outputs of frozen layers are kept.
void settle_multi_scale(Options& options);

struct BoxAnswers {
  // Of every row, in pixels of its picture, best first within a group of classes.
  std::vector<std::vector<FoundBox>> found;
  std::vector<std::size_t> unmade;  // rows whose picture could not be made: nothing is found there, and nothing missed
};

// What is found on every row. `stops`: Ctrl-C ends it.
BoxAnswers find_boxes(const Model& model, const BoxSplit& split, BatchSource& source, torch::ScalarType precision,
                      std::int64_t batch_size, const DecodeSettings& settings, bool stops);

// The figures alone, as an evaluation in training wants them, of the rows that were made.
BoxMetrics measure_boxes(const BoxSplit& split, const BoxAnswers& answers, const std::vector<std::string>& names);
// With the confusion matrix and, where classes were added to the model, the figures of old and new ones.
BoxMetrics measure_boxes_fully(const Model& model, const BoxSplit& split, const BoxAnswers& answers);

// The labels that the model had before classes were added to it last; empty: none were.
std::vector<std::int32_t> known_labels(const Model& model);

}  // namespace strop
