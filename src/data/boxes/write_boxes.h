// Pictures with boxes written as COCO JSON, Pascal VOC or YOLO's text files: for strop, which opens the folder again,
// and for other programs.
//
//   FOLDER/annotations/instances_train.json   FOLDER/train/*.jpg                                        COCO
//   FOLDER/Annotations/*.xml   FOLDER/JPEGImages/*.jpg   ImageSets/Main/train.txt   labelmap.txt        VOC
//   FOLDER/data.yaml   FOLDER/images/train/*.jpg   FOLDER/labels/train/*.txt                            YOLO
//
// and so for val and test. Pictures are linked where the file system can (both names are then the same file), else
// copied; two of the same name get a number. Boxes are those that BoxData holds: after the check, so cut to their
// pictures, in the frame of the picture as it is shown. COCO and VOC get pixels to 1e-6 (VOC's corners count from 1 and
// have fractions where the box does), YOLO shares to 12 digits.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/boxes/box_data.h"

namespace strop {

// "coco", "voc", "yolo"; Error(usage) naming the flag format.
BoxFormat box_format_named(std::string_view name);
// Error(usage) where there is something at `folder`: nothing is written over.
void check_new_folder(const std::filesystem::path& folder);

struct WrittenBoxes {
  std::int64_t pictures = 0, boxes = 0;
  std::vector<std::string> notes;  // what the format cannot say and how many of it there were
};

// The folder is there as a whole or, after an error, not at all. Error(usage): it is there already or cannot be
// written; Error(data): a class name that the format cannot hold.
WrittenBoxes write_box_data(const BoxData& data, BoxFormat format, const std::filesystem::path& folder);

}  // namespace strop
