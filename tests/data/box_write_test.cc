// What is written is read again as the same boxes, whatever the formats.
#include "data/boxes/write_boxes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "core/files.h"
#include "errors.h"
#include "image/encode.h"
#include "temp_folder.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

BoxData load(const fs::path& path) {
  Options options;
  options.data = path.string();
  options.val_size = 0;
  return load_box_data(options, {});
}

struct Seen {
  std::string label;
  Rect rect;
  bool crowd;
};
// By split and the picture's number, which its name begins with.
using Boxes = std::map<std::string, std::vector<Seen>>;

Boxes boxes_of(const BoxData& data, bool crowds) {
  Boxes all;
  for (const auto& [name, split] :
       {std::pair{"train", &data.train}, {"validation", &data.validation}, {"test", &data.test}}) {
    for (const auto& sample : split->samples) {
      auto& own = all[std::string(name) + fs::path(sample.name).filename().string().substr(0, 2)];
      for (const auto& box : sample.boxes) {
        if (crowds || !box.crowd)
          own.push_back({data.label_names[static_cast<std::size_t>(box.label)], box.rect, box.crowd});
      }
    }
  }
  return all;
}

void expect_same(const Boxes& found, const Boxes& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [name, boxes] : expected) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(found.contains(name));
    const auto& own = found.at(name);
    ASSERT_EQ(own.size(), boxes.size());
    for (std::size_t i = 0; i < own.size(); ++i) {
      EXPECT_EQ(own[i].label, boxes[i].label);
      EXPECT_EQ(own[i].crowd, boxes[i].crowd);
      EXPECT_NEAR(own[i].rect.x, boxes[i].rect.x, 2e-6);
      EXPECT_NEAR(own[i].rect.y, boxes[i].rect.y, 2e-6);
      EXPECT_NEAR(own[i].rect.width, boxes[i].rect.width, 4e-6);
      EXPECT_NEAR(own[i].rect.height, boxes[i].rect.height, 4e-6);
    }
  }
}

// Five pictures in three splits: fractions, one pixel, the whole picture, a crowd, none; two files of one name, blanks
// in names; classes neither sorted nor numbered from 1, one of them without a box, one only in validation.
class Written : public testing::Test {
 protected:
  Written() {
    put_picture("in/00 a.png", 41, 30), put_picture("in/more/00 a.png", 90, 60), put_picture("in/02.png", 17, 33);
    put_picture("in/03.png", 64, 64), put_picture("in/04.png", 33, 47);
    put("train", R"([{"id": 3, "file_name": "00 a.png"}, {"id": 0, "file_name": "02.png"}])",
        R"([{"image_id": 3, "category_id": 12, "bbox": [1.37, 2.5, 3.125, 4], "area": 7.25},
            {"image_id": 3, "category_id": 7, "bbox": [0, 0, 41, 30]},
            {"image_id": 3, "category_id": 7, "bbox": [40, 29, 1, 1]},
            {"image_id": 3, "category_id": 12, "bbox": [10.1, 10.2, 20.3, 9.7], "iscrowd": 1}])");
    put("val", R"([{"id": 1, "file_name": "more/00 a.png"}, {"id": 2, "file_name": "03.png"}])",
        R"([{"image_id": 1, "category_id": 9, "bbox": [33.333333, 0.1, 33.333333, 0.7]}])");
    put("test", R"([{"id": 1, "file_name": "04.png"}])",
        R"([{"image_id": 1, "category_id": 7, "bbox": [0.00001, 1, 2, 3]}])");
  }
  void put_picture(const std::string& name, int width, int height) const {
    folder_.write(name, encode_png(Picture(width, height, 9, 99, 199).view()));
  }
  void put(const std::string& split, const std::string& images, const std::string& annotations) const {
    folder_.write(
        "in/" + split + ".json",
        "{\"images\": " + images + ", \"annotations\": " + annotations +
            R"(, "categories": [{"id": 7, "name": "zebra & foal"}, {"id": 9, "name": "apple"}, {"id": 12, "name": "no"}, {"id": 20, "name": "never"}]})");
  }
  fs::path in() const { return folder_ / "in"; }
  WrittenBoxes write(const fs::path& from, const std::string& format, const std::string& to) const {
    return write_box_data(load(from), box_format_named(format), folder_ / to);
  }
  std::string error(ErrorKind kind, const std::string& format, const std::string& to) const {
    return message_of(kind, [&] { write(in(), format, to); });
  }
  TempFolder folder_;
};

class EachPair : public Written, public testing::WithParamInterface<std::tuple<const char*, const char*>> {};

TEST_P(EachPair, GivesTheSameBoxes) {
  const auto [first, second] = GetParam();
  const auto original = load(in());
  const auto labels = original.label_names;
  ASSERT_EQ(labels, (std::vector<std::string>{"zebra & foal", "apple", "no", "never"}));
  write(in(), first, "a");
  write(folder_ / "a", second, "b");
  const bool crowds = std::string(first) != "yolo" && std::string(second) != "yolo";
  const auto there = load(folder_ / "a"), further = load(folder_ / "b");
  expect_same(boxes_of(there, true), boxes_of(original, std::string(first) != "yolo"));
  expect_same(boxes_of(further, true), boxes_of(original, crowds));
  EXPECT_EQ(there.label_names, labels);
  EXPECT_EQ(further.label_names, labels);
  for (const auto* data : {&there, &further}) {
    EXPECT_EQ(data->train.size(), 2U);
    EXPECT_EQ(data->validation.size(), 2U);
    EXPECT_EQ(data->test.size(), 1U);
    EXPECT_TRUE(data->skipped.empty());
    EXPECT_TRUE(std::ranges::none_of(data->notes,
                                     [](const auto& note) { return note.find("not as large") != std::string::npos; }));
  }
  EXPECT_EQ(read_file(folder_ / "b" /
                          (std::string(second) == "coco"  ? "train/02.png"
                           : std::string(second) == "voc" ? "JPEGImages/02.png"
                                                          : "images/train/02.png"),
                      ErrorKind::data),
            read_file(in() / "02.png", ErrorKind::data));
}
INSTANTIATE_TEST_SUITE_P(
    Formats, EachPair, testing::Combine(testing::Values("coco", "voc", "yolo"), testing::Values("coco", "voc", "yolo")),
    [](const auto& test) { return std::string(std::get<0>(test.param)) + "_" + std::get<1>(test.param); });

TEST_F(Written, CocoKeepsNumbersAndAreas) {
  const auto written = write(in(), "coco", "a");
  EXPECT_EQ(written.pictures, 5);
  EXPECT_EQ(written.boxes, 6);
  EXPECT_TRUE(written.notes.empty());
  const auto data = load(folder_ / "a");
  EXPECT_EQ(data.category_ids, (std::vector<std::int64_t>{7, 9, 12, 20}));
  EXPECT_EQ(data.train.samples.at(0).image_id, 3);
  EXPECT_EQ(data.train.samples.at(1).image_id, 0);
  EXPECT_EQ(data.train.samples[0].boxes.at(0).area, 7.25);
}

TEST_F(Written, ABoxOnTheBorderOfMediumStaysThere) {
  put_picture("in/05.png", 331, 257);
  put("train", R"([{"id": 1, "file_name": "05.png"}])",
      R"([{"image_id": 1, "category_id": 7, "bbox": [101, 53, 96, 96]}])");
  write(in(), "yolo", "y");
  EXPECT_EQ(load(folder_ / "y").train.samples.at(0).boxes.at(0).area, 96 * 96);
}

TEST_F(Written, WhatAFormatCannotSayIsCounted) {
  const auto yolo = write(in(), "yolo", "y"), voc = write(in(), "voc", "v");
  EXPECT_EQ(yolo.boxes, 5);
  ASSERT_EQ(yolo.notes.size(), 3U);
  expect_parts(yolo.notes[0], {"1 boxes of crowds", "left out"});
  expect_parts(yolo.notes[1], {"1 boxes had an area of their own"});
  expect_parts(yolo.notes[2], {"numbers are not kept"});
  EXPECT_EQ(voc.boxes, 6);
  ASSERT_EQ(voc.notes.size(), 2U);
  EXPECT_TRUE(fs::exists(folder_ / "y/labels/val/03.txt")) << "a picture without boxes has an empty file";
  EXPECT_EQ(read_file(folder_ / "v/ImageSets/Main/train.txt", ErrorKind::data), "00_a\n02\n");
  EXPECT_EQ(read_file(folder_ / "v/ImageSets/Main/val.txt", ErrorKind::data), "00_a-2\n03\n");
  EXPECT_NE(read_file(folder_ / "v/Annotations/00_a.xml", ErrorKind::data).find("<xmin>41</xmin>"), std::string::npos)
      << "corners count from 1";
}

TEST_F(Written, NothingIsWrittenOver) {
  folder_.write("there/a.txt", "mine");
  expect_parts(error(ErrorKind::usage, "voc", "there"), {"there", "is there already"});
  fs::create_directory(folder_ / "empty");
  write(in(), "voc", "empty");
  EXPECT_EQ(load(folder_ / "empty").train.size(), 2U);
  expect_parts(message_of(ErrorKind::usage, [] { box_format_named("kitti"); }),
               {"format: found 'kitti'", "coco, voc or yolo"});
}

TEST_F(Written, AnErrorLeavesNothing) {
  auto data = load(in());
  data.label_names[2] = "a:b";
  expect_parts(message_of(ErrorKind::data, [&] { write_box_data(data, BoxFormat::voc, folder_ / "out"); }),
               {"'a:b'", "rename"});
  fs::remove(in() / "04.png");
  data.label_names[2] = "no";
  expect_parts(message_of(ErrorKind::usage, [&] { write_box_data(data, BoxFormat::yolo, folder_ / "out"); }),
               {"write:", "04.png"});
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1) << "only in/";
}

}  // namespace
}  // namespace strop
