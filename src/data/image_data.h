// Labelled pictures: folders of classes, tar archives of such, CSV files of paths and labels, MNIST's idx files.
//
// Nothing is decoded here and nothing but compressed archives and idx files is held in memory; ImageLoader
// (image_loader.h) does the rest.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/byte_range.h"
#include "image/prepare.h"
#include "strop/options.h"

namespace strop {

struct ImageSample {
  std::string name;  // the path, "archive.tar:member" or "images-idx3-ubyte[17]"
  ByteRange bytes;
  int raw_width = 0, raw_height = 0;  // above 0: raw grey pixels (idx)
  std::int32_t label = -1;            // index into label_names; -1: none (prediction)
  std::uint64_t fingerprint = 0;      // of the file's bytes, where they were looked at
};

struct ImageSplit {
  std::string origin;  // the folder or file; "" where there is no such split
  std::vector<ImageSample> samples;
  std::size_t size() const { return samples.size(); }
  bool empty() const { return samples.empty(); }
  std::vector<std::int32_t> labels() const;
};

struct SkippedPicture {
  std::string name;
  std::string reason;  // for a person; begins with the name
};

struct ImageData {
  ImageSplit train, validation, test;
  std::vector<std::string> label_names;  // folders: sorted by bytes, as torchvision does; idx: numbers
  std::vector<std::int64_t> groups;      // of training, by which copies of a picture belong together; empty: none do
  std::vector<SkippedPicture> skipped;   // damaged, unreadable, of an unknown format
  std::vector<std::string> notes;        // choices made and problems found, in plain words, to be printed
};

struct ImageReading {
  bool strict = false;  // a picture that can't be used is an Error, not skipped
  bool check = true;    // look at every file before training: reads all of them once
  int threads = 1;      // for the check
  DecodeOptions decode = {};
};

// Whether options.data (file or folder) holds pictures that load_image_data reads: tells tasks apart. Looks at names
// only, at most at some thousand of them.
bool looks_like_image_data(const std::string& path);

// The splits that options.data, validation_file and test_file name:
//  - a folder (or tar, tar.gz) of train/ validation|valid|val|dev/ test/, each with a folder a class; or of classes
//    alone. Deeper folders belong to their class, hidden files are left out, loops of links are cut;
//  - a CSV, TSV or JSON lines file of paths (relative to it) and labels, or a folder with train.csv ... or
//  metadata.csv;
//    columns image= and label=, else known names;
//  - a folder with train-images-idx3-ubyte ... and t10k-..., each also .gz.
// Without a validation split a stratified share val_size is held out, copies of a picture on one side;
// max_train_samples cuts training by class. All is
// Error(data) with what to do: no pictures, a single class, one that training lacks, a split whose every picture is
// unusable.
ImageData load_image_data(const Options& options, const ImageReading& reading);

// Pictures to predict on, without labels: a picture file, a folder (all below it, sorted by path), a tar, an idx file
// or a table of paths. What can't be used goes into `skipped`.
ImageSplit load_prediction_pictures(const std::string& path, const Options& options, const ImageReading& reading,
                                    std::vector<SkippedPicture>& skipped);

// Labelled pictures to evaluate on: the test split, else validation, else everything. Labels are indices of
// `label_names` (the model's); another one is Error(data).
ImageSplit load_evaluation_pictures(const Options& options, const std::vector<std::string>& label_names,
                                    const ImageReading& reading, std::vector<SkippedPicture>& skipped,
                                    std::vector<std::string>& notes);

// The file's bytes as a source for PictureMaker; `held` keeps them alive.
PictureSource source_of(const ImageSample& sample, HeldBytes& held);

}  // namespace strop
