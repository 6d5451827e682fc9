#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/error.h"
#include "core/text.h"
#include "image/augment/augmentation.h"
#include "image/augment/operations.h"

namespace strop {
namespace {

struct PolicyForm {
  OperationRange range = OperationRange::rand_augment;
  int operations = 2;
  double strength = 9.0 / 30;
  double deviation = 0;       // of the strength, normal
  bool any_strength = false;  // drawn evenly instead
  double probability = 1;     // of each operation
};

class Policy : public Augmentation {
 public:
  Policy(std::string name, const PolicyForm& form, const Rgb& fill)
      : name_(std::move(name)), form_(form), fill_(fill) {}

  void apply(Picture& picture, Rng& rng) const override {
    const auto choices = operations();
    for (int i = 0; i < form_.operations; ++i) {
      const Operation& operation = choices[rng.below(choices.size())];
      const double strength = form_.any_strength
                                  ? static_cast<double>(rng.below(31)) / 30
                                  : std::clamp(form_.strength + form_.deviation * rng.normal(), 0.0, 1.0);
      const int sign = rng.below(2) == 0 ? 1 : -1;
      if (rng.uniform() < form_.probability) {
        apply_operation(operation, form_.range, strength, sign, picture, fill_);
      }
    }
  }
  std::string describe() const override { return name_; }

 private:
  std::string name_;
  PolicyForm form_;
  Rgb fill_;
};

[[noreturn]] void fail_policy(const std::string& name) {
  fail(ErrorKind::usage,
       "augment: found '{}', expected randaugment, trivialaugment or rand-mN[-mstdX][-nN][-pP] such as rand-m9-mstd0.5",
       excerpt(name));
}

// "mstd0.5" with key "mstd" -> 0.5.
bool read_number(std::string_view part, std::string_view key, double least, double most, double& value) {
  if (!starts_with(part, key)) return false;
  part.remove_prefix(key.size());
  const auto result = std::from_chars(part.data(), part.data() + part.size(), value);
  return result.ec == std::errc() && result.ptr == part.data() + part.size() && value >= least && value <= most;
}

PolicyForm read_timm(const std::string& name) {
  PolicyForm form;
  double magnitude = 9, deviation = 0, count = 2;
  form.probability = 0.5;
  const auto parts = split(name, '-');
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const bool known = parts[i] == "inc1" || read_number(parts[i], "mstd", 0, 10, deviation) ||
                       read_number(parts[i], "m", 0, 10, magnitude) || read_number(parts[i], "n", 1, 14, count) ||
                       read_number(parts[i], "p", 0, 1, form.probability);
    if (!known) fail_policy(name);
  }
  form.strength = magnitude / 10, form.deviation = deviation / 10, form.operations = static_cast<int>(count);
  return form;
}

}  // namespace

std::unique_ptr<Augmentation> policy(const std::string& name, const Rgb& fill) {
  PolicyForm form;
  if (name == "trivialaugment") {
    form.range = OperationRange::trivial_augment, form.operations = 1, form.any_strength = true;
  } else if (starts_with(name, "rand-")) {
    form = read_timm(name);
  } else if (name != "randaugment") {
    fail_policy(name);
  }
  return std::make_unique<Policy>(name, form, fill);
}

}  // namespace strop
