#include "data/boxes/coco_results.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.h"
#include "core/text.h"
#include "data/boxes/entry_lines.h"

namespace strop {
namespace {

using nlohmann::json;

// Takes the entries as they are read: a results file holds hundreds of thousands of them.
class Reader : public nlohmann::json_sax<json> {
 public:
  Reader(std::string_view text, const std::string& where) : text_(text), where_(where) {}
  std::vector<CocoResult> take() { return std::move(results_); }

  bool null() override { return other("null"); }
  bool boolean(bool value) override { return other(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return number(static_cast<double>(value), value); }
  bool number_unsigned(number_unsigned_t value) override {
    return number(static_cast<double>(value), static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t value, const string_t&) override { return number(value, std::nullopt); }
  bool string(string_t& value) override { return other("'" + excerpt(value, 60) + "'"); }
  bool binary(binary_t&) override { return other("bytes"); }

  bool start_object(std::size_t) override {
    if (depth_ == 0) refuse_root("an object");
    if (depth_ == 1) {
      have_ = {};
      box_.clear();
      entry_ = {};
    } else {
      other("an object");
    }
    ++depth_;
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 2) key_ = name;
    return true;
  }
  bool end_object() override {
    if (--depth_ != 1) return true;
    for (std::size_t i = 0; i < kKeys.size(); ++i) {
      if (!have_[i]) refuse(kKeys[i], "absent");
    }
    if (box_.size() != 4) refuse("bbox", fmt::format("a list of {}", box_.size()));
    entry_.rect = {box_[0], box_[1], box_[2], box_[3]};
    results_.push_back(entry_);
    return true;
  }
  bool start_array(std::size_t) override {
    if (depth_ == 2 && key_ == "bbox") have_[2] = true;
    else if (depth_ > 0) other("a list");
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t place, const std::string&, const nlohmann::detail::exception& error) override {
    const auto end = text_.begin() + static_cast<std::ptrdiff_t>(std::min(place, text_.size()));
    fail(ErrorKind::data, "{}:{}: broken JSON: {}", where_, 1 + std::count(text_.begin(), end, '\n'),
         excerpt(json_fault(error.what()), 200));
  }

 private:
  static constexpr std::array<const char*, 4> kKeys = {"image_id", "category_id", "bbox", "score"};

  [[noreturn]] void refuse_root(const std::string& found) const {
    fail(ErrorKind::data,
         "{}: {} where a list was expected; found boxes are [{{\"image_id\", \"category_id\", \"bbox\", \"score\"}}, "
         "...]",
         where_, found);
  }
  [[noreturn]] void refuse(const std::string& name, const std::string& found) const {
    fail(ErrorKind::data, "{}: [{}]: {} is {}; expected {}", where_, results_.size(), name, found,
         name == "bbox"    ? "[x, y, width, height] in pixels"
         : name == "score" ? "a number"
                           : "a whole number");
  }

  // Anything that is no number.
  bool other(const std::string& found) const {
    if (depth_ == 0) refuse_root(found);
    if (depth_ == 1) fail(ErrorKind::data, "{}: [{}] is {}; expected an object", where_, results_.size(), found);
    const bool in_box = depth_ == 3 && key_ == "bbox";
    if (depth_ == 2 || in_box) {
      for (const auto* name : kKeys) {
        if (key_ == name) refuse(name, in_box ? "a list with " + found : found);
      }
    }
    return true;
  }

  bool number(double value, std::optional<std::int64_t> whole) {
    if (depth_ < 2) return other(fmt::format("{}", value));
    if (depth_ == 3 && key_ == "bbox") {
      if (!std::isfinite(value)) refuse("bbox", "a list with a number that is not finite");
      box_.push_back(value);
      return true;
    }
    if (depth_ != 2) return true;
    if (key_ == "score") {
      entry_.score = value;
      have_[3] = true;
    } else if (key_ == "image_id" || key_ == "category_id") {
      const bool image = key_ == "image_id";
      if (!whole) refuse(image ? "image_id" : "category_id", fmt::format("{}", value));
      (image ? entry_.image_id : entry_.category_id) = *whole;
      have_[image ? 0 : 1] = true;
    } else if (key_ == "bbox") {
      refuse("bbox", fmt::format("{}", value));
    }
    return true;
  }

  std::string_view text_;
  const std::string& where_;
  std::vector<CocoResult> results_;
  CocoResult entry_;
  std::array<bool, 4> have_{};
  std::vector<double> box_;
  std::string key_;
  int depth_ = 0;
};

}  // namespace

std::vector<CocoResult> parse_coco_results(std::string_view text, const std::string& where) {
  Reader reader(text, where);
  json::sax_parse(text, &reader);
  return reader.take();
}

}  // namespace strop
