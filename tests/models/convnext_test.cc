// Parity of ConvNeXt with Transformers, timm and torchvision (tools/make_picture_reference.py).
#include <gtest/gtest.h>

#include "reference_case.h"

namespace strop {
namespace {

class ConvNext : public testing::TestWithParam<std::string> {
 protected:
  ReferenceCase reference{"convnext/" + GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Files, ConvNext, testing::Values("hf", "timm", "timm_conv_mlp", "torchvision"),
                         [](const auto& one) { return one.param; });

TEST_P(ConvNext, LogitsEqualItsLibrary) {
  torch::NoGradGuard no_grad;
  const auto model = reference.model();
  EXPECT_EQ(model->label_names, (std::vector<std::string>{"cat", "dog", "owl"}));
  expect_close(logits_of(*model, reference.pixels()), reference.tensor("logits"), 1e-5, "logits");
  expect_close(logits_of(*model, reference.pixels("wide")), reference.tensor("wide_logits"), 1e-5, "of another size");
}

TEST_P(ConvNext, GradientsEqualItsLibrary) { expect_gradients(reference, 1e-4); }
TEST_P(ConvNext, CutAtEveryBlockEqualsTheWhole) { expect_cut_equals_whole(reference); }

TEST_P(ConvNext, RecognisedWithoutConfig) {
  const auto alone = open_model(reference.folder() / "model.safetensors", {});
  EXPECT_EQ(alone.model->family(), "convnext");
  EXPECT_EQ(alone.model->block_names(), reference.model()->block_names());
  EXPECT_TRUE(alone.made.empty());
  expect_contains(alone.why, "names and shapes");
}

}  // namespace
}  // namespace strop
