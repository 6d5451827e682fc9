#include "data/boxes/coco_results.h"

#include <gtest/gtest.h>

#include "errors.h"

namespace strop {
namespace {

std::string refusal(const std::string& text) {
  return message_of(ErrorKind::data, [&] { parse_coco_results(text, "found.json"); });
}

TEST(CocoResults, AreReadInOrderWhateverElseTheyHold) {
  const auto all = parse_coco_results(
      R"( [{"bbox": [1.5, 2, 3, 4e1], "image_id": 7, "score": 0.25, "category_id": 0, "category_name": "a", "id": null,
            "segmentation": {"counts": "x", "size": [9, 9], "bbox": [0]}, "more": [[1], {"score": 5}]},
           {"category_id": 90, "image_id": 5000000000, "bbox": [0, 0, 0, 0], "score": 1}])",
      "found.json");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].rect, (Rect{1.5, 2, 3, 40}));
  EXPECT_EQ(all[0].image_id, 7);
  EXPECT_EQ(all[0].category_id, 0);
  EXPECT_EQ(all[0].score, 0.25);
  EXPECT_EQ(all[1].image_id, 5'000'000'000);
  EXPECT_EQ(all[1].score, 1);
  EXPECT_TRUE(parse_coco_results("[]", "found.json").empty());
}

TEST(CocoResults, NameWhatIsWrongAndWhere) {
  const std::string good = R"({"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5})";
  expect_parts(refusal("[" + good + ",\n" + good), {"found.json:2: broken JSON"});
  expect_parts(refusal(good), {"found.json: an object where a list was expected"});
  expect_parts(refusal("3"), {"where a list was expected"});
  expect_parts(refusal("[" + good + ", 7]"), {"[1] is 7; expected an object"});
  const auto one = [&](const std::string& members) { return refusal("[" + good + ", {" + members + "}]"); };
  expect_parts(one(R"("category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5)"),
               {"found.json: [1]: image_id is absent; expected a whole number"});
  expect_parts(one(R"("image_id": 1.5)"), {"image_id is 1.5"});
  expect_parts(one(R"("image_id": "seven")"), {"image_id is 'seven'"});
  expect_parts(one(R"("score": "high")"), {"score is 'high'; expected a number"});
  expect_parts(one(R"("score": [0.5])"), {"score is a list"});
  expect_parts(one(R"("bbox": 4)"), {"bbox is 4; expected [x, y, width, height]"});
  expect_parts(one(R"("bbox": [1, 2, null])"), {"bbox is a list with null"});
  expect_parts(one(R"("image_id": 1, "category_id": 1, "bbox": [1, 2, 3], "score": 1)"), {"bbox is a list of 3"});
}

}  // namespace
}  // namespace strop
