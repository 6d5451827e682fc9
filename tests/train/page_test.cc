// Pages of runs that did take place. They are kept for the browser test (CMakeLists.txt), which opens them.
#include "errors.h"
#include "train/box_scenes.h"
#include "train/tiny_job.h"

namespace strop {
namespace {

void keep_page(const std::string& page, const std::string& name) {
  write_file_atomic(std::filesystem::path(STROP_BINARY_DIR) / "tests" / "pages" / (name + ".html"), page);
}

TEST(Page, OfARunOnTexts) {
  const TinyJob job;
  auto options = job.options("layerwise");
  options.top_k = 1;
  options.lp_ft = true;
  train(options);
  const auto page = job.content("run", "report.html");
  keep_page(page, "texts");
  expect_parts(page, {"id=\"mistakes\"", "data-tips", "<blockquote"});
}

TEST(Page, OfADetectorsRunWithBoxesDrawn) {
  const TinyJob job;
  for (const auto* split : {"train", "validation"}) write_scenes(job.path("scenes"), split, 8, {"red", "green"});
  auto options = job.options("full");
  options.model = tiny_detector().string();
  options.data = job.path("scenes").string();
  options.image_size = 64;
  options.per_device_train_batch_size = 4;
  options.augment = {"medium"};
  options.conf = 0;  // so short a training gives low scores
  train(options);
  const auto page = job.content("run", "report.html");
  keep_page(page, "boxes");
  expect_parts(page, {"id=\"boxes\"", "id=\"gallery\"", "src=\"data:image/jpeg;base64,"});
}

}  // namespace
}  // namespace strop
