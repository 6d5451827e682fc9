// Pictures, folders and weights as people really have them: one clear message, or a listed skip and a run that goes on.
#include "errors.h"
#include "program.h"
#include "train/picture_data.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

class PictureFailures : public testing::Test {
 protected:
  PictureFailures() { write_pictures(data(), {"cat", "dog"}, 6); }

  fs::path data() const { return job_.path("pictures"); }
  Words words(const std::string& verb, const Words& more = {}) const {
    Words all = {verb, "--model", tiny_picture_model().string(), "--threads", "1"};
    if (std::find(more.begin(), more.end(), "--data") == more.end()) all.insert(all.end(), {"--data", data().string()});
    if (verb == "train") {
      for (const auto* word : {"--method", "full", "max_steps=1", "precision=fp32"}) all.emplace_back(word);
      all.insert(all.end(), {"--out", job_.path("run").string()});
    }
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  ProgramRun run(const Words& all) const { return run_program_on(job_, all); }

  TinyJob job_;
};

// A PNG whose header promises more pixels than the limit.
std::string bomb() {
  const auto small = encode_png(picture_of(0, 0, 8).view());
  std::string bytes = small;
  bytes[18] = bytes[22] = 0x4E;  // 20,000 x 20,000; the checksum no longer fits, but the size is refused first
  bytes[19] = bytes[23] = 0x20;
  return bytes;
}

TEST_F(PictureFailures, DamagedFilesAreListedAndLeftOut) {
  const auto whole = encode_jpeg(picture_of(0, 1).view());
  write_file_atomic(data() / "train/cat/truncated.jpg", whole.substr(0, whole.size() / 2));
  write_file_atomic(data() / "train/cat/empty.jpg", "");
  write_file_atomic(data() / "train/dog/text.jpg", "I am no picture\n");
  write_file_atomic(data() / "train/dog/bomb.png", bomb());
  const auto done = run(words("train"));
  EXPECT_EQ(done.code, 0) << done.err;
  for (const auto* part : {"4 skipped", "truncated.jpg", "empty.jpg", "text.jpg", "bomb.png"}) {
    EXPECT_NE(done.err.find(part), std::string::npos) << part << " in " << done.err;
  }
  fs::remove_all(job_.path("run"));
  expect_failure(run(words("train", {"--strict"})), ErrorKind::data, {".jpg", "strict"});
  EXPECT_FALSE(fs::exists(job_.path("run")));

  const auto answers = run(words("predict", {"--data", (data() / "train/dog").string()}));
  EXPECT_EQ(answers.code, 0) << answers.err;
  EXPECT_NE(answers.out.find("\"error\""), std::string::npos) << answers.out;
  EXPECT_EQ(std::count(answers.out.begin(), answers.out.end(), '\n'), 8);
}

TEST_F(PictureFailures, EveryDamagedFileStandsInTheRunFolder) {
  std::vector<std::string> names;
  for (int i = 0; i < 9; ++i) {
    names.push_back((data() / "train/cat" / fmt::format("bad{}.jpg", i)).string());
    write_file_atomic(names.back(), "I am no picture\n");
  }
  const auto done = run(words("train"));
  EXPECT_EQ(done.code, 0) << done.err;
  expect_parts(done.err, {"9 skipped", "and 4 more; all of them stand in a run's skipped.txt"});
  const auto listed = job_.content("run", "skipped.txt");
  expect_parts(listed, names);
  EXPECT_EQ(std::count(listed.begin(), listed.end(), '\n'), 9);
  write_file_atomic(data() / "train/dog/anim.gif", "GIF89a");
  fs::remove_all(job_.path("run"));
  expect_failure(run(words("train", {"--strict"})), ErrorKind::data, {"anim.gif", "the first of 10 pictures or"});
}

TEST_F(PictureFailures, TheLimitOfPixelsCanBeSet) {
  expect_failure(run(words("train", {"max_pixels=100"})), ErrorKind::data, {"none of 12 pictures", "24 x 24"});
}

TEST_F(PictureFailures, AFolderThatIsNotThereIsSaid) {
  expect_failure(run(words("predict", {"--data", job_.path("typo").string()})), ErrorKind::data,
                 {"typo", "no such file or folder"});
}

TEST_F(PictureFailures, NamesThatAreNoUtf8AreShownWithSigns) {
  fs::create_directories(job_.path("latin"));
  std::ofstream(job_.path("latin") / "caf\xE9.png", std::ios::binary) << encode_png(picture_of(1, 9).view());
  const auto done = run(words("predict", {"--data", job_.path("latin").string()}));
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_NE(done.out.find("caf\xEF\xBF\xBD.png"), std::string::npos) << done.out;
}

TEST_F(PictureFailures, NamesOfAllKindsWork) {
  const auto picture = encode_png(picture_of(1, 9).view());
  const std::vector<std::string> names = {"with spaces (1).png", "\xE7\x8C\xAB-\xF0\x9F\x90\x88.png",
                                          std::string(246, 'n') + ".png", "quote'\"&<b>.png", "dots...png"};
  fs::create_directories(job_.path("odd"));
  for (const auto& name : names) std::ofstream(job_.path("odd") / name, std::ios::binary) << picture;
  const auto done = run(words("predict", {"--data", job_.path("odd").string(), "--draw", job_.path("drawn").string()}));
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(std::count(done.out.begin(), done.out.end(), '\n'), 5) << done.out;
  EXPECT_EQ(names_in(job_.path("drawn")).size(), 5U);
}

TEST_F(PictureFailures, LoopsOfLinksAreCutAndOnePixelIsAPicture) {
  fs::create_directory_symlink(data() / "train", data() / "train/cat/loop");
  write_file_atomic(data() / "train/cat/dot.png", encode_png(picture_of(0, 3, 1).view()));
  const auto done = run(words("train", {"augment=strong"}));
  EXPECT_EQ(done.code, 0) << done.err;
}

TEST_F(PictureFailures, ClassesThatDoNotFitAreNamed) {
  fs::create_directories(data() / "validation/catt");
  write_file_atomic(data() / "validation/catt/1.png", encode_png(picture_of(0, 3).view()));
  expect_failure(run(words("train")), ErrorKind::data, {"catt", "cat, dog"});
  fs::remove_all(data() / "validation/catt");
  fs::create_directories(data() / "train/emu");
  const auto done = run(words("train"));
  EXPECT_TRUE(done.code == 0 || done.code == static_cast<int>(ErrorKind::data)) << done.err;
  EXPECT_NE(done.err.find("emu"), std::string::npos) << done.err;
}

TEST_F(PictureFailures, AFolderThatMayNotBeReadIsListed) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  fs::create_directories(data() / "train/cat/locked");
  fs::permissions(data() / "train/cat/locked", fs::perms::none);
  const auto done = run(words("train"));
  fs::permissions(data() / "train/cat/locked", fs::perms::owner_all);
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_NE(done.err.find("locked"), std::string::npos) << done.err;
}

TEST_F(PictureFailures, TheTaskOfTheModelAndThatOfTheDataMustAgree) {
  Words texts = words("train");
  texts[2] = job_.model().string();
  expect_failure(run(texts), ErrorKind::data, {"image-classification", "text-classification", job_.model().string()});
  expect_failure(run(words("train", {"--task", "text-classification"})), ErrorKind::usage,
                 {"task", "image-classification"});
  expect_failure(run(words("train", {"augment=aeda"})), ErrorKind::usage, {"augment", "aeda"});
}

TEST_F(PictureFailures, WeightsOfAnotherFamilyAreRefused) {
  fs::create_directories(job_.path("mixed"));
  fs::copy(tiny_picture_model() / "config.json", job_.path("mixed") / "config.json");
  fs::copy(job_.model() / "model.safetensors", job_.path("mixed") / "model.safetensors");
  Words mixed = words("train");
  mixed[2] = job_.path("mixed").string();
  expect_failure(run(mixed), ErrorKind::model, {"mixed", "tensor"});
}

}  // namespace
}  // namespace strop
