#include "data/boxes/box_data.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "box_texts.h"
#include "data/boxes/raw_boxes.h"
#include "errors.h"
#include "image/encode.h"
#include "temp_folder.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

// A made-up folder of pictures, 40 x 30.
class BoxFolder : public testing::Test {
 protected:
  void put(const std::string& name, const std::string& content) const {
    fs::create_directories((fs::path(folder_.path()) / name).parent_path());
    folder_.write(name, content);
  }
  void put_picture(const std::string& name) const { put(name, encode_png(Picture(40, 30, 200, 30, 10).view())); }
  BoxData load(bool strict = false) const {
    Options options;
    options.data = folder_.path();
    options.val_size = 0;
    ImageReading reading;
    reading.strict = strict;
    return load_box_data(options, reading);
  }
  std::string error(bool strict = false) const {
    return message_of(ErrorKind::data, [&] { load(strict); });
  }
  TempFolder folder_;
};

TEST_F(BoxFolder, BoxesAreCutDroppedAndCounted) {
  put_picture("a.png");
  const auto box = [](const std::string& rect) { return R"({"image_id": 5, "category_id": 7, "bbox": )" + rect + "}"; };
  put("train.json", coco(box("[-5, 10, 15, 10]") + "," + box("[30, 20, 20, 20]") + "," + box("[3, 3, 0, 5]") + "," +
                         box("[50, 50, 5, 5]") + "," + box("[3, 3, 5, -5]") + "," + box("[0, 0, 40.05, 30]")));
  const auto data = load();
  ASSERT_EQ(data.train.size(), 1U);
  const auto& sample = data.train.samples[0];
  EXPECT_EQ(sample.image_id, 5);
  EXPECT_EQ(sample.width, 40);
  ASSERT_EQ(sample.boxes.size(), 3U);
  EXPECT_EQ(sample.boxes[0].rect, (Rect{0, 10, 10, 10}));
  EXPECT_EQ(sample.boxes[0].area, 100);
  EXPECT_EQ(sample.boxes[0].label, 1);
  EXPECT_EQ(sample.boxes[1].rect, (Rect{30, 20, 10, 10}));
  EXPECT_EQ(sample.boxes[2].rect, (Rect{0, 0, 40, 30}));
  EXPECT_EQ(sample.boxes[2].id, 3);
  EXPECT_TRUE(hold(data.notes, "2 boxes reach outside their picture"));
  EXPECT_TRUE(hold(data.notes, "2 boxes have no area"));
  EXPECT_TRUE(hold(data.notes, "annotations[2]"));
  EXPECT_TRUE(hold(data.notes, "1 boxes lie wholly outside their picture and are dropped"));
  EXPECT_TRUE(hold(data.notes, "no training box of dog"));
}

TEST_F(BoxFolder, TheSameBoxTwiceIsSaid) {
  put_picture("a.png");
  const auto box = [](const std::string& rest) { return R"({"image_id": 5, "bbox": [1, 1, 5, 5], )" + rest + "}"; };
  put("train.json", coco(box(R"("category_id": 7)") + "," + box(R"("category_id": 3)") + "," +
                         box(R"("category_id": 7, "iscrowd": 1)") + "," + box(R"("category_id": 7)")));
  const auto data = load();
  EXPECT_EQ(data.train.samples[0].boxes.size(), 4U);
  EXPECT_TRUE(hold(data.notes, "1 boxes are the same as another of their picture"));
  EXPECT_TRUE(hold(data.notes, "annotations[3]"));
}

TEST_F(BoxFolder, CrowdsAloneTeachNothing) {
  put_picture("a.png"), put_picture("val/b.png");
  const std::string box = R"({"image_id": 5, "category_id": 7, "bbox": [1, 1, 5, 5], "iscrowd": )";
  put("train.json", coco(box + "1}"));
  expect_parts(error(), {"train.json", "all 1 boxes on its 1 training pictures", "crowds"});
  put("train.json", coco(box + "0}"));
  auto other = coco(box + "1}");
  other.replace(other.find("a.png"), 5, "val/b.png");
  put("val.json", other);
  EXPECT_TRUE(hold(load().notes, "no boxes on the 1 validation pictures: AP is not defined there"));
}

TEST_F(BoxFolder, VocWithoutABoxToTrainOnIsRefusedAsThat) {
  put_picture("JPEGImages/a.png"), put_picture("JPEGImages/b.png");
  put("Annotations/a.xml", "<annotation><filename>a.png</filename></annotation>");
  put("Annotations/b.xml",
      "<annotation><filename>b.png</filename><object><name>cat</name><bndbox><xmin>2</xmin><ymin>2</ymin>"
      "<xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>");
  put("ImageSets/Main/train.txt", "a\n");
  put("ImageSets/Main/test.txt", "b\n");
  expect_parts(error(), {"train.txt: no boxes on its 1 training pictures", "annotate"});
}

TEST_F(BoxFolder, VocTrainsOnTrainvalWhereThereIsNoTrain) {
  for (const std::string name : {"a", "b", "c"}) {
    put_picture("JPEGImages/" + name + ".png");
    put("Annotations/" + name + ".xml",
        "<annotation><filename>" + name +
            ".png</filename><object><name>cat</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>9</xmax><ymax>9</ymax>"
            "</bndbox></object></annotation>");
  }
  put("ImageSets/Main/test.txt", "c\n");
  expect_parts(error(), {"no training annotations", "ImageSets/Main/train.txt or trainval.txt"});
  put("ImageSets/Main/trainval.txt", "a\nb\n");
  EXPECT_EQ(load().train.size(), 2U);
  put("ImageSets/Main/val.txt", "b\n");
  EXPECT_EQ(load().train.size(), 1U) << "trainval holds val's";
  put("ImageSets/Main/train.txt", "a\n");
  EXPECT_EQ(load().train.size(), 1U);
}

// As COCO's own annotations/ is: captions, key points and others of the same pictures beside the boxes.
TEST_F(BoxFolder, OfCocosOwnFilesTheBoxesAreRead) {
  put_picture("train2017/a.png");
  put("annotations/captions_train2017.json",
      R"({"images": [{"id": 5, "file_name": "a.png"}], "annotations": [{"id": 1, "image_id": 5, "caption": "cat"}]})");
  for (const char* name : {"instances_train2017", "person_keypoints_train2017", "stuff_train2017"}) {
    put(std::string("annotations/") + name + ".json",
        coco(R"({"id": 1, "image_id": 5, "category_id": 7, "bbox": [1, 2, 3, 4]})"));
  }
  const auto data = load();
  EXPECT_EQ(data.train.size(), 1U);
  expect_parts(data.train.origin, {"instances_train2017.json"});
  for (const char* name : {"image_info_test2017", "image_info_test-dev2017"})
    put(std::string("annotations/") + name + ".json", R"({"images": [{"id": 9, "file_name": "t.png"}]})");
  EXPECT_TRUE(load().test.empty());
  put("annotations/other_train.json", coco(R"({"id": 1, "image_id": 5, "category_id": 7, "bbox": [1, 2, 3, 4]})"));
  expect_parts(error(), {"instances_train2017.json and ", "other_train.json are both for train"});
}

// Splits whose pictures have the same names, each in a folder of its own: a file takes those of its own.
TEST_F(BoxFolder, AFileAloneTakesThePicturesOfItsSplit) {
  const auto annotations = coco(R"({"id": 1, "image_id": 5, "category_id": 7, "bbox": [1, 2, 3, 4]})");
  for (const std::string folder : {"", "images/"}) {
    fs::remove_all(fs::path(folder_.path()) / "train"), fs::remove_all(fs::path(folder_.path()) / "val");
    put_picture(folder + "train/a.png"), put_picture(folder + "val/a.png");
    for (const std::string name : {"train", "val"}) put("annotations/instances_" + name + ".json", annotations);
    Options options;
    options.data = (fs::path(folder_.path()) / "annotations/instances_train.json").string();
    options.validation_file = (fs::path(folder_.path()) / "annotations/instances_val.json").string();
    const auto data = load_box_data(options, {});
    EXPECT_NE(data.train.samples.at(0).name.find(folder + "train/a.png"), std::string::npos);
    EXPECT_NE(data.validation.samples.at(0).name.find(folder + "val/a.png"), std::string::npos);
  }
  put_picture("alone/a.png");
  put("alone/boxes.json", annotations);
  Options options;
  options.data = (fs::path(folder_.path()) / "alone").string();
  options.val_size = 0;
  EXPECT_EQ(load_box_data(options, {}).train.size(), 1U);
}

// Exports list test pictures that they do not have; tools of other systems put a mark of byte order into lists.
TEST_F(BoxFolder, YoloWithoutItsTestPicturesAndWithAMark) {
  put_picture("images/train/a.png"), put_picture("images/train/b.tif");
  put("labels/train/a.txt", "0 0.5 0.5 0.5 0.5\n");
  put("data.yaml", "train: train.txt\ntest: ../test/images\nnames: [cat]\n");
  put("train.txt", "\xEF\xBB\xBFimages/train/a.png\n");
  auto data = load();
  EXPECT_EQ(data.train.size(), 1U);
  EXPECT_TRUE(data.skipped.empty());
  EXPECT_TRUE(hold(data.notes, "test: ../test/images does not exist"));
  put("data.yaml", "train: images/train\nval: images/none\nnames: [cat]\n");
  expect_parts(error(), {"val: images/none does not exist"});
  fs::create_directories(fs::path(folder_.path()) / "images/none");
  data = load();
  EXPECT_TRUE(hold(data.notes, "no pictures, and so no such split"));
  ASSERT_EQ(data.skipped.size(), 1U);
  expect_parts(data.skipped[0].reason, {"b.tif"});
  expect_parts(error(true), {"b.tif", "strict is set"});
}

TEST_F(BoxFolder, VocNamesMayHoldBlanks) {
  put_picture("JPEGImages/a b.png");
  put("Annotations/a b.xml",
      "<annotation><filename>a b.png</filename><object><name>cat</name><bndbox><xmin>2</xmin><ymin>2</ymin>"
      "<xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>");
  put("ImageSets/Main/train.txt", "a b\n");
  EXPECT_EQ(load().train.size(), 1U);
}

TEST_F(BoxFolder, WhatStandsTwiceIsNamedWithItsLine) {
  put_picture("JPEGImages/a.png"), put_picture("JPEGImages/b.png");
  const auto xml = [](const std::string& picture) {
    return "<annotation><filename>" + picture +
           "</filename><object><name>cat</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>9</xmax><ymax>9</ymax>"
           "</bndbox></object></annotation>";
  };
  put("Annotations/a.xml", xml("a.png")), put("Annotations/b.xml", xml("b.png"));
  put("ImageSets/Main/train.txt", "a\nb\na\n");
  expect_parts(error(), {"train.txt:3: 'a' stands twice, first in ", "train.txt:1"});
  put("ImageSets/Main/train.txt", "a\nb\n");
  put("Annotations/b.xml", xml("a.png"));
  expect_parts(error(), {"b.xml: the picture ", "a.png stands twice, first in ", "a.xml"});
}

// Lists and folders of labels that do not fit the pictures.
TEST_F(BoxFolder, YoloFilesThatLackTheOtherHalfAreSaid) {
  for (const char* name : {"images/train/a.png", "images/train/b.png", "images/val/c.png"}) put_picture(name);
  put("data.yaml", "train: images/train\nval: images/val\nnames: [cat]\n");
  put("labels/train/a.txt", "0 0.5 0.5 0.5 0.5\n");
  put("labels/train/gone.txt", "0 0.5 0.5 0.5 0.5\n");
  put("labels/train/classes.txt", "cat\n");
  auto notes = load().notes;
  EXPECT_TRUE(hold(notes, "1 of 2 pictures have no label file and count as empty, the first lacks "));
  EXPECT_TRUE(hold(notes, "labels/train/b.txt"));
  EXPECT_TRUE(hold(notes, "1 of 1 pictures have no label file"));
  EXPECT_TRUE(hold(notes, "1 label files belong to no picture of "));
  EXPECT_TRUE(hold(notes, "labels/train/gone.txt"));
  put("data.yaml", "train: train.txt\nnames: [cat]\n");
  put("train.txt", "images/train/a.png\n\nimages/train/nowhere.png\n");
  const auto data = load();
  ASSERT_EQ(data.skipped.size(), 1U);
  expect_parts(data.skipped[0].reason, {"nowhere.png: no such picture; ", "train.txt:3 names it"});
  put("train.txt", "images/train/a.png\nimages/train/a.png\n");
  expect_parts(error(), {"train.txt:2: the picture ", "stands twice, first in ", "train.txt:1"});
  fs::remove_all(fs::path(folder_.path()) / "labels");
  put("data.yaml", "train: images/train\nnames: [cat]\n");
  expect_parts(error(),
               {"no boxes on its 2 training pictures", "2 of 2 pictures have no label file", "labels/train/a.txt"});
}

TEST_F(BoxFolder, MissingPicturesAreSkippedOrRefused) {
  put_picture("a.png");
  put("train.json",
      coco(R"({"image_id": 5, "category_id": 7, "bbox": [1, 1, 5, 5]})", R"(, {"id": 6, "file_name": "gone.png"})"));
  const auto data = load();
  EXPECT_EQ(data.train.size(), 1U);
  ASSERT_EQ(data.skipped.size(), 1U);
  expect_parts(data.skipped[0].reason, {"gone.png", "train.json:1: images[1]"});
  EXPECT_TRUE(hold(data.notes, "1 pictures skipped"));
  expect_parts(error(true), {"gone.png", "strict"});
}

TEST_F(BoxFolder, NoPictureAtAllIsRefused) {
  put("train.json", coco(R"({"image_id": 5, "category_id": 7, "bbox": [1, 1, 5, 5]})"));
  expect_parts(error(), {"train.json", "none of its 1 pictures", "a.png"});
}

TEST_F(BoxFolder, APictureUnderTwoNumbersIsRefused) {
  put_picture("a.png");
  put("train.json", coco("", R"(, {"id": 6, "file_name": "a.png"})"));
  expect_parts(error(), {"train.json", "a.png", "stands twice"});
}

TEST_F(BoxFolder, AnotherSizeThanAnnotatedIsNoted) {
  put_picture("b.png");
  put_picture("a.png");
  put("train.json", coco(R"({"image_id": 6, "category_id": 3, "bbox": [1, 1, 5, 5]})",
                         R"(, {"id": 6, "file_name": "b.png", "width": 30, "height": 40})"));
  const auto data = load();
  EXPECT_EQ(data.train.samples[1].width, 40);
  EXPECT_TRUE(hold(data.notes, "1 pictures are not as large"));
  EXPECT_TRUE(hold(data.notes, "1 training pictures without boxes"));
}

TEST_F(BoxFolder, AClassThatTrainingLacksIsRefused) {
  put_picture("train/a.png"), put_picture("val/b.png");
  put("train.json", R"({"images": [{"id": 1, "file_name": "a.png"}], "categories": [{"id": 1, "name": "cat"}],
       "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]}]})");
  put("val.json", R"({"images": [{"id": 1, "file_name": "b.png"}], "categories": [{"id": 1, "name": "cats"}],
       "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]}]})");
  expect_parts(error(), {"val.json:2: annotations[0]", "class 'cats'", "did you mean cat?"});
}

TEST_F(BoxFolder, YoloSharesBecomePixels) {
  for (const char* name : {"images/train/a.png", "images/train/b.png", "images/val/c.png"}) put_picture(name);
  put("data.yaml", "train: images/train\nval: images/val\nnames: [cat, dog]\n");
  put("labels/train/a.txt", "1 0.5 0.5 0.5 0.5\n");
  put("labels/val/c.txt", "0 0.25 0.5 0.5 1\n");
  const auto data = load();
  ASSERT_EQ(data.train.size(), 2U);
  EXPECT_EQ(data.train.samples[0].boxes.at(0).rect, (Rect{10, 7.5, 20, 15}));
  EXPECT_EQ(data.train.samples[1].image_id, 2);
  EXPECT_TRUE(data.train.samples[1].boxes.empty());
  ASSERT_EQ(data.validation.size(), 1U);
  EXPECT_EQ(data.validation.samples[0].boxes.at(0).rect, (Rect{0, 0, 20, 30}));
  put("labels/train/a.txt", "2 0.5 0.5 0.5 0.5\n");
  expect_parts(error(), {"a.txt:1", "class '2'"});
}

TEST_F(BoxFolder, CopiesOfAPictureAreSaid) {
  for (const char* name : {"images/train/a.png", "images/train/b.png", "images/val/c.png", "images/test/d.png"}) {
    put_picture(name);
  }
  for (const char* name : {"images/val/e.png", "images/test/f.png", "images/test/g.png"}) {
    put(name, encode_png(Picture(40, 30, 1, 2, 3).view()));
  }
  put("data.yaml", "train: images/train\nval: images/val\ntest: images/test\nnames: [cat, dog]\n");
  put("labels/train/a.txt", "1 0.5 0.5 0.5 0.5\n");
  const auto notes = load().notes;
  EXPECT_TRUE(hold(notes, "1 of 2 pictures are copies of earlier ones ("));
  EXPECT_TRUE(hold(notes, "1 of 3 pictures are copies of earlier ones ("));
  EXPECT_TRUE(hold(notes, "1 of 2 validation pictures also stand in training ("));
  EXPECT_TRUE(hold(notes, "1 of 3 test pictures also stand in training ("));
  EXPECT_TRUE(hold(notes, "3 of 3 test pictures also stand in validation ("));
}

TEST_F(BoxFolder, NumbersStayAsTheFileHasThemZeroAndGapsToo) {
  for (const char* name : {"b.png", "a.png", "c.png"}) put_picture(name);
  put("train.json",
      R"({"images": [{"id": 0, "file_name": "b.png"}, {"id": 900, "file_name": "a.png"}, {"id": 3, "file_name": "c.png"}],
       "categories": [{"id": 90, "name": "cat"}, {"id": 0, "name": "dog"}],
       "annotations": [{"id": 0, "image_id": 900, "category_id": 90, "bbox": [1, 1, 5, 5]},
                       {"id": 0, "image_id": 0, "category_id": 0, "bbox": [1, 1, 5, 5], "iscrowd": true}]})");
  const auto data = load();
  ASSERT_EQ(data.train.size(), 3U);
  EXPECT_EQ(data.train.samples[0].image_id, 0);
  EXPECT_EQ(data.train.samples[1].image_id, 900);
  EXPECT_EQ(data.train.samples[2].image_id, 3);
  EXPECT_EQ(data.category_ids, (std::vector<std::int64_t>{0, 90}));
  EXPECT_EQ(data.train.samples[1].boxes.at(0).label, 1);
  EXPECT_GE(data.train.samples[0].boxes.at(0).id, 1) << "COCO's own metric takes a box numbered 0 for none";
  EXPECT_TRUE(data.train.samples[0].boxes.at(0).crowd);
  EXPECT_TRUE(hold(data.notes, "1 annotations repeat an id"));
  EXPECT_TRUE(hold(data.notes, "a category has the id 0"));
  EXPECT_TRUE(hold(data.notes, "1 boxes of crowds"));
}

TEST_F(BoxFolder, OnePixelBoxesAndThousandsOfThem) {
  put_picture("a.png");
  std::string boxes;
  for (int i = 0; i < 5000; ++i) {
    boxes += fmt::format("{}{{\"image_id\": 5, \"category_id\": 7, \"bbox\": [{}, {}, 1, 1]}}", i == 0 ? "" : ",",
                         i % 40, i / 40 % 30);
  }
  put("train.json", coco(boxes));
  const auto data = load();
  ASSERT_EQ(data.train.samples.at(0).boxes.size(), 5000U);
  EXPECT_EQ(data.train.samples[0].boxes[1205].rect, (Rect{5, 0, 1, 1}));
  EXPECT_FALSE(hold(data.notes, "are cut"));
}

// A JPEG picture of 40 x 30 with a red box at (5, 10), 8 x 6, that is to be turned by 90 degrees before it is shown.
std::string lying_jpeg() {
  Picture picture(40, 30, 0, 0, 255);
  for (int y = 10; y < 16; ++y) {
    for (int x = 5; x < 13; ++x) picture.row(y)[3 * x] = 255, picture.row(y)[3 * x + 2] = 0;
  }
  const std::string exif(
      "\xFF\xE1\0\x22"
      "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0",
      36);
  return encode_jpeg(picture.view(), 100).insert(2, exif);
}

TEST_F(BoxFolder, BoxesAreThoseOfThePictureAsItIsShown) {
  put("a.png", lying_jpeg());
  const auto with = [&](const std::string& sides, const std::string& box) {
    put("train.json", R"({"images": [{"id": 5, "file_name": "a.png", )" + sides +
                          R"(}], "categories": [{"id": 7, "name": "cat"}],
         "annotations": [{"image_id": 5, "category_id": 7, "bbox": )" +
                          box + "}]}");
    return load();
  };
  const Rect upright{14, 5, 6, 8};
  const auto shown = with(R"("width": 30, "height": 40)", "[14, 5, 6, 8]"),
             stored = with(R"("width": 40, "height": 30)", "[5, 10, 8, 6]");
  for (const auto* data : {&shown, &stored}) {
    const auto& sample = data->train.samples.at(0);
    EXPECT_EQ(sample.width, 30);
    EXPECT_EQ(sample.height, 40);
    EXPECT_EQ(sample.boxes.at(0).rect, upright);
    EXPECT_EQ(stored_rect(upright, sample), data == &stored ? (Rect{5, 10, 8, 6}) : upright);
    HeldBytes held;
    const Picture picture = decode_source(source_of(sample, held), {});
    ASSERT_EQ(picture.width(), 30);
    EXPECT_GT(picture.row(9)[3 * 17], 180) << "red in the middle of the box";
    EXPECT_LT(picture.row(9)[3 * 8], 80) << "and not beside it";
  }
  EXPECT_FALSE(hold(shown.notes, "EXIF"));
  EXPECT_TRUE(hold(stored.notes, "1 pictures were annotated before their EXIF turn"));
  EXPECT_FALSE(hold(stored.notes, "not as large"));
}

TEST_F(BoxFolder, VocClassesAreThoseOfItsLabelMap) {
  put_picture("JPEGImages/a.png");
  put("Annotations/a.xml",
      "<annotation><object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax>"
      "</bndbox></object></annotation>");
  EXPECT_EQ(load().label_names, (std::vector<std::string>{"cat"}));
  put("labelmap.txt", "# label:color_rgb:parts:actions\nbackground:0,0,0::\nzebra:1,2,3::\n\n cat ::\n");
  const auto data = load();
  EXPECT_EQ(data.label_names, (std::vector<std::string>{"zebra", "cat"}));
  EXPECT_TRUE(hold(data.notes, "no training box of zebra"));
  put("labelmap.txt", "dog\ncats");
  expect_parts(error(), {"a.xml:1", "class 'cat'", "dog, cats", "did you mean cats?"});
  put("labelmap.txt", "cat\ndog\ncat:::");
  expect_parts(error(), {"labelmap.txt:3", "'cat' stands twice"});
}

TEST_F(BoxFolder, NamesOfYoloMustBeThereAndDiffer) {
  put_picture("images/train/a.png");
  put("data.yaml", "train: images/train\n");
  expect_parts(error(), {"data.yaml", "no names"});
  put("data.yaml", "train: images/train\nnames: [cat, dog, cat]\n");
  expect_parts(error(), {"data.yaml", "'cat' stands twice"});
  put("data.yaml", "train: images/train\nnames: [cat, \"\xF0\xAF\xAF\"]\n");  // found by fuzzing
  expect_parts(error(), {"data.yaml", "not UTF-8"});
  put("data.yaml", "train: images/train\nnames: {0: cat, 2: dog}\n");
  expect_parts(error(), {"data.yaml", "no class 1"});
  put("data.yaml", "train: images/train\nnames: [cat\n");
  expect_parts(error(), {"data.yaml:", "broken YAML"});
  put("data.yaml", "train: images/train\nnc: two\nnames: [cat, dog]\n");
  expect_parts(error(), {"data.yaml:2: nc is 'two'", "number of classes"});
  put("data.yaml", "train: images/train\nnames: [cat, [dog]]\n");
  expect_parts(error(), {"data.yaml:2: names", "expected a text"});
}

// 12 pictures: class rare on one of them, often on six, the others without a box.
class SplitFolder : public BoxFolder {
 protected:
  SplitFolder() {
    put("data.yaml", "train: images/train\nnames: [rare, often]\n");
    for (int i = 0; i < 12; ++i) {
      put_picture(fmt::format("images/train/{:02}.png", i));
      if (i < 7) put(fmt::format("labels/train/{:02}.txt", i), fmt::format("{} 0.5 0.5 0.5 0.5\n", i == 3 ? 0 : 1));
    }
  }
  BoxData cut(double val_size, std::int64_t most, std::int64_t seed = 42) const {
    Options options;
    options.data = folder_.path();
    options.val_size = val_size;
    options.max_train_samples = most;
    options.seed = seed;
    return load_box_data(options, {});
  }
  static std::vector<std::string> names(const BoxSplit& split) {
    std::vector<std::string> names;
    for (const auto& sample : split.samples) names.push_back(fs::path(sample.name).stem().string());
    return names;
  }
  static bool has(const BoxSplit& split, std::int32_t label) {
    return std::ranges::any_of(split.samples, [&](const auto& sample) {
      return std::ranges::any_of(sample.boxes, [&](const auto& box) { return box.label == label; });
    });
  }
};

TEST_F(SplitFolder, HeldOutPicturesLeaveEveryClassToTraining) {
  std::set<std::vector<std::string>> seen;
  for (std::int64_t seed = 0; seed < 20; ++seed) {
    const auto data = cut(0.25, 0, seed);
    ASSERT_EQ(data.validation.size(), 3U);
    ASSERT_EQ(data.train.size(), 9U);
    EXPECT_TRUE(has(data.train, 0) && has(data.train, 1));
    auto all = names(data.train);
    for (const auto& name : names(data.validation)) all.push_back(name);
    EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 12U);
    EXPECT_EQ(names(cut(0.25, 0, seed).validation), names(data.validation));
    seen.insert(names(data.validation));
    EXPECT_TRUE(hold(data.notes, "3 of 12 pictures held out"));
  }
  EXPECT_GT(seen.size(), 10U);
}

TEST_F(SplitFolder, MaxTrainSamplesIsALimit) {
  for (std::int64_t seed = 0; seed < 20; ++seed) {
    const auto four = cut(0, 4, seed), two = cut(0, 2, seed), one = cut(0, 1, seed);
    EXPECT_EQ(four.train.size(), 4U);
    EXPECT_TRUE(has(four.train, 0) && has(four.train, 1));
    EXPECT_TRUE(has(two.train, 0) && has(two.train, 1));
    EXPECT_EQ(two.train.size(), 2U);
    ASSERT_EQ(one.train.size(), 1U);
    EXPECT_FALSE(one.train.samples[0].boxes.empty());
    EXPECT_TRUE(hold(one.notes, "max_train_samples: 1 of 12"));
    EXPECT_TRUE(hold(one.notes, "no training box of"));
  }
  const auto both = cut(0.25, 5);
  EXPECT_EQ(both.train.size(), 5U);
  EXPECT_EQ(both.validation.size(), 3U);
  EXPECT_EQ(cut(0, 50).train.size(), 12U);
}

TEST(RealBoxes, BloodCells) {
  const char* given = std::getenv("STROP_DATA");
  const auto root = given != nullptr ? fs::path(given) : fs::path(STROP_SOURCE_DIR).parent_path() / "shared";
  const auto folder = root / "data/bccd";
  if (!fs::is_directory(folder)) GTEST_SKIP() << "no data/bccd in the folder that STROP_DATA names";
  Options options;
  options.data = folder.string();
  const auto data = load_box_data(options, {.threads = 2});
  EXPECT_EQ(data.label_names, (std::vector<std::string>{"Platelets", "RBC", "WBC"}));
  EXPECT_EQ(data.train.size(), 205U);
  EXPECT_EQ(data.validation.size(), 87U);
  EXPECT_EQ(data.test.size(), 72U);
  EXPECT_TRUE(data.skipped.empty());
  int degenerate = 0;
  for (const auto& note : data.notes) {
    if (note.find("boxes have no area") != std::string::npos) degenerate += std::stoi(note);
  }
  EXPECT_EQ(degenerate, 2);
}

}  // namespace
}  // namespace strop
