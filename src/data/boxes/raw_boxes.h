// What a reader of annotations finds, whatever the format: pictures by the paths that the file names, boxes by the
// names of their classes. check_boxes makes samples of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/boxes/box_data.h"

namespace strop {

struct RawBox {
  Rect rect;  // pixels, left top at 0
  std::string label;
  bool crowd = false;
  double area = -1;   // below 0: width x height
  std::string where;  // "file:line" or "file:line: annotations[3]"
};

struct RawPicture {
  std::string file;           // as the annotations name it
  int width = 0, height = 0;  // as they say; 0: they don't
  std::optional<std::int64_t> image_id;
  std::vector<RawBox> boxes;
  std::string where;
  bool normalized = false;  // the boxes are shares of the picture's sides (YOLO)
};

struct RawBoxes {
  std::string origin;
  std::vector<RawPicture> pictures;
  std::vector<std::string> labels;         // all that the format names, in its order; VOC without labelmap.txt: none
  std::vector<std::int64_t> category_ids;  // COCO's; else empty
  std::vector<std::string> notes;
  std::vector<SkippedPicture> skipped = {};  // what the folder of the pictures holds and nobody can read
};

// The readers proper: text in, pictures and boxes out; `where` is the file's name for messages. Error(data).
RawBoxes parse_coco(std::string_view text, const std::string& where);
RawPicture parse_voc(std::string_view text, const std::string& where);
// `labels` of data.yaml: a line's class is an index into it.
std::vector<RawBox> parse_yolo(std::string_view text, const std::string& where, const std::vector<std::string>& labels);

// YOLO's data.yaml.
struct YoloData {
  std::string root;  // key path; "": the file's own folder
  std::vector<std::string> labels;
  std::map<std::string, std::string> splits;  // train | validation | test: folder of pictures or list of them
};
YoloData parse_yolo_data(std::string_view text, const std::string& where);
// VOC's labelmap.txt as CVAT writes it: "name:colour:parts:actions" a line, "#" begins a remark.
std::vector<std::string> parse_labelmap(std::string_view text, const std::string& where);

// The format of a path, by names and first bytes.
BoxFormat box_format_of(const std::string& path);

// Where a format's splits lie, and reading them: pictures' files are paths that exist or not, from here.
using RawBoxSplits = std::map<std::string, RawBoxes>;  // train | validation | test
RawBoxSplits read_coco_splits(const std::string& path);
RawBoxSplits read_voc_splits(const std::string& path);
RawBoxSplits read_yolo_splits(const std::string& path);

// Samples of a raw split: labels become indices of `labels`, sizes those of the pictures themselves, boxes are cut to
// the picture, those without area dropped; all counted in `notes`. Error(data): a label that is not in `labels`.
BoxSplit check_boxes(RawBoxes raw, const std::vector<std::string>& labels, const ImageReading& reading,
                     std::vector<SkippedPicture>& skipped, std::vector<std::string>& notes);

// The pictures of a split alone, without labels.
ImageSplit without_boxes(const BoxSplit& split);

}  // namespace strop
