#include "data/image_data.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <set>

#include "data/split_files.h"
#include "errors.h"
#include "image/encode.h"
#include "image_archives.h"
#include "temp_folder.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

// A folder of small JPEG files, written where they are named.
class PictureFolder : public testing::Test {
 protected:
  void put(const std::string& name, const std::string& bytes) const {
    fs::create_directories((fs::path(folder_.path()) / name).parent_path());
    folder_.write(name, bytes);
  }
  void put(const std::string& name) const { put(name, encode_jpeg(Picture(8, 6, 200, 30, 10).view())); }
  std::string path(const std::string& name = "") const { return (fs::path(folder_.path()) / name).string(); }
  Options options(const std::string& data = "") const {
    Options result;
    result.data = path(data);
    return result;
  }
  ImageData load(const std::string& data = "") const { return load_image_data(options(data), {}); }

  TempFolder folder_;
};

std::vector<std::string> names_of(const ImageSplit& split) {
  std::vector<std::string> names;
  for (const auto& sample : split.samples) names.push_back(sample.name);
  return names;
}

bool notes_hold(const ImageData& data, const std::string& text) {
  for (const auto& note : data.notes) {
    if (note.find(text) != std::string::npos) return true;
  }
  return false;
}

using ImageFolder = PictureFolder;
using ImageTable = PictureFolder;
using ImageArchive = PictureFolder;
using ImageIdx = PictureFolder;

TEST_F(ImageFolder, SplitsAndClassesByName) {
  for (const char* name : {"train/b/2.jpg", "train/b/1.jpg", "train/B/1.jpg", "train/10/x.jpg", "train/9/deep/er/x.jpg",
                           "Valid/b/v.jpg", "test/9/t.jpg", "extra/9/e.jpg", "train/stray.jpg"}) {
    put(name);
  }
  const ImageData data = load();
  EXPECT_EQ(data.label_names, (std::vector<std::string>{"10", "9", "B", "b"}));  // by bytes, as torchvision
  EXPECT_EQ(names_of(data.train),
            (std::vector<std::string>{path("train/10/x.jpg"), path("train/9/deep/er/x.jpg"), path("train/B/1.jpg"),
                                      path("train/b/1.jpg"), path("train/b/2.jpg")}));
  EXPECT_EQ(data.train.labels(), (std::vector<std::int32_t>{0, 1, 2, 3, 3}));
  EXPECT_EQ(data.validation.labels(), (std::vector<std::int32_t>{3}));
  EXPECT_EQ(data.test.labels(), (std::vector<std::int32_t>{1}));
  EXPECT_TRUE(notes_hold(data, "1 picture outside of a class's folder"));
  EXPECT_TRUE(notes_hold(data, "1 picture outside of train, validation and test"));
}

TEST_F(ImageFolder, ClassesAloneAreSplitByClass) {
  for (int i = 0; i < 20; ++i) put("cat/" + std::to_string(i) + ".jpg"), put("dog/" + std::to_string(i) + ".jpg");
  Options chosen = options();
  chosen.val_size = 0.2;
  const ImageData data = load_image_data(chosen, {});
  EXPECT_EQ(data.train.size(), 32U);
  const auto held = data.validation.labels();
  EXPECT_EQ(std::count(held.begin(), held.end(), 0), 4);
  EXPECT_EQ(std::count(held.begin(), held.end(), 1), 4);
  EXPECT_EQ(names_of(load_image_data(chosen, {}).validation), names_of(data.validation));
  chosen.max_train_samples = 10;
  EXPECT_EQ(load_image_data(chosen, {}).train.size(), 10U);
}

TEST_F(ImageFolder, CopiesOfAPictureAreSaidAndStayTogether) {
  const auto jpeg = [](int shade) {
    return encode_jpeg(Picture(8, 6, static_cast<std::uint8_t>(shade), 30, 10).view());
  };
  for (int i = 0; i < 12; ++i) {
    put("train/cat/" + std::to_string(i) + ".jpg", jpeg(10 * (i / 2)));  // each of these twice
    put("train/dog/" + std::to_string(i) + ".jpg", jpeg(121 + 10 * i));
  }
  for (int i = 0; i < 6; ++i) put("test/dog/" + std::to_string(i) + ".jpg", jpeg(10 * i));
  put("test/cat/0.jpg", jpeg(10));
  Options chosen = options();
  chosen.val_size = 0.25;
  const ImageData data = load_image_data(chosen, {});
  EXPECT_TRUE(notes_hold(data, "train: 6 of 24 pictures are copies of earlier ones (" + path("train/cat/1.jpg") +
                                   " = " + path("train/cat/0.jpg")));
  EXPECT_TRUE(notes_hold(data, "6 of 7 test pictures also stand in training, 5 of them with another label"));
  EXPECT_TRUE(notes_hold(data, "test: 1 of 7 pictures are copies of earlier ones, 1 of them with another label (" +
                                   path("test/dog/1.jpg") + " = " + path("test/cat/0.jpg")));
  EXPECT_TRUE(notes_hold(data, "1 of 7 test pictures also stand in validation"));
  EXPECT_FALSE(notes_hold(data, "validation pictures also stand")) << "copies are held out together";
  EXPECT_EQ(data.groups.size(), data.train.size());
  EXPECT_EQ(std::set<std::int64_t>(data.groups.begin(), data.groups.end()).size(), data.train.size() - 5U);
  EXPECT_TRUE(load_image_data(chosen, {.check = false}).groups.empty()) << "nobody looked";
}

TEST_F(ImageFolder, AParentFolderIsLookedThrough) {
  for (const char* name : {"clothes/train/hat/1.jpg", "clothes/train/shoe/1.jpg", "clothes/val/hat/1.jpg"}) put(name);
  const ImageData data = load();
  EXPECT_EQ(data.label_names, (std::vector<std::string>{"hat", "shoe"}));
  EXPECT_EQ(data.validation.size(), 1U);
}

TEST_F(ImageFolder, OddNames) {
  const std::string longest(250, 'x');
  for (const std::string name : {"a b/c d.jpg", "t\xC3\xA4sche/\xE6\x9C\x8D.jpeg"})
    put("train/" + name), put("val/" + name);
  put("train/" + longest + "/1.JPG");
  put("train/a b/.hidden.jpg");
  put("train/.git/x.jpg");
  put("train/a b/notes.txt", "not a picture");
  const ImageData data = load();
  EXPECT_EQ(data.label_names, (std::vector<std::string>{"a b", "t\xC3\xA4sche", longest}));
  EXPECT_EQ(data.train.size(), 3U);
  EXPECT_TRUE(data.skipped.empty());
  EXPECT_TRUE(notes_hold(data, "a file without a picture's ending"));
}

TEST_F(ImageFolder, LinksAreFollowedAndLoopsAreCut) {
  put("train/a/1.jpg"), put("train/b/1.jpg"), put("val/a/1.jpg"), put("elsewhere/2.jpg");
  fs::create_directory_symlink("..", path("train/a/loop"));
  fs::create_directory_symlink(path("elsewhere"), path("train/a/more"));
  const ImageData data = load();
  // a/loop leads to train/, whose a/ is being walked already and whose b/ is not.
  EXPECT_EQ(data.train.size(), 3U) << testing::PrintToString(names_of(data.train));
  EXPECT_TRUE(notes_hold(data, "a/loop: a link back to a folder above it, not followed"));
}

TEST_F(ImageFolder, AClassThatValidationLacksIsSaid) {
  for (const char* name : {"train/a/1.jpg", "train/b/1.jpg", "train/c/1.jpg", "val/b/2.jpg"}) put(name);
  EXPECT_TRUE(notes_hold(load(), "no validation picture of some classes: a, c"));
  put("val/a/2.jpg");
  EXPECT_TRUE(notes_hold(load(), "no validation picture of a class: c"));
  put("val/c/2.jpg");
  EXPECT_FALSE(notes_hold(load(), "no validation picture"));
}

TEST_F(ImageFolder, ASinglePictureOrAnotherArchiveIsNoTable) {
  put("one.png"), put("set.zip", "PK");
  expect_parts(message_of(ErrorKind::data, [&] { load("one.png"); }), {"one.png: found a single picture", "folder"});
  expect_parts(message_of(ErrorKind::data, [&] { load("set.zip"); }), {"set.zip: archives of this kind", "unpack it"});
  EXPECT_TRUE(looks_like_image_data(path("set.zip")));
}

TEST_F(ImageFolder, DamagedFilesAreListedAndSkippedOrRefused) {
  for (const char* name : {"train/a/1.jpg", "train/a/2.jpg", "train/b/1.jpg", "val/a/1.jpg"}) put(name);
  put("train/a/empty.jpg", "");
  put("train/a/text.jpg", "I am no picture\n");
  put("train/b/anim.gif", "GIF89a");
  std::string cut = encode_jpeg(Picture(64, 64, 9, 9, 9).view());
  cut.resize(cut.size() * 2 / 3);
  put("train/b/cut.jpg", cut);
  const ImageData data = load();
  EXPECT_EQ(data.train.size(), 3U);
  ASSERT_EQ(data.skipped.size(), 4U);
  EXPECT_EQ(data.skipped[0].name, path("train/b/anim.gif"));
  EXPECT_EQ(data.skipped[1].name, path("train/a/empty.jpg"));
  EXPECT_NE(data.skipped[1].reason.find("the file is empty"), std::string::npos);
  EXPECT_NE(data.skipped[2].reason.find("found text"), std::string::npos);
  EXPECT_NE(data.skipped[3].reason.find("truncated"), std::string::npos);
  EXPECT_TRUE(notes_hold(data, "4 skipped:"));
  expect_parts(message_of(ErrorKind::data, [&] { load_image_data(options(), {.strict = true}); }),
               {"train/b/anim.gif: pictures", "(the first of 4 pictures or folders that can't be used; strict is set"});
  EXPECT_EQ(load_image_data(options(), {.threads = 3}).skipped.size(), 4U);
  EXPECT_EQ(load_image_data(options(), {.check = false}).train.size(), 6U);
}

TEST_F(ImageFolder, WhatCannotBeUsedIsOneClearMessage) {
  const auto message = [&](const std::string& data) { return message_of(ErrorKind::data, [&] { load(data); }); };
  fs::create_directories(path("nothing"));
  put("single/hat/1.jpg"), put("single/hat/2.jpg");
  expect_parts(message("single"), {"all 2 training pictures are of the class 'hat'", "at least two classes"});
  expect_parts(message("nothing"), {"nothing: no training pictures; expected a folder for each class"});
  expect_parts(message("absent"), {"absent", "no such file"});
  put("classes/train/hat/1.jpg"), put("classes/val/hats/1.jpg");
  expect_parts(message("classes"), {"class 'hats' is not among the training classes: hat", "did you mean hat?"});
  put("bad/train/a/1.jpg", "x"), put("bad/train/b/1.jpg");
  expect_parts(message("bad"), {"no usable training picture of class 'a'"});
  put("worse/train/a/1.jpg", "x");
  expect_parts(message("worse"), {"none of 1 pictures can be used; the first: ", "found text"});
  put("twice/train/a/1.jpg"), put("twice/val/a/1.jpg"), put("twice/valid/a/1.jpg");
  expect_parts(message("twice"), {"for one split", "val", "valid"});
  put("empty/train/a/1.jpg"), put("empty/train/c/1.jpg"), put("empty/val/a/1.jpg");
  fs::create_directories(path("empty/train/b"));
  EXPECT_TRUE(notes_hold(load("empty"), "empty/train/b: no pictures in this folder"));
  fs::remove_all(path("empty/train/c"));
  expect_parts(message("empty"), {"of the class 'a'", "; ", "empty/train/b: no pictures in this folder"});
  put("pipe/train/a/1.jpg"), put("pipe/train/b/1.jpg"), put("pipe/val/a/1.jpg");
  ASSERT_EQ(::mkfifo(path("pipe/train/a/2.jpg").c_str(), 0600), 0);
  EXPECT_TRUE(notes_hold(load("pipe"), "is not a regular file"));
}

TEST_F(ImageFolder, UnreadableFoldersAreListed) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads every folder";
  put("train/a/1.jpg"), put("train/b/1.jpg"), put("train/locked/1.jpg"), put("val/a/1.jpg");
  ::chmod(path("train/locked").c_str(), 0);
  const ImageData data = load();
  ::chmod(path("train/locked").c_str(), 0755);
  ASSERT_EQ(data.skipped.size(), 1U);
  EXPECT_NE(data.skipped[0].reason.find("can't list the folder"), std::string::npos);
}

TEST_F(ImageFolder, SplitsWithoutATrainingFolderAreNoClasses) {
  const auto message = [&](const std::string& data) { return message_of(ErrorKind::data, [&] { load(data); }); };
  put("typo/trian/a/1.jpg"), put("typo/trian/b/1.jpg"), put("typo/validation/a/1.jpg"), put("typo/test/b/1.jpg");
  expect_parts(message("typo"), {"typo: found test/ and validation/ but no train/", "did you mean trian/?"});
  put("absent/val/a/1.jpg"), put("absent/val/b/1.jpg");
  expect_parts(message("absent"), {"found val/ but no train/", "add train/"});
  put("empty/test/a/1.jpg"), put("empty/test/b/1.jpg");
  fs::create_directories(path("empty/train/a"));
  expect_parts(message("empty"), {"found test/ but no train/", "the training folder holds no pictures"});
  put("foreign/test/a/1.jpg"), put("foreign/train/a/1.gif", "GIF89a");
  expect_parts(message("foreign"), {"train/a/1.gif: pictures of this format are not read"});
  put("flat/train/1.jpg"), put("flat/test/1.jpg");
  expect_parts(message("flat"), {"found test/ but no train/", "the training folder holds no folders of classes"});

  for (const char* name : {"train/1", "train/2", "bus/1", "bus/2"}) put(fmt::format("vehicles/{}.jpg", name));
  Options chosen = options("vehicles");
  chosen.val_size = 0.5;
  const auto vehicles = load_image_data(chosen, {}).label_names;
  EXPECT_EQ(vehicles, (std::vector<std::string>{"bus", "train"})) << "a class called train";
  std::vector<SkippedPicture> skipped;
  std::vector<std::string> notes;
  EXPECT_EQ(load_evaluation_pictures(options("absent"), {"a", "b"}, {}, skipped, notes).size(), 2U);
}

TEST_F(ImageFolder, AnUnreadableTrainingFolderIsSaid) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads every folder";
  put("train/a/1.jpg"), put("train/b/1.jpg"), put("validation/a/1.jpg"), put("validation/b/1.jpg");
  for (const ::mode_t mode : {0, 0400}) {  // the second may be listed, but nothing in it can be opened
    ::chmod(path("train").c_str(), mode);
    const auto said = message_of(ErrorKind::data, [&] { load(); });
    ::chmod(path("train").c_str(), 0755);
    expect_parts(said, {"found validation/ but no train/", "train: can't list the folder: Permission denied"});
  }
}

TEST_F(ImageFolder, TheCauseIsSaidWithWhatIsMissing) {
  const auto message = [&](const std::string& data) { return message_of(ErrorKind::data, [&] { load(data); }); };
  put("bad/train/a/1.jpg", "x"), put("bad/train/b/1.jpg");
  expect_parts(message("bad"), {"no usable training picture of class 'a'", "train/a/1.jpg: ", "found text"});
  put("gone.csv", "file_name,label\ngone.jpg,a\nbad/train/b/1.jpg,b\n");
  expect_parts(message("gone.csv"), {"no usable training picture of class 'a'", "gone.jpg: no such file"});
  put("gif/train/a/1.jpg"), put("gif/train/b/1.gif", "GIF89a"), put("gif/val/b/1.jpg");
  expect_parts(message("gif"), {"class 'b' is not among the training classes", "train/b/1.gif: pictures of this"});
  fs::remove_all(path("gif/val"));
  expect_parts(message("gif"), {"all 1 training pictures are of the class 'a'", "train/b/1.gif: pictures of this"});
  put("half/train/a/1.jpg"), put("half/train/b/1.jpg"), put("half/val/a/1.gif", "GIF89a");
  expect_parts(message("half"), {"half/val: no picture there can be used", "val/a/1.gif: pictures of this format"});
  std::vector<SkippedPicture> skipped;
  expect_parts(message_of(ErrorKind::data, [&] { load_prediction_pictures(path("gif/train/b"), {}, {}, skipped); }),
               {"no pictures to predict on", "b/1.gif: pictures of this format are not read"});
}

TEST_F(ImageFolder, UnreadableFoldersAreTheCauseThatIsSaid) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads every folder";
  put("train/a/1.jpg"), put("train/b/1.jpg"), put("train/c/1.jpg"), put("validation/c/1.jpg");
  const auto said = [&](const char* locked, const std::function<void()>& act) {
    ::chmod(path(locked).c_str(), 0);
    const auto message = message_of(ErrorKind::data, act);
    ::chmod(path(locked).c_str(), 0755);
    return message;
  };
  expect_parts(said("train/c", [&] { load(); }), {"class 'c' is not among", "train/c: can't list the folder: Perm"});
  expect_parts(said("validation", [&] { load(); }), {"validation: no picture there can be used", "can't list"});
  std::vector<SkippedPicture> skipped;
  expect_parts(said("train", [&] { load_prediction_pictures(path("train"), {}, {}, skipped); }),
               {"no pictures to predict on", "can't list the folder: Permission denied"});
  ::chmod(path("train/a").c_str(), 0);
  EXPECT_TRUE(looks_like_image_data(path()));
  ::chmod(path("train/a").c_str(), 0755);
  fs::remove_all(path("validation"));
  std::vector<std::string> notes;
  expect_parts(said("train", [&] { find_split_files(options(), notes); }), {"no training file", "can't list", "Permi"});
}

TEST_F(ImageTable, PathsAndLabels) {
  put("pictures/1.jpg"), put("pictures/2.jpg"), put("pictures/3.jpg");
  put("train.csv", "file_name,label\npictures/1.jpg,hat\npictures/2.jpg,shoe\npictures/gone.jpg,hat\n");
  put("test.csv", "file_name,label\npictures/3.jpg,shoe\n");
  Options chosen = options();
  chosen.val_size = 0;
  for (const char* data : {"", "train.csv"}) {
    chosen.data = path(data);
    const ImageData loaded = load_image_data(chosen, {});
    EXPECT_EQ(loaded.label_names, (std::vector<std::string>{"hat", "shoe"}));
    EXPECT_EQ(loaded.train.labels(), (std::vector<std::int32_t>{0, 1}));
    ASSERT_EQ(loaded.skipped.size(), 1U);
    expect_parts(loaded.skipped[0].reason, {"pictures/gone.jpg: no such file", "train.csv:4"});
    EXPECT_EQ(loaded.test.size(), *data == 0 ? 1U : 0U);
  }
}

TEST_F(ImageTable, WithoutAHeaderAndWithNamedColumns) {
  put("1.jpg"), put("2.jpg");
  put("bare.csv", "7,1.jpg\n10,2.jpg\n");
  put("named.tsv", "kind\tcomment\twhere\na\tx\t1.jpg\nb\ty\t2.jpg\n");
  Options chosen = options("bare.csv");
  chosen.val_size = 0;
  EXPECT_EQ(load_image_data(chosen, {}).label_names, (std::vector<std::string>{"7", "10"}));
  chosen.data = path("named.tsv");
  expect_parts(message_of(ErrorKind::data, [&] { load_image_data(chosen, {}); }),
               {"no column of paths; found kind, comment, where", "columns=image=NAME"});
  chosen.columns = {{"image", "where"}, {"label", "kind"}};
  EXPECT_EQ(load_image_data(chosen, {}).label_names, (std::vector<std::string>{"a", "b"}));
  chosen.columns["label"] = "kinds";
  expect_parts(message_of(ErrorKind::data, [&] { load_image_data(chosen, {}); }), {"did you mean kind?"});
}

TEST_F(ImageArchive, TarOfAFolder) {
  const std::string jpeg = encode_jpeg(Picture(8, 6, 1, 2, 3).view());
  const std::string longest = "set/train/hat/" + std::string(120, 'n') + ".jpg";
  const std::string tar = tar_of({{"set/train/hat/1.jpg", jpeg},
                                  {"./set/train/shoe/a b.jpg", jpeg},
                                  {longest, jpeg},
                                  {"set/val/hat/1.jpg", jpeg},
                                  {"set/train/hat/._1.jpg", "x"},
                                  {"../set/train/hat/out.jpg", jpeg},
                                  {"set/train/shoe/broken.jpg", "x"}});
  put("set.tar", tar);
  put("set.tgz", gzip_of(tar));
  for (const char* name : {"set.tar", "set.tgz"}) {
    const ImageData data = load(name);
    EXPECT_EQ(data.label_names, (std::vector<std::string>{"hat", "shoe"}));
    EXPECT_EQ(names_of(data.train),
              (std::vector<std::string>{path(name) + ":set/train/hat/1.jpg", path(name) + ":" + longest,
                                        path(name) + ":set/train/shoe/a b.jpg"}));
    EXPECT_EQ(data.validation.size(), 1U);
    ASSERT_EQ(data.skipped.size(), 1U);
    HeldBytes held;
    const PictureSource source = source_of(data.train.samples[1], held);
    EXPECT_EQ(source.bytes, jpeg);
  }
  put("cut.tar", tar.substr(0, tar.size() / 2));
  expect_parts(message_of(ErrorKind::data, [&] { load("cut.tar"); }), {"cut.tar: the archive is truncated (at byte "});
  std::string damaged = tar;
  damaged[10] ^= 1;
  put("damaged.tar", damaged);
  expect_parts(message_of(ErrorKind::data, [&] { load("damaged.tar"); }),
               {"the header of a file is damaged (at byte 0)"});
}

TEST_F(ImageArchive, HardLinksAreTheFilesThatTheyNameOthersAreListed) {
  const std::string jpeg = encode_jpeg(Picture(8, 6, 1, 2, 3).view());
  const std::string far = "train/b/" + std::string(120, 'n') + ".jpg";
  const auto files = tar_of({{"train/a/1.jpg", jpeg}, {"train/b/1.jpg", jpeg}, {far, jpeg}, {"val/a/1.jpg", jpeg}});
  put("links.tar", files.substr(0, files.size() - 1024) + tar_header("train/b/2.jpg", 0, '1', "./train/a/1.jpg") +
                       tar_header("train/b/3.jpg", 0, '1', "train/b/2.jpg") +
                       tar_header("././@LongLink", far.size() + 1, 'K') + padded(far + '\0') +
                       tar_header("train/a/4.jpg", 0, '1', far.substr(0, 100)) +
                       tar_header("train/a/5.jpg", 0, '2', "1.jpg") + tar_header("train/a/6.jpg", 0, '1', "gone.jpg") +
                       std::string(1024, '\0'));
  const ImageData data = load("links.tar");
  EXPECT_EQ(data.train.size(), 6U) << testing::PrintToString(names_of(data.train));
  for (const auto& sample : data.train.samples) {
    HeldBytes held;
    EXPECT_EQ(source_of(sample, held).bytes, jpeg) << sample.name;
  }
  ASSERT_EQ(data.skipped.size(), 2U);
  expect_parts(data.skipped[0].reason, {"links.tar:train/a/5.jpg: a link to 1.jpg, which is not followed"});
  expect_parts(data.skipped[1].reason, {"links.tar:train/a/6.jpg: a link to gone.jpg"});
}

TEST_F(ImageArchive, AFileThatIsNoTarIsCalledSo) {
  put("short.tar", "nothing at all\n");
  put("long.tar", std::string(2000, 'x'));
  put("packed.tar.gz", gzip_of("nothing at all\n"));
  for (const char* name : {"short.tar", "long.tar", "packed.tar.gz"}) {
    expect_parts(message_of(ErrorKind::data, [&] { load(name); }), {name, ": is no tar archive"});
  }
}

TEST_F(ImageIdx, MnistFiles) {
  std::string pixels;
  for (int i = 0; i < 4 * 2 * 3; ++i) pixels += static_cast<char>(i);
  put("train-images-idx3-ubyte.gz", gzip_of(idx_of({4, 2, 3}, pixels)));
  put("train-labels-idx1-ubyte", idx_of({4}, std::string("\x0A\x02\x0A\x02", 4)));
  put("t10k-images-idx3-ubyte", idx_of({1, 2, 3}, "abcdef"));
  put("t10k-labels-idx1-ubyte", idx_of({1}, "\x02"));
  Options chosen = options();
  chosen.val_size = 0.5;
  const ImageData data = load_image_data(chosen, {});
  EXPECT_EQ(data.label_names, (std::vector<std::string>{"2", "10"}));
  EXPECT_EQ(data.train.size(), 2U);
  EXPECT_EQ(data.validation.size(), 2U);
  EXPECT_EQ(data.test.labels(), (std::vector<std::int32_t>{0}));
  HeldBytes held;
  const Picture picture = decode_source(source_of(data.test.samples[0], held));
  EXPECT_EQ(picture.width(), 3);
  EXPECT_EQ(picture.row(1)[0], 'd');
  put("t10k-labels-idx1-ubyte", idx_of({2}, "\x02\x02"));
  expect_parts(message_of(ErrorKind::data, [&] { load(); }), {"found 2 labels for the 1 pictures"});
  put("t10k-images-idx3-ubyte", idx_of({9, 2, 3}, "abcdef"));
  expect_parts(message_of(ErrorKind::data, [&] { load(); }), {"found 6 bytes of data, expected 54"});
}

TEST_F(ImageFolder, PredictionTakesEverything) {
  put("b/2.jpg"), put("1.jpg"), put("broken.png", "x");
  std::vector<SkippedPicture> skipped;
  EXPECT_EQ(names_of(load_prediction_pictures(path(), {}, {}, skipped)),
            (std::vector<std::string>{path("1.jpg"), path("b/2.jpg")}));
  EXPECT_EQ(skipped.size(), 1U);
  EXPECT_EQ(load_prediction_pictures(path("b/2.jpg"), {}, {}, skipped).labels(), (std::vector<std::int32_t>{-1}));
  put("list.csv", "file_name\n1.jpg\n");
  EXPECT_EQ(load_prediction_pictures(path("list.csv"), {}, {}, skipped).size(), 1U);
}

TEST_F(ImageFolder, EvaluationTakesTheTestSplitAndTheModelsNames) {
  put("train/a/1.jpg"), put("test/b/1.jpg"), put("test/a/1.jpg");
  std::vector<SkippedPicture> skipped;
  std::vector<std::string> notes;
  const auto split = load_evaluation_pictures(options(), {"b", "a"}, {}, skipped, notes);
  EXPECT_EQ(split.labels(), (std::vector<std::int32_t>{1, 0}));
  EXPECT_THROW(load_evaluation_pictures(options(), {"a", "c"}, {}, skipped, notes), Error);
}

TEST_F(ImageFolder, LooksLikePictures) {
  put("text/train.csv", "text,label\nx,1\n"), put("pictures/a/1.png"), put("mnist/train-images-idx3-ubyte.gz", "");
  EXPECT_FALSE(looks_like_image_data(path("text")));
  EXPECT_TRUE(looks_like_image_data(path("pictures")));
  EXPECT_TRUE(looks_like_image_data(path("mnist")));
  EXPECT_TRUE(looks_like_image_data("set.tar.gz"));
  EXPECT_FALSE(looks_like_image_data(path("absent")));
}

TEST(RealPictures, ClothingSmall) {
  const char* given = std::getenv("STROP_DATA");
  const auto root = given != nullptr ? fs::path(given) : fs::path(STROP_SOURCE_DIR).parent_path() / "shared";
  const auto folder = root / "data/clothing-small";
  if (!fs::is_directory(folder)) GTEST_SKIP() << "no data/clothing-small in the folder that STROP_DATA names";
  Options options;
  options.data = folder.string();
  const ImageData data = load_image_data(options, {.threads = 2});
  EXPECT_EQ(data.label_names.size(), 10U);
  EXPECT_EQ(data.train.size(), 600U);
  EXPECT_EQ(data.validation.size(), 186U);
  EXPECT_EQ(data.test.size(), 372U);
  EXPECT_TRUE(data.skipped.empty());
}

}  // namespace
}  // namespace strop
