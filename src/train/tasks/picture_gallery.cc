#include "train/tasks/picture_gallery.h"

#include <torch/types.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "core/text.h"
#include "data/augment_plan.h"
#include "image/encode.h"
#include "report/run_files.h"
#include "train/mix.h"
#include "train/tasks/contact_sheet.h"
#include "train/tasks/picture_keys.h"

namespace strop {
namespace {

using json = nlohmann::ordered_json;

constexpr int kViews = 5;
constexpr std::size_t kShownPictures = 6;

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (at + i < bytes.size() ? static_cast<std::uint8_t>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) {
      out += at + i > bytes.size() ? '=' : kDigits[group >> (18 - 6 * i) & 63U];
    }
  }
  return out;
}

// Rows of training, one of each class in turn, that can be decoded.
std::vector<std::int64_t> varied_rows(const ImageSplit& train, std::size_t count) {
  std::vector<std::int64_t> rows;
  std::set<std::int32_t> seen;
  for (int pass = 0; pass < 2; ++pass) {
    for (std::size_t i = 0; i < train.size() && rows.size() < count; ++i) {
      const auto row = static_cast<std::int64_t>(i);
      const bool is_new = pass == 0 ? seen.insert(train.samples[i].label).second
                                    : std::find(rows.begin(), rows.end(), row) == rows.end();
      if (is_new) rows.push_back(row);
    }
  }
  return rows;
}

// The picture as evaluation sees it, then what the first views of training make of it; empty where it is damaged.
std::vector<Picture> views_of(const ImageSplit& train, std::int64_t row, const InputForm& form,
                              const Options& options) {
  const PictureMaker maker(form, augment_form(options), decode_options(options));
  std::vector<Picture> pictures;
  try {
    HeldBytes held;
    const auto source = source_of(train.samples[static_cast<std::size_t>(row)], held);
    pictures.push_back(maker.evaluation(source));
    for (std::uint64_t view = 0; view < kViews; ++view) {
      const Rng rng(static_cast<std::uint64_t>(options.seed), RngUse::augment, {view, static_cast<std::uint64_t>(row)});
      pictures.push_back(maker.training(source, rng));
    }
  } catch (const Error&) {
    pictures.clear();
  }
  return pictures;
}

bool mixes(const AugmentPlan& plan) { return plan.mixup || plan.cutmix; }

// Mixes each view of all rows as training mixes a batch; the first picture of a row stays.
void mix_views(std::vector<std::vector<Picture>>& rows, const Options& options) {
  const auto plan = parse_augment(options.augment);
  if (!mixes(plan) || rows.size() < 2) return;
  for (std::size_t view = 1; view < rows.front().size(); ++view) {
    std::vector<torch::Tensor> pixels;
    for (auto& row : rows) {
      pixels.push_back(torch::from_blob(row[view].data(), {row[view].height(), row[view].width(), 3}, torch::kByte));
    }
    State state;
    state.set("pixels", at::stack(pixels).permute({0, 3, 1, 2}).to(torch::kFloat));
    const auto mix = draw_mix(state, static_cast<std::int64_t>(rows.size()), plan.mixup ? options.mixup_alpha : 0,
                              plan.cutmix ? options.cutmix_alpha : 0, static_cast<std::uint64_t>(options.seed) + view);
    mix_samples(state, {{"pixels", Rows::sample}}, mix);
    const torch::Tensor mixed = state.at("pixels").permute({0, 2, 3, 1}).round().to(torch::kByte);
    for (std::size_t i = 0; i < rows.size(); ++i) pixels[i].copy_(mixed[static_cast<std::int64_t>(i)]);
  }
}

}  // namespace

std::string thumbnail_uri(const PictureView& view, int side) {
  return "data:image/jpeg;base64," + base64(encode_jpeg(at_most(view, side).view(), 80));
}

json gallery_of_mistakes(const TaskSplit& split, const std::vector<PredictionRecord>& predictions) {
  std::vector<const PredictionRecord*> wrong;
  for (const auto& one : predictions) {
    if (!one.label.empty() && one.label != one.prediction) wrong.push_back(&one);
  }
  std::stable_sort(wrong.begin(), wrong.end(), [](const auto* a, const auto* b) { return a->score > b->score; });
  json gallery = json::array();
  for (std::size_t i = 0; i < std::min(wrong.size(), kMostMistakes); ++i) {
    const auto uri = split.thumbnail_of(static_cast<std::size_t>(wrong[i]->index));
    if (!uri.empty()) gallery.push_back({{"index", wrong[i]->index}, {"image", uri}});
  }
  return gallery;
}

json gallery_of_views(const ImageSplit& train, const InputForm& form, const Options& options) {
  json gallery = json::array();
  if (augment_form(options) == AugmentForm{} && !mixes(parse_augment(options.augment))) return gallery;
  std::vector<std::vector<Picture>> rows;
  for (const auto row : varied_rows(train, kShownPictures)) {
    auto views = views_of(train, row, form, options);
    if (views.empty()) continue;
    rows.push_back(std::move(views));
    gallery.push_back({{"name", train.samples[static_cast<std::size_t>(row)].name}, {"images", json::array()}});
  }
  mix_views(rows, options);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const auto& picture : rows[i]) gallery[i]["images"].push_back(thumbnail_uri(picture.view()));
  }
  return gallery;
}

std::vector<std::vector<Picture>> sheet_rows(const ImageSplit& train, const InputForm& form, const Options& options,
                                             std::int64_t samples) {
  std::vector<std::vector<Picture>> rows;
  for (const auto row : varied_rows(train, static_cast<std::size_t>(std::clamp<std::int64_t>(samples, 1, 100)))) {
    auto views = views_of(train, row, form, options);
    if (!views.empty()) rows.push_back(std::move(views));
  }
  mix_views(rows, options);
  return rows;
}

}  // namespace strop
