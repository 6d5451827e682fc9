#include "data/augment_plan.h"

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/text.h"
#include "image/augment/augmentation.h"

namespace strop {
namespace {

const std::map<std::string, TextOperation>& text_words() {
  static const std::map<std::string, TextOperation> words = {
      {"aeda", TextOperation::aeda}, {"swap", TextOperation::random_swap}, {"delete", TextOperation::random_delete}};
  return words;
}

const std::vector<std::string>& picture_words() {
  static const std::vector<std::string> words = {"none",          "light",  "medium", "strong",      "flip",
                                                 "vertical_flip", "jitter", "affine", "randaugment", "trivialaugment",
                                                 "erasing",       "mosaic", "crop",   "copy"};
  return words;
}

// All words, for messages.
const std::vector<std::string>& augment_words() {
  static const auto all = [] {
    std::vector<std::string> words = {
        "aeda", "swap", "delete", "mixup", "rdrop", "cutmix", "rand-mN[-mstdX][-nN][-pP]"};
    words.insert(words.end(), picture_words().begin(), picture_words().end());
    return words;
  }();
  return all;
}

}  // namespace

AugmentPlan parse_augment(const std::vector<std::string>& words) {
  AugmentPlan plan;
  for (auto at = words.begin(); at != words.end(); ++at) {
    if (std::find(words.begin(), at, *at) != at) fail(ErrorKind::usage, "augment: '{}' stands twice; keep one", *at);
    const auto& pictures = picture_words();
    if (const auto found = text_words().find(*at); found != text_words().end()) {
      plan.operations.push_back(found->second);
    } else if (std::find(pictures.begin(), pictures.end(), *at) != pictures.end()) {
      plan.pictures.push_back(*at);
    } else if (starts_with(*at, "rand-")) {
      policy(*at, {});  // refuses what it can't read
      plan.pictures.push_back(*at);
    } else if (*at == "mixup") {
      plan.mixup = true;
    } else if (*at == "cutmix") {
      plan.cutmix = true;
    } else if (*at == "rdrop") {
      plan.rdrop = true;
    } else {
      const std::string near = nearest(*at, augment_words());
      fail(ErrorKind::usage, "augment: found '{}', expected some of {}{}", *at, join(augment_words(), ", "),
           near.empty() ? "" : "; did you mean " + near + "?");
    }
  }
  return plan;
}

bool changes_samples(const Options& options) {
  const auto plan = parse_augment(options.augment);
  const bool pictures =
      std::any_of(plan.pictures.begin(), plan.pictures.end(), [](const auto& word) { return word != "none"; });
  const bool jitters = options.color_jitter.find_first_of("123456789") != std::string::npos;
  return !plan.operations.empty() || pictures || jitters || options.random_erasing > 0;
}

}  // namespace strop
