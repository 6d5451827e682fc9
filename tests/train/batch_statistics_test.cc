// freeze_bn=false in whole jobs: what trains learns its statistics, what is frozen keeps them.
#include "errors.h"
#include "models/family.h"
#include "nn/conv.h"
#include "strop/job.h"
#include "train/picture_data.h"
#include "train/tiny_job.h"

namespace strop {
namespace {

class BatchStatistics : public testing::Test {
 protected:
  BatchStatistics() { write_pictures(job_.path("pictures"), {"cat", "dog", "owl"}, 12); }

  Options options(const std::string& method, const std::string& model) const {
    auto options = job_.options(method);
    options.model = (std::filesystem::path(STROP_SOURCE_DIR) / "tests" / "data" / model).string();
    options.data = job_.path("pictures").string();
    options.freeze_bn = false;
    options.num_train_epochs = 2;
    return options;
  }
  static std::map<std::string, torch::Tensor> means(const std::filesystem::path& place) {
    std::map<std::string, torch::Tensor> all;
    const auto opened = open_model(place, {});
    for (const auto& [name, layer] : opened.model->layers()) {
      if (const auto* norm = dynamic_cast<const BatchNorm2d*>(layer)) all[name] = norm->running_mean.clone();
    }
    return all;
  }

  TinyJob job_;
};

TEST_F(BatchStatistics, LearnWhereBlocksTrainAndStayBelow) {
  auto top = options("layerwise", "conv/transformers_v2");
  top.top_k = 2;
  train(top);
  const auto before = means(top.model), after = means(top.out);
  std::size_t moved = 0;
  for (const auto& [name, mean] : before) moved += at::equal(mean, after.at(name)) ? 0 : 1;
  EXPECT_GT(moved, 0U);
  EXPECT_LT(moved, before.size());
  const auto record = job_.json("run", "strop.json");
  for (const auto& block : record.at("blocks")) {
    EXPECT_EQ(block.at("frozen_hash_before"), block.at("frozen_hash_after")) << block.at("name");
  }
  EXPECT_EQ(job_.content("run", "plan.yaml").find("halve_batch"), std::string::npos) << "a batch goes through whole";
}

TEST_F(BatchStatistics, ThatNothingCouldLearnAreRefused) {
  for (const auto& [method, model] : {std::pair{"full", "vit/vit"}, {"lora", "conv/transformers_v2"}}) {
    const auto asked = options(method, model);
    const auto message = message_of(ErrorKind::usage, [&] { train(asked); });
    EXPECT_NE(message.find("freeze_bn=false: no BatchNorm of this"), std::string::npos) << message;
    EXPECT_FALSE(std::filesystem::exists(job_.path("run") / "plan.yaml"));
  }
}

}  // namespace
}  // namespace strop
