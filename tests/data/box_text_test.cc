// One annotation file at a time, as text.
#include <gtest/gtest.h>

#include <set>

#include "box_texts.h"
#include "data/boxes/raw_boxes.h"
#include "errors.h"

namespace strop {
namespace {

// What the reader says of bad input.
std::string coco_error(const std::string& text) {
  return message_of(ErrorKind::data, [&] { parse_coco(text, "a.json"); });
}
std::string voc_error(const std::string& text) {
  return message_of(ErrorKind::data, [&] { parse_voc(text, "a.xml"); });
}
std::string yolo_error(const std::string& text) {
  return message_of(ErrorKind::data, [&] { parse_yolo(text, "a.txt", {"cat", "dog"}); });
}

TEST(CocoText, PicturesBoxesAndCategoriesById) {
  const auto raw =
      parse_coco(coco(R"({"id": 1, "image_id": 5, "category_id": 7, "bbox": [1, 2.5, 3, 4], "area": 6.5, "iscrowd": 1},
              {"id": 2, "image_id": 5, "category_id": 3, "bbox": [0, 0, 10, 10]})"),
                 "a.json");
  EXPECT_EQ(raw.labels, (std::vector<std::string>{"dog", "cat"}));
  EXPECT_EQ(raw.category_ids, (std::vector<std::int64_t>{3, 7}));
  ASSERT_EQ(raw.pictures.size(), 1U);
  const auto& picture = raw.pictures[0];
  EXPECT_EQ(picture.file, "a.png");
  EXPECT_EQ(picture.image_id, 5);
  EXPECT_EQ(picture.width, 40);
  ASSERT_EQ(picture.boxes.size(), 2U);
  EXPECT_EQ(picture.boxes[0].rect, (Rect{1, 2.5, 3, 4}));
  EXPECT_EQ(picture.boxes[0].label, "cat");
  EXPECT_TRUE(picture.boxes[0].crowd);
  EXPECT_EQ(picture.boxes[0].area, 6.5);
  EXPECT_FALSE(picture.boxes[1].crowd);
  EXPECT_LT(picture.boxes[1].area, 0);
  EXPECT_EQ(raw.notes,
            std::vector<std::string>{"a.json: the categories' ids go from 3 to 7 with 3 gaps, kept as they are"});
}

TEST(CocoText, OddNumbersAreNoted) {
  const std::string box = R"("image_id": 5, "category_id": 7, "bbox": [1, 2, 3, 4]})";
  const auto raw = parse_coco(coco(R"({"id": 1, )" + box + R"(, {"id": 1, )" + box + ", {" + box), "a.json");
  EXPECT_EQ(raw.pictures[0].boxes.size(), 3U);
  EXPECT_TRUE(hold(raw.notes, "annotations[1]: 1 annotations repeat an id"));
  EXPECT_TRUE(hold(raw.notes, "1 annotations have no id"));
}

TEST(CocoText, ErrorsNameTheLineAndTheEntry) {
  expect_parts(coco_error("{\n\"images\": [\n}"), {"a.json:3", "broken JSON"});
  expect_parts(coco_error("[]"), {"a.json", "expected a JSON object"});
  expect_parts(coco_error("{}"), {"a.json", "no list 'categories'"});
  expect_parts(coco_error(R"({"categories": 1})"), {"a.json", "'categories' is number"});
  expect_parts(coco_error(R"({"categories": []})"), {"a.json", "no categories"});
  expect_parts(coco_error(R"({"categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]})"),
               {"a.json:1: categories[1]", "id 1 stands twice"});
  expect_parts(coco_error(R"({"categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "a"}]})"),
               {"a.json:1: categories[1]", "'a' stands twice"});
  expect_parts(coco_error(R"({"categories": [3]})"), {"a.json:1: categories[0]", "id is absent"});
  expect_parts(coco_error(coco("", R"(, {"id": 5, "file_name": "b.png"})")),
               {"a.json:1: images[1]", "id 5 stands twice"});
  expect_parts(coco_error(coco("", R"(, {"id": 6})")), {"a.json:1: images[1]", "file_name is absent"});
  expect_parts(coco_error(coco("", R"(, {"id": "6", "file_name": "b"})")),
               {"a.json:1: images[1]", "id is \"6\"", "whole"});
  expect_parts(coco_error(coco("", R"(, {"id": 18446744073709551615, "file_name": "b"})")),
               {"a.json:1: images[1]", "id is 18446744073709551615"});
  expect_parts(coco_error(coco("", R"(, {"id": 6, "file_name": "b", "width": -1})")),
               {"a.json:1: images[1]", "width is -1"});
  expect_parts(coco_error(R"({"c\u0061tegories": [3]})"), {"a.json: categories[0]", "id is absent"});
  expect_parts(
      coco_error(
          "{\"info\": {\"a]\": [1,\n2]}, \"categories\":\n[\n{\"id\": 1, \"name\": \"\\\"]}\"},\n\n {\n\"id\": []}]}"),
      {"a.json:6: categories[1]", "id is []"});
  const std::string good = R"({"id": 1, "image_id": 5, "category_id": 7, "bbox": [1, 2, 3, 4]}, )";
  expect_parts(coco_error(coco(good + R"({"id": 2, "image_id": 5, "category_id": 4, "bbox": [1, 2, 3, 4]})")),
               {"a.json:1: annotations[1]", "category_id 4", "3, 7", "add the category"});
  expect_parts(coco_error(coco(good + R"({"id": 2, "image_id": 9, "category_id": 7, "bbox": [1, 2, 3, 4]})")),
               {"a.json:1: annotations[1]", "image_id 9", "add the picture"});
  const auto nan = coco_error(coco(R"({"id": 1, "image_id": 5, "category_id": 7, "bbox": [NaN, 2, 3, 4]})"));
  expect_parts(nan, {"a.json:1: broken JSON: syntax error", "NaN"});
  EXPECT_EQ(nan.find("json.exception"), std::string::npos) << nan;
  for (const char* box : {"[1, 2, 3]", "[1, 2, 3, \"4\"]", "[1, 2, 3, 1e9]", "7", "null"}) {
    expect_parts(coco_error(coco(std::string(R"({"image_id": 5, "category_id": 7, "bbox": )") + box + "}")),
                 {"a.json:1: annotations[0]", "bbox is", "[x, y, width, height]"});
  }
}

constexpr const char* kVocStart =
    "<annotation>\n<filename>a.png</filename>\n<size><width>40</width><height>30</height></size>\n";

TEST(VocText, CornersCountFromOne) {
  const auto picture = parse_voc(
      std::string(kVocStart) +
          "<object><name> cat </name><difficult>1</difficult><bndbox><xmin>1</xmin><ymin>3</ymin><xmax>11</xmax>"
          "<ymax>7.5</ymax></bndbox></object>\n"
          "<object><name>dog</name><bndbox><xmax>4</xmax><ymax>4</ymax><xmin>4</xmin>"
          "<ymin>4</ymin></bndbox></object></annotation>",
      "a.xml");
  EXPECT_EQ(picture.file, "a.png");
  EXPECT_EQ(picture.height, 30);
  ASSERT_EQ(picture.boxes.size(), 2U);
  EXPECT_EQ(picture.boxes[0].rect, (Rect{0, 2, 10, 4.5}));
  EXPECT_EQ(picture.boxes[0].label, "cat");
  EXPECT_TRUE(picture.boxes[0].crowd);
  EXPECT_EQ(picture.boxes[1].rect.area(), 0);
  EXPECT_EQ(picture.boxes[1].where, "a.xml:5");
}

TEST(VocText, ErrorsNameTheLine) {
  const std::string start = kVocStart;
  expect_parts(voc_error("<annotation>\n<object>\n</annotation>"), {"a.xml:3", "broken XML"});
  expect_parts(voc_error("<html></html>"), {"a.xml", "no <annotation>"});
  expect_parts(voc_error(start + "<object></object></annotation>"), {"a.xml:4", "without a <name>"});
  expect_parts(voc_error(start + "\n<object><name>a</name></object></annotation>"), {"a.xml:5", "without a <bndbox>"});
  const std::string box = start + "<object><name>a</name>\n<bndbox>\n<xmin>";
  for (const char* bad : {"x", "", "1e99", "nan", "3 4"}) {
    expect_parts(voc_error(box + bad + "</xmin></bndbox></object></annotation>"), {"a.xml:6", "xmin is"});
  }
  expect_parts(voc_error(box + "1</xmin></bndbox></object></annotation>"), {"a.xml:5", "ymin is ''"});
}

TEST(YoloText, MiddlesAndSharesWithBomAndTolerance) {
  const auto boxes = parse_yolo(
      "\xEF\xBB\xBF"
      "1 0.5 0.5 0.5 0.25\r\n\n 0\t1.005 0.5 0.1 -0.005\n",
      "a.txt", {"cat", "dog"});
  ASSERT_EQ(boxes.size(), 2U);
  EXPECT_EQ(boxes[0].rect, (Rect{0.25, 0.375, 0.5, 0.25}));
  EXPECT_EQ(boxes[0].label, "dog");
  EXPECT_EQ(boxes[1].label, "cat");
  EXPECT_EQ(boxes[1].where, "a.txt:3");
  EXPECT_TRUE(parse_yolo("", "a.txt", {"cat"}).empty());
}

TEST(YoloText, ErrorsNameTheLine) {
  expect_parts(yolo_error("0 0.5 0.5 0.1 0.1\n0 0.5 0.5 0.1"), {"a.txt:2", "4 columns"});
  expect_parts(yolo_error("0 0.1 0.1 0.2 0.1 0.2 0.2"), {"a.txt:1", "7 columns", "segments"});
  expect_parts(yolo_error("\n0 0.5 x 0.1 0.1"), {"a.txt:2", "'x' in column 3"});
  expect_parts(yolo_error("0 0.5 0.5 1.02 0.1"), {"a.txt:1", "'1.02' in column 4"});
  expect_parts(yolo_error("0 nan 0.5 0.1 0.1"), {"a.txt:1", "column 2"});
  for (const char* label : {"2", "-1", "0.5", "1e30"}) {
    expect_parts(yolo_error(std::string(label) + " 0.5 0.5 0.1 0.1"), {"a.txt:1", label, "0 to 1"});
  }
}

}  // namespace
}  // namespace strop
