// Every tiny network of tests/data becomes an ONNX file. What a runtime computes from it: tests/interop/test_export.py.
#include "train/onnx_file.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/files.h"
#include "models/family.h"
#include "nn/compare.h"
#include "temp_folder.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

const fs::path kData = fs::path(STROP_SOURCE_DIR) / "tests" / "data";

// Places of the networks of one kind: a lone file where there is one.
std::vector<fs::path> networks(const std::string& kind) {
  std::vector<fs::path> places;
  for (const auto& entry : fs::directory_iterator(kData / kind)) {
    if (fs::exists(entry.path() / "weights.pth")) places.push_back(entry.path() / "weights.pth");
    if (fs::exists(entry.path() / "config.json")) places.push_back(entry.path());
  }
  return places;
}

TEST(OnnxFile, HoldsEveryNetworkOfPictures) {
  const TempFolder folder;
  for (const auto* kind : {"conv", "convnext", "vit"}) {
    const auto places = networks(kind);
    EXPECT_GE(places.size(), 3U) << kind;
    for (const auto& place : places) {
      SCOPED_TRACE(place.string());
      auto model = open_model(place, {}).model;
      model->input_form->height = model->input_form->width = 64;
      model->label_names[0] = "größte \"Katze\"";
      const auto file = folder.path() / "one.onnx";
      write_onnx(*model, file);
      const auto content = read_file(file, ErrorKind::model);
      for (const auto* part : {"pixels", "logits", "größte \\\"Katze\\\"", "\"height\":64", "Conv"}) {
        EXPECT_NE(content.find(part), std::string::npos) << part;  // the content itself is no text to print
      }
    }
  }
}

TEST(OnnxFile, HoldsDetectorsWithTheirDecoding) {
  const TempFolder folder;
  ModelOptions added, named, on_classifier;
  added.label_names = {"a", "b", "c", "new"};
  added.keeps_classes = true;
  named = added;
  named.label_names = {"cat", "dog", "owl", "new"};
  on_classifier.label_names = {"a", "b"};
  on_classifier.task = "object-detection";
  on_classifier.image_size = 64;
  for (const auto& [place, options] : {std::pair{kData / "yolox/nano/weights.pth", added},
                                       {kData / "fastestdet/tiny/weights.pth", added},
                                       {kData / "yolos/mid", named},
                                       {kData / "conv/timm_resnet/weights.pth", on_classifier}}) {
    SCOPED_TRACE(place.string());
    const auto model = open_model(place, options).model;
    ASSERT_TRUE(model->detector);
    write_onnx(*model, folder.path() / "one.onnx");
    const auto content = read_file(folder.path() / "one.onnx", ErrorKind::model);
    for (const auto* part : {"pixels", "boxes", "scores", "object-detection"})
      EXPECT_NE(content.find(part), std::string::npos) << part;
    EXPECT_EQ(content.find("boxes.0") != std::string::npos, model->detector->groups().size() > 1);
    EXPECT_EQ(content.find("logits"), std::string::npos);
  }
}

TEST(OnnxFile, TextsAreRefused) {
  const TempFolder folder;
  const auto model = open_model(kData / "bert_tiny", {}).model;
  try {
    write_onnx(*model, folder.path() / "text.onnx");
    FAIL() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    expect_contains(error.what(), "a model of family bert can't be exported to ONNX yet");
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace strop
