#include "helpers.h"
#include "pickle_bytes.h"
#include "weights/safetensors.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

std::string one_tensor(const std::string& name, char value) {
  auto content = safetensors_bytes(R"({")" + name + R"(":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1);
  content.back() = value;
  return content;
}

void write_shards(const fs::path& folder) {
  spill(folder / "model-00001-of-00002.safetensors", one_tensor("a", 1));
  spill(folder / "model-00002-of-00002.safetensors", one_tensor("b", 2));
  spill(folder / "model.safetensors.index.json",
        R"({"metadata":{"total_size":2},"weight_map":{"a":"model-00001-of-00002.safetensors",)"
        R"("b":"model-00002-of-00002.safetensors"}})");
}

TEST(WeightFiles, OneFileOrItsFolder) {
  TempFolder folder;
  spill(folder / "model.safetensors", one_tensor("a", 7));
  for (const auto& path : {folder.path(), folder / "model.safetensors"}) {
    const WeightFiles weights(path);
    ASSERT_EQ(weights.tensors().size(), 1u);
    EXPECT_EQ(weights.tensors().at("a").bytes[0], std::byte{7});
    EXPECT_EQ(weights.file_of("a"), folder / "model.safetensors");
  }
}

TEST(WeightFiles, ShardsByTheirIndex) {
  TempFolder folder;
  write_shards(folder.path());
  for (const auto& path : {folder.path(), folder / "model.safetensors.index.json"}) {
    const WeightFiles weights(path);
    ASSERT_EQ(weights.tensors().size(), 2u);
    EXPECT_EQ(weights.tensors().at("b").bytes[0], std::byte{2});
    EXPECT_EQ(weights.file_of("b"), folder / "model-00002-of-00002.safetensors");
  }
}

TEST(WeightFiles, AMissingShardIsNamed) {
  TempFolder folder;
  write_shards(folder.path());
  fs::remove(folder / "model-00002-of-00002.safetensors");
  const auto message = message_of(ErrorKind::model, [&] { WeightFiles{folder.path()}; });
  EXPECT_NE(message.find("model.safetensors.index.json: the shard model-00002-of-00002.safetensors"), std::string::npos)
      << message;
}

TEST(WeightFiles, ATensorThatTheShardLacksIsNamed) {
  TempFolder folder;
  write_shards(folder.path());
  spill(folder / "model-00002-of-00002.safetensors", one_tensor("c", 2));
  const auto message = message_of(ErrorKind::model, [&] { WeightFiles{folder.path()}; });
  EXPECT_NE(message.find("tensor 'b' should lie in model-00002-of-00002.safetensors"), std::string::npos) << message;
}

TEST(WeightFiles, ABrokenIndexIsRefused) {
  TempFolder folder;
  for (const char* index : {"", "{", "[]", "{}", R"({"weight_map":[]})", R"({"weight_map":{"a":1}})",
                            R"({"weight_map":{"a":"../x.safetensors"}})", R"({"weight_map":{"a":"x.bin"}})"}) {
    spill(folder / "model.safetensors.index.json", index);
    const auto message = message_of(ErrorKind::model, [&] { WeightFiles{folder.path()}; });
    EXPECT_NE(message.find("model.safetensors.index.json"), std::string::npos) << message;
    EXPECT_NE(message.find("expected"), std::string::npos) << message;
  }
}

TEST(WeightFiles, FilesOfTorchSaveOpenAlike) {
  TempFolder folder;
  const auto content = fake_zip({});
  for (const char* name : {"pytorch_model.bin", "best.pth", "model.pt", "last.ckpt", "last.pth.tar"}) {
    const auto file = folder / (std::string("in-") + name + "/" + name);
    spill(file, content);
    spill(file.parent_path() / "training_args.bin", "x");
    spill(file.parent_path() / "optimizer.pt", "x");
    for (const auto& path : {file.parent_path(), file}) {
      const WeightFiles weights(path);
      EXPECT_EQ(weights.tensors().at("w").shape, (std::vector<std::int64_t>{2, 3}));
      EXPECT_EQ(weights.file_of("w"), file);
    }
  }
  spill(folder / "in-best.pth/other.pth", content);
  const auto message = message_of(ErrorKind::model, [&] { WeightFiles{folder / "in-best.pth"}; });
  EXPECT_NE(message.find("2 weight files (best.pth, other.pth), expected one"), std::string::npos) << message;
}

TEST(WeightFiles, PickledShardsByTheirIndex) {
  TempFolder folder;
  spill(folder / "pytorch_model-00001-of-00001.bin", fake_zip({}));
  spill(folder / "pytorch_model.bin.index.json", R"({"weight_map":{"w":"pytorch_model-00001-of-00001.bin"}})");
  const WeightFiles weights(folder.path());
  EXPECT_EQ(weights.tensors().at("w").bytes.size(), 24u);
  EXPECT_EQ(weights.file_of("w"), folder / "pytorch_model-00001-of-00001.bin");
  spill(folder / "pytorch_model.bin.index.json", R"({"weight_map":{"w":"model.safetensors"}})");
  EXPECT_NE(message_of(ErrorKind::model, [&] { WeightFiles{folder.path()}; }).find("expected the name of a .bin file"),
            std::string::npos);
}

// Python itself prefers it, and nothing in it can run.
TEST(WeightFiles, SafetensorsComeFirst) {
  TempFolder folder;
  spill(folder / "pytorch_model.bin", fake_zip({}));
  spill(folder / "model.safetensors", one_tensor("a", 7));
  EXPECT_EQ(WeightFiles(folder.path()).file_of("a"), folder / "model.safetensors");
}

TEST(WeightFiles, NoWeightsAtAll) {
  TempFolder folder;
  spill(folder / "config.json", "{}");
  EXPECT_NE(message_of(ErrorKind::model, [&] { WeightFiles{folder.path()}; }).find("holds no weights"),
            std::string::npos);
  EXPECT_NE(message_of(ErrorKind::model, [&] { WeightFiles(folder / "none"); }).find("no such file or folder"),
            std::string::npos);
  EXPECT_NE(message_of(ErrorKind::model, [&] { WeightFiles(folder / "config.json"); }).find("is no weight file"),
            std::string::npos);
}

}  // namespace
}  // namespace strop
