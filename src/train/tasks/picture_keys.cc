#include "train/tasks/picture_keys.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/error.h"
#include "core/text.h"
#include "data/augment_plan.h"

namespace strop {
namespace {

float number_of(std::string_view text) {
  float value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The schema has checked the text: one number or three.
void set_channels(const std::string& text, std::array<float, 3>& channels) {
  if (text.empty()) return;
  const auto parts = split(text, ',');
  for (std::size_t c = 0; c < 3; ++c) channels[c] = number_of(trim(parts[parts.size() == 3 ? c : 0]));
}

std::string channels_text(const std::array<float, 3>& channels) {
  if (channels[0] == channels[1] && channels[1] == channels[2]) return fmt::format("{}", channels[0]);
  return fmt::format("{} {} {}", channels[0], channels[1], channels[2]);
}

}  // namespace

InputForm with_keys(InputForm form, const Options& options) {
  if (options.image_size > 0) form.width = form.height = static_cast<int>(options.image_size);
  if (form.width > 8192 || form.height > 8192) fail(ErrorKind::usage, "image_size: {} is too large; expected at most 8192", options.image_size);
  set_channels(options.mean, form.mean);
  set_channels(options.std, form.std);
  if (options.interpolation != "auto") form.interpolation = parse_filter(options.interpolation);
  if (options.crop_pct > 0) form.crop_pct = options.crop_pct;
  if (options.fit != "auto") form.fit = parse_fit(options.fit);
  if (options.channel_order != "auto") form.bgr = options.channel_order == "bgr";
  return form;
}

bool says_normalisation(const Options& options) { return !options.mean.empty() || !options.std.empty(); }

AugmentForm augment_form(const Options& options) {
  AugmentForm form;
  const auto words = parse_augment(options.augment).pictures;
  const auto is_level = [](const auto& word) { return word == "none" || word == "light" || word == "medium" || word == "strong"; };
  if (const auto level = std::find_if(words.begin(), words.end(), is_level); level != words.end()) {
    if (const auto other = std::find_if(level + 1, words.end(), is_level); other != words.end()) {
      fail(ErrorKind::usage, "augment: {} and {} are both levels; keep one", *level, *other);
    }
    form = augment_level(*level);
  }
  for (const auto& word : words) {
    if (word == "flip") form.flip = 0.5;
    else if (word == "vertical_flip") form.vertical_flip = 0.5;
    else if (word == "jitter") form.jitter = {0.4, 0.4, 0.4, 0};
    else if (word == "affine") form.affine = {15, 0.1, 0.9, 1.1, 5};
    else if (word == "randaugment" || word == "trivialaugment") form.policy = word;
    else if (word == "erasing") form.erasing.probability = 0.25;
  }
  if (options.random_erasing > 0) form.erasing.probability = options.random_erasing;
  return form;
}

DecodeOptions decode_options(const Options& options) { return {.max_pixels = options.max_pixels}; }

void write_form(const InputForm& form, InputRecord& record) {
  record.width = form.width;
  record.height = form.height;
  record.fit = fit_name(form.fit);
  record.crop_pct = form.crop_pct;
  record.interpolation = filter_name(form.interpolation);
  record.mean.assign(form.mean.begin(), form.mean.end());
  record.std.assign(form.std.begin(), form.std.end());
  record.channel_order = form.bgr ? "bgr" : "rgb";
}

InputForm form_of_record(const InputRecord& record, InputForm form) {
  if (record.width <= 0 || record.height <= 0 || record.mean.size() != 3 || record.std.size() != 3) return form;
  form.width = static_cast<int>(record.width);
  form.height = static_cast<int>(record.height);
  form.fit = parse_fit(record.fit);
  form.crop_pct = record.crop_pct;
  form.interpolation = parse_filter(record.interpolation);
  for (std::size_t c = 0; c < 3; ++c) {
    form.mean[c] = static_cast<float>(record.mean[c]);
    form.std[c] = static_cast<float>(record.std[c]);
  }
  form.bgr = record.channel_order == "bgr";
  return form;
}

std::string describe(const InputForm& form) {
  const auto fit = form.fit == Fit::crop ? fmt::format("crop {:.3g}", form.crop_pct) : std::string(fit_name(form.fit));
  return fmt::format("{} x {} pixels, {}, {}, mean {}, std {}{}", form.width, form.height, fit,
                     filter_name(form.interpolation), channels_text(form.mean), channels_text(form.std),
                     form.bgr ? ", blue first" : "");
}

}  // namespace strop
