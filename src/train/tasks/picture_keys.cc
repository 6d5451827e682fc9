#include "train/tasks/picture_keys.h"

#include <algorithm>
#include <array>

#include "config/values.h"
#include "core/error.h"
#include "core/text.h"
#include "data/augment_plan.h"

namespace strop {
namespace {

void set_channels(const std::string& text, std::array<float, 3>& channels) {
  if (text.empty()) return;
  const auto numbers = parse_numbers(text, {1, 3}, {});
  for (std::size_t c = 0; c < 3; ++c) channels[c] = static_cast<float>(numbers[numbers.size() == 3 ? c : 0]);
}

ColorJitter jitter_of(const std::string& text) {
  const auto shares = parse_numbers(text, {1, 3, 4}, {});
  if (shares.size() == 1) return {shares[0], shares[0], shares[0], 0};
  return {shares[0], shares[1], shares[2], shares.size() == 4 ? shares[3] : 0};
}

bool is_policy(const std::string& word) {
  return word == "randaugment" || word == "trivialaugment" || starts_with(word, "rand-");
}

// Error(usage) where two of `words` are of one kind and only one can hold.
template <typename Is>
std::vector<std::string>::const_iterator only_one(const std::vector<std::string>& words, const Is& is,
                                                  const char* kind) {
  const auto found = std::find_if(words.begin(), words.end(), is);
  if (found == words.end()) return found;
  if (const auto other = std::find_if(found + 1, words.end(), is); other != words.end()) {
    fail(ErrorKind::usage, "augment: {} and {} are both {}; keep one", *found, *other, kind);
  }
  return found;
}

std::string channels_text(const std::array<float, 3>& channels) {
  if (channels[0] == channels[1] && channels[1] == channels[2]) return fmt::format("{}", channels[0]);
  return fmt::format("{} {} {}", channels[0], channels[1], channels[2]);
}

}  // namespace

InputForm with_keys(InputForm form, const Options& options) {
  if (options.image_size > 0) form.width = form.height = static_cast<int>(options.image_size);
  if (form.width > 8192 || form.height > 8192)
    fail(ErrorKind::usage, "image_size: {} is too large; expected at most 8192", options.image_size);
  set_channels(options.mean, form.mean);
  set_channels(options.std, form.std);
  if (options.interpolation != "auto") form.interpolation = parse_filter(options.interpolation);
  if (options.fit != "auto") {
    const auto fit = parse_fit(options.fit);
    if (fit == Fit::squash && form.fit != fit) form.crop_pct = 1;  // of another way of fitting
    form.fit = fit;
  }
  if (options.crop_pct > 0) form.crop_pct = options.crop_pct;
  if (options.channel_order != "auto") form.bgr = options.channel_order == "bgr";
  return form;
}

bool says_normalisation(const Options& options) { return !options.mean.empty() || !options.std.empty(); }

AugmentForm augment_form(const Options& options) {
  AugmentForm form;
  const auto words = parse_augment(options.augment).pictures;
  const auto is_level = [](const auto& word) {
    return word == "none" || word == "light" || word == "medium" || word == "strong";
  };
  if (const auto level = only_one(words, is_level, "levels"); level != words.end()) form = augment_level(*level);
  if (const auto policy = only_one(words, is_policy, "policies"); policy != words.end()) form.policy = *policy;
  for (const auto& word : words) {
    if (word == "crop") form.random_crop = true;
    else if (word == "flip") form.flip = 0.5;
    else if (word == "vertical_flip") form.vertical_flip = 0.5;
    else if (word == "jitter") form.jitter = {0.4, 0.4, 0.4, 0};
    else if (word == "affine") form.affine = {15, 0.1, 0.9, 1.1, 5};
    else if (word == "erasing") form.erasing.probability = 0.25;
  }
  if (!options.color_jitter.empty()) form.jitter = jitter_of(options.color_jitter);
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
  const bool cuts = form.fit == Fit::crop || (form.fit == Fit::squash && form.crop_pct < 1);
  const auto fit = std::string(fit_name(form.fit)) + (cuts ? fmt::format(" {:.3g}", form.crop_pct) : "");
  return fmt::format("{} x {} pixels, {}, {}, mean {}, std {}{}", form.width, form.height, fit,
                     filter_name(form.interpolation), channels_text(form.mean), channels_text(form.std),
                     form.bgr ? ", blue first" : "");
}

}  // namespace strop
