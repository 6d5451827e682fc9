#include "data/boxes/category_ids.h"

#include <gtest/gtest.h>

namespace strop {
namespace {

using Ids = std::vector<std::int64_t>;

const std::vector<std::string> kLabels = {"cat", "dog", "owl", "hat"};  // the last two are added

TEST(AddedIds, AreTheFilesWhereTheyAreFree) {
  std::vector<std::string> notes;
  EXPECT_EQ(ids_with_added({3, 7}, kLabels, 2, {91, 5}, notes), (Ids{3, 7, 91, 5}));
  EXPECT_EQ(notes, (std::vector<std::string>{"category ids of added classes, from the file: owl 91, hat 5"}));
}

TEST(AddedIds, AreCountedOnWhereAnotherHasThem) {
  std::vector<std::string> notes;
  EXPECT_EQ(ids_with_added({3, 7}, kLabels, 2, {7, 12}, notes), (Ids{3, 7, 13, 12})) << "beyond the file's as well";
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_NE(notes[0].find("hat 12"), std::string::npos) << notes[0];
  EXPECT_NE(notes[1].find("owl 13 (the file's 7 is that of dog)"), std::string::npos) << notes[1];
}

TEST(AddedIds, OfFilesWithoutNumbers) {
  std::vector<std::string> notes;
  EXPECT_EQ(ids_with_added({3, 90}, kLabels, 2, {}, notes), (Ids{3, 90, 91, 92}));
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_NE(notes[0].find("counted on from the largest: owl 91, hat 92"), std::string::npos) << notes[0];
  notes.clear();
  EXPECT_TRUE(ids_with_added({}, kLabels, 2, {}, notes).empty());
  EXPECT_TRUE(notes.empty());
}

// A model without numbers predicts 1 .. n: they are its own.
TEST(AddedIds, OfAModelWithoutNumbers) {
  std::vector<std::string> notes;
  EXPECT_EQ(ids_with_added({}, kLabels, 2, {2, 20}, notes), (Ids{1, 2, 21, 20}));
  EXPECT_EQ(ids_with_added({}, kLabels, 2, {1, 2}, notes), (Ids{1, 2, 3, 4}));
  EXPECT_EQ(ids_with_added({40}, kLabels, 2, {41, 2}, notes), (Ids{40, 2, 41, 42}))
      << "of its second class it says nothing";
}

TEST(IdsInFile, AreTheFilesThenTheModels) {
  EXPECT_EQ(ids_in_file({3, 7, 8, 9}, kLabels, {}), (Ids{3, 7, 8, 9}));
  EXPECT_EQ(ids_in_file({}, kLabels, {}), (Ids{1, 2, 3, 4}));
  EXPECT_EQ(ids_in_file({3, 7, 8, 9}, kLabels, {{"owl", 50}, {"dog", 60}}), (Ids{3, 60, 50, 9}));
  EXPECT_EQ(ids_in_file({}, kLabels, {{"owl", 1}, {"fox", 4}}), (Ids{5, 2, 1, 6})) << "1 and 4 are others' there";
  EXPECT_EQ(ids_in_file({}, kLabels, {{"fox", 1}, {"elk", 90}}), (Ids{91, 2, 3, 4}));
}

}  // namespace
}  // namespace strop
