#include "weights/pickled_file.h"

#include <cstdlib>

#include "core/clock.h"
#include "helpers.h"
#include "pickle_bytes.h"

namespace strop {
namespace {

namespace fs = std::filesystem;
const fs::path kData = fs::path(STROP_SOURCE_DIR) / "tests/data/weights/pickle";

void expect_same(const PickledFile& ours, const fs::path& expected) {
  const SafetensorsFile reference(expected);
  EXPECT_EQ(ours.tensors().size(), reference.tensors().size());
  for (const auto& [name, view] : reference.tensors()) {
    const auto found = ours.tensors().find(name);
    ASSERT_NE(found, ours.tensors().end()) << name;
    EXPECT_EQ(found->second.dtype, view.dtype) << name;
    EXPECT_EQ(found->second.shape, view.shape) << name;
    EXPECT_TRUE(std::ranges::equal(found->second.bytes, view.bytes)) << name;
  }
}

std::string expected_of(const std::string& name) {
  if (name.ends_with("-dtypes")) return "dtypes";
  if (name.starts_with("nested-")) return "nested";
  return name == "legacy-part" ? "part" : "views";
}

TEST(PickledFile, ReadsWhatPythonWrote) {
  std::size_t seen = 0;
  for (const auto& entry : fs::directory_iterator(kData)) {
    if (entry.path().extension() != ".pth") continue;
    SCOPED_TRACE(entry.path().filename());
    expect_same(PickledFile(entry.path()), kData / (expected_of(entry.path().stem()) + ".safetensors"));
    ++seen;
  }
  EXPECT_EQ(seen, 20u);
}

TEST(PickledFile, TensorsThatShareAStorageShareItsBytes) {
  for (const char* name : {"zip-views.pth", "legacy-views.pth"}) {
    const PickledFile file(kData / name);
    const auto& tensors = file.tensors();
    EXPECT_EQ(tensors.at("whole").bytes.data(), tensors.at("again").bytes.data());
    EXPECT_EQ(tensors.at("rows").bytes.data(), tensors.at("whole").bytes.data() + 6 * sizeof(float));
    EXPECT_NE(tensors.at("transposed").bytes.data(), tensors.at("whole").bytes.data());
  }
}

TEST(PickledFile, ThePlaceOfTheWeightsIsKept) {
  const auto read = [](const char* name) {
    const auto content = slurp(kData / name);
    return parse_pickled_weights(std::as_bytes(std::span(content)), name);
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(read("nested-ema.pth").place, (Names{"ema", "module"}));
  EXPECT_EQ(read("nested-ema.pth").others, Names{"model"});
  EXPECT_EQ(read("nested-timm.pth").place, Names{"state_dict_ema"});
  EXPECT_EQ(read("nested-timm.pth").others, Names{"state_dict"});
  EXPECT_EQ(read("nested-no-ema.pth").place, Names{"model"});
  EXPECT_TRUE(read("nested-no-ema.pth").others.empty());
  EXPECT_TRUE(read("zip-views.pth").place.empty());
}

// Each shorter file must give an Error and nothing else.
TEST(PickledFile, EveryTruncationIsAnError) {
  for (const char* name : {"zip-views.pth", "zip-64.pth", "nested-ema.pth", "legacy-views.pth", "legacy-dtypes.pth"}) {
    const auto content = slurp(kData / name);
    for (std::size_t size = 0; size < content.size(); ++size) {
      // A copy of that very size, so that the sanitizers see a read behind it.
      const std::vector<char> shorter(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(size));
      const auto message =
          message_of(ErrorKind::model, [&] { parse_pickled_weights(std::as_bytes(std::span(shorter)), "short.pth"); });
      ASSERT_TRUE(message.starts_with("short.pth")) << name << " " << size << ": " << message;
    }
  }
}

// Whatever one byte becomes, the views stay inside the file or its copies.
TEST(PickledFile, ADamagedByteIsAnErrorOrOtherValues) {
  for (const char* name : {"zip-64.pth", "legacy-part.pth"}) {
    const auto content = slurp(kData / name);
    std::size_t errors = 0;
    for (std::size_t at = 0; at < content.size(); ++at) {
      auto damaged = content;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x85);
      try {
        const auto weights = parse_pickled_weights(std::as_bytes(std::span(damaged)), "damaged.pth");
        for (const auto& [key, view] : weights.tensors) {
          std::size_t sum = 0;
          for (const auto byte : view.bytes) sum += std::to_integer<std::size_t>(byte);
          EXPECT_LE(sum, view.bytes.size() * 255);
        }
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::model);
        ++errors;
      }
    }
    EXPECT_GT(errors, 100u) << name;
  }
}

std::string message_of(const std::string& content) {
  return message_of(ErrorKind::model, [&] { parse_pickled_weights(std::as_bytes(std::span(content)), "m.pth"); });
}

TEST(PickledFile, SizesThatLieAreErrors) {
  struct Case {
    Fake fake;
    const char* message;
  };
  const Case cases[] = {
      {{.elements = 7}, "claims 7 elements of 4 bytes, but has 24 bytes"},
      {{.offset = 1}, "reaches beyond the 6 elements"},
      {{.shape = {4, 2}, .strides = {2, 1}}, "reaches beyond the 6 elements"},
      {{.shape = {2, 2}, .strides = {1, 5}}, "reaches beyond the 6 elements"},
      {{.shape = {2, 2}, .strides = {INT64_MAX, INT64_MAX}}, "reaches beyond"},
      {{.offset = INT64_MAX, .shape = {1}, .strides = {1}}, "reaches beyond"},
      {{.shape = {INT64_MAX, INT64_MAX}, .strides = {0, 0}}, "overflows"},
      {{.shape = {1 << 20, 1 << 20}, .strides = {0, 0}}, "more than four times the file"},
      {{.shape = {6}, .strides = {1, 1}}, "with arguments other than those of torch.save"},
      {{.shape = {-6}, .strides = {1}}, "with arguments other than those of torch.save"},
      {{.shape = {6}, .strides = {-1}}, "with arguments other than those of torch.save"},
      {{.elements = -6}, "a persistent id that is no storage"},
      {{.key = "1"}, "its storage '1' is not in the file"},
  };
  for (const auto& [fake, message] : cases) {
    EXPECT_NE(message_of(fake_zip(fake)).find(message), std::string::npos) << message_of(fake_zip(fake));
  }
  const auto good = fake_zip({});
  EXPECT_EQ(parse_pickled_weights(std::as_bytes(std::span(good)), "m").tensors.at("w").bytes.size(), 24u);
}

TEST(PickledFile, ForeignFilesAreToldApart) {
  EXPECT_NE(message_of("").find("is empty"), std::string::npos);
  EXPECT_NE(message_of("\n<!DOCTYPE html>").find("web page"), std::string::npos);
  EXPECT_NE(message_of("\x1f\x8b\x08").find("gzip"), std::string::npos);
  EXPECT_NE(message_of("version https://git-lfs.github.com/spec/v1\n").find("git lfs pull"), std::string::npos);
  EXPECT_NE(message_of(safetensors_bytes("{}        ", 0)).find("name it .safetensors"), std::string::npos);
  EXPECT_NE(message_of(std::string(257, '\0') + "ustar").find("tar archive"), std::string::npos);
  EXPECT_NE(message_of("\x80\x02K\x01.").find("was not run"), std::string::npos);
  EXPECT_NE(message_of("weights").find("is no file of torch.save"), std::string::npos);
  EXPECT_NE(message_of(zip_bytes({{"a/x", "1"}})).find("without data.pkl"), std::string::npos);
  EXPECT_NE(message_of(zip_bytes({{"a/data.pkl", "."}, {"b/data.pkl", "."}})).find("two entries"), std::string::npos);
  EXPECT_NE(message_of(zip_bytes({{"a/data.pkl", "."}, {"a/constants.pkl", ""}})).find("TorchScript"),
            std::string::npos);
  EXPECT_NE(message_of(zip_bytes({{"a/data.pkl", "."}, {"a/byteorder", "big"}})).find("big-endian"), std::string::npos);
}

TEST(PickledFile, WhatIsNoSetOfWeightsIsToldApart) {
  const auto of = [](const std::string& pickle) { return message_of(zip_bytes({{"a/data.pkl", pickle}})); };
  EXPECT_NE(of("\x80\x02].").find("holds a list, expected a dict"), std::string::npos);
  EXPECT_NE(of("\x80\x02K\x01.").find("holds a single value"), std::string::npos);
  EXPECT_NE(of("\x80\x02}.").find("holds no tensors by name"), std::string::npos);
  const auto dict = "}" + text_op("w") + tensor_ops({}) + "s";
  const auto both = "\x80\x02}(" + text_op("teacher") + dict + text_op("student") + dict + "u.";
  EXPECT_NE(of(both).find("several sets of weights (student, teacher)"), std::string::npos) << of(both);
}

TEST(PickledFile, DictsThatHoldEachOtherEnd) {
  // d["model"] = d["ema"] = d, at every level.
  const auto cycle = "\x80\x02}q" + std::string(1, '\0') + "(" + text_op("model") + "h" + std::string(1, '\0') +
                     text_op("ema") + "h" + std::string(1, '\0') + "u.";
  EXPECT_NE(message_of(zip_bytes({{"a/data.pkl", cycle}})).find("holds no tensors by name"), std::string::npos);
  std::string nested;
  for (int i = 0; i < 1'000'000; ++i) nested += "}" + text_op("model");
  nested = "\x80\x02" + nested + "}" + std::string(1'000'000, 's') + ".";
  EXPECT_NE(message_of(zip_bytes({{"a/data.pkl", nested}})).find("holds no tensors by name"), std::string::npos);
}

// Many names for one large dict: each look at it anew would take hours.
TEST(PickledFile, ADictOfManyNamesIsSearchedOnce) {
  constexpr int kEntries = 300'000;
  std::string pickle = "\x80\x02}(";
  for (int i = 0; i < kEntries; ++i) pickle += "NN";
  pickle +=
      "uq\x01"
      "0}(";
  for (int i = 0; i < kEntries; ++i) pickle += text_op(std::to_string(i)) + "h\x01";
  pickle += "u.";
  const Stopwatch watch;
  EXPECT_NE(message_of(zip_bytes({{"a/data.pkl", pickle}})).find("holds no tensors by name"), std::string::npos);
  EXPECT_LT(watch.seconds(), 20);
}

TEST(PickledFile, ReadsTheRealFiles) {
  const char* data = std::getenv("STROP_DATA");
  const fs::path models = fs::path(data != nullptr ? data : STROP_SOURCE_DIR "/../shared") / "models";
  const fs::path file = models / "fastestdet/fastestdet-coco-ap50-0.253.pth";
  if (!fs::exists(file)) GTEST_SKIP() << "STROP_DATA/models/fastestdet is absent";
  const Stopwatch watch;
  const PickledFile detector(file);  // tagged cuda
  EXPECT_LT(watch.seconds(), 0.2);
  ASSERT_EQ(detector.tensors().size(), 420u);
  std::size_t parameters = 0;
  for (const auto& [name, view] : detector.tensors()) {
    if (name.find("running_") != std::string::npos || view.dtype != "F32") continue;
    parameters += view.bytes.size() / sizeof(float);
  }
  EXPECT_EQ(parameters, 244'490u);
}

}  // namespace
}  // namespace strop
