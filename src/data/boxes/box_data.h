// Pictures with boxes: COCO JSON, Pascal VOC, YOLO's text files.
//
// Nothing is decoded here but for the check; BoxMaker (box_maker.h) makes the network's inputs. What is wrong with the
// files is an Error(data) naming file and line (or the annotation), or a counted note where it can be left out: boxes
// without area are dropped, those that reach outside are cut, missing and damaged pictures are skipped. Boxes are those
// of the picture as it is shown; where the annotation gives the sides of a picture before its EXIF turn, its boxes are
// turned too.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/image_data.h"
#include "image/rect.h"

namespace strop {

enum class BoxFormat { none, coco, voc, yolo };

struct BoxSample {
  std::string name;  // path of the picture
  ByteRange bytes;
  int width = 0, height = 0;  // of the picture as it is shown (EXIF applied)
  std::int64_t image_id = 0;  // of the COCO file, else 1 .. n by name
  std::vector<TrueBox> boxes;
  std::uint64_t fingerprint = 0;  // ImageSample's
  int stored_turn = 1;            // the EXIF orientation, where its file tells of the picture before that turn
};

// Where a box of the picture as it is shown lies in the one that its file tells of.
Rect stored_rect(const Rect& box, const BoxSample& sample);

struct BoxSplit {
  std::string origin;
  std::vector<BoxSample> samples;
  std::vector<std::string> labelled = {};  // that its files tell of: not drawn there, not there
  std::map<std::string, std::int64_t> category_ids = {};  // of the classes of the COCO file that it was read from
  std::size_t size() const { return samples.size(); }
  bool empty() const { return samples.empty(); }
};

struct BoxData {
  BoxSplit train, validation, test;
  std::vector<std::string> label_names;    // those known before, then the data's: by category id, as listed, or sorted
  std::vector<std::int64_t> category_ids;  // of each label in a COCO file, where none was known before; else empty
  std::vector<std::int64_t> added_ids;     // the same of the labels beyond those known before
  std::vector<SkippedPicture> skipped;
  std::vector<std::string> notes;
};

// Whether a path (file or folder) holds boxes: COCO's JSON, a VOC folder, or YOLO's data.yaml. Looks at names and the
// first bytes of JSON files only.
bool looks_like_box_data(const std::string& path);

// The splits of options.data (validation_file, test_file):
//  - COCO: a JSON file, or a folder with *train*.json, *val*.json, *test*.json in it or in annotations/; pictures
//  beside the
//    file, in images/, in a folder named as the split or as the file;
//  - VOC: a folder with Annotations/, JPEGImages/ and ImageSets/Main/{train,val,test}.txt (without them all are
//  training);
//    labelmap.txt, where it is there, names the classes;
//  - YOLO: data.yaml, or the folder that holds it.
// Without a validation split a share val_size is held out; max_train_samples cuts training. Classes of `known` (a
// model's) keep their numbers, and boxes of them may stand in any split. Error(data).
BoxData load_box_data(const Options& options, const ImageReading& reading, const std::vector<std::string>& known = {});

// Labelled pictures to evaluate on: the test split, else validation, else all; of several, `notes` say which. Labels
// index `label_names` (empty: the split's own); boxes of others are an Error(data).
BoxSplit load_evaluation_boxes(const Options& options, const std::vector<std::string>& label_names,
                               const ImageReading& reading, std::vector<SkippedPicture>& skipped,
                               std::vector<std::string>& notes);

// The picture's bytes as a source; `held` keeps them alive.
PictureSource source_of(const BoxSample& sample, HeldBytes& held);

}  // namespace strop
