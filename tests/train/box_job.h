// What tests of whole jobs on boxes share: scenes of red and green squares, a tiny detector, and what a run finds.
#pragma once

#include <sstream>

#include "models/family.h"
#include "strop/job.h"
#include "train/box_scenes.h"
#include "train/tiny_job.h"

namespace strop {

class BoxJob : public testing::Test {
 protected:
  BoxJob() {
    for (const auto& [split, count] : {std::pair{"train", 32}, {"validation", 8}, {"test", 8}}) {
      write_scenes(job_.path("scenes"), split, static_cast<std::uint64_t>(count), {"red", "green"});
    }
  }
  Options options(const std::string& method, const std::string& out = "run") const {
    auto options = job_.options(method, out);
    options.model = tiny_detector().string();
    options.data = job_.path("scenes").string();
    options.image_size = 64;
    options.per_device_train_batch_size = 8;
    return options;
  }
  nlohmann::json found(const std::string& run, const std::string& data, const std::string& drawn = "") const {
    Options use;
    use.model = job_.path(run).string();
    use.data = job_.path(data).string();
    use.conf = 0;
    if (!drawn.empty()) use.draw = job_.path(drawn).string();
    std::ostringstream out;
    predict(use, out);
    return nlohmann::json::parse(out.str());
  }

  TinyJob job_;
};

}  // namespace strop
