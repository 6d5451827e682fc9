// A data set on its way out, between write_boxes.cc and the writers of the formats.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/boxes/box_data.h"

namespace strop {

struct OutgoingSplit {
  std::string name;  // train | val | test
  const BoxSplit* split = nullptr;
  std::vector<std::string>
      pictures;  // the files' names of the samples, stems unique in all splits, no white space in them
};

struct Outgoing {
  std::filesystem::path folder;
  const BoxData* data = nullptr;
  std::vector<OutgoingSplit> splits;
};

// The annotation files; the pictures are there already. Plain writes: the folder has another name until it is whole.
void write_coco(const Outgoing& out);
void write_voc(const Outgoing& out);
void write_yolo(const Outgoing& out);

// To 1e-6: what an earlier format's shares have lost is no news.
double rounded_pixels(double pixels);

}  // namespace strop
