#include "train/mix.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/rng.h"

namespace strop {

using torch::Tensor;

namespace {

// Beta(alpha, alpha): by Joehnk's rule for alpha <= 1; above, a uniform number is taken as often as the density at it
// is of its peak in the middle, about 1 / sqrt(alpha) of them. Beyond 10,000 all lie within some hundredths of it.
double draw_beta(Rng& rng, double alpha) {
  if (alpha > 1e4) return 0.5;
  if (alpha > 1) {
    while (true) {
      const double x = rng.uniform();
      if (rng.uniform() <= std::pow(4 * x * (1 - x), alpha - 1)) return x;
    }
  }
  while (true) {
    const double u = std::pow(rng.uniform(), 1 / alpha), v = std::pow(rng.uniform(), 1 / alpha);
    if (u + v > 0 && u + v <= 1) return u / (u + v);
  }
}

// A rectangle of the picture's proportions whose area is about 1 - share, anywhere; parts outside are cut off.
std::array<std::int64_t, 4> draw_rectangle(Rng& rng, std::int64_t width, std::int64_t height, double share) {
  const double side = std::sqrt(1 - share);
  const auto span = [&](std::int64_t length) {
    const auto half = static_cast<std::int64_t>(std::llround(side * static_cast<double>(length))) / 2;
    const auto middle = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(length)));
    return std::pair{std::max<std::int64_t>(0, middle - half), std::min(length, middle + half)};
  };
  const auto [left, right] = span(width);
  const auto [top, bottom] = span(height);
  return {left, top, right - left, bottom - top};
}

const Tensor* pictures_of(const State& state) {
  for (const auto& [name, tensor] : state.tensors()) {
    if (tensor.dim() == 4) return &tensor;
  }
  return nullptr;
}

}  // namespace

bool holds_pictures(const State& state) { return pictures_of(state) != nullptr; }

Mix draw_mix(const State& state, std::int64_t samples, double mixup_alpha, double cutmix_alpha, std::uint64_t key) {
  if ((mixup_alpha <= 0 && cutmix_alpha <= 0) || samples < 2) return {};
  Rng rng(key, RngUse::mixup);
  std::vector<std::int64_t> order(static_cast<std::size_t>(samples));
  std::iota(order.begin(), order.end(), 0);
  rng.shuffle(order);
  const bool cuts = cutmix_alpha > 0 && (mixup_alpha <= 0 || rng.uniform() < 0.5);
  Mix mix;
  mix.share = draw_beta(rng, cuts ? cutmix_alpha : mixup_alpha);
  mix.partner = torch::tensor(order, torch::kLong);
  const Tensor* pictures = pictures_of(state);
  if (cuts && pictures != nullptr) {
    const auto width = pictures->size(3), height = pictures->size(2);
    mix.rectangle = draw_rectangle(rng, width, height, mix.share);
    mix.share = 1 - static_cast<double>(mix.rectangle[2] * mix.rectangle[3]) / static_cast<double>(width * height);
  }
  return mix;
}

void mix_samples(State& state, const std::vector<Port>& ports, const Mix& mix) {
  if (!mix.partner.defined()) return;
  const auto [left, top, width, height] = mix.rectangle;
  for (const auto& port : ports) {
    if (port.rows != Rows::sample) continue;
    const Tensor& own = state.at(port.name);
    const Tensor partner = mix.partner.to(own.device());
    if (width > 0 && own.dim() == 4) {
      Tensor mixed = own.clone();
      const auto part = [&](const Tensor& whole) { return whole.narrow(2, top, height).narrow(3, left, width); };
      part(mixed).copy_(part(own).index_select(0, partner));
      state.set(port.name, mixed);
    } else {
      state.set(port.name, own * mix.share + own.index_select(0, partner) * (1 - mix.share));
    }
  }
}

}  // namespace strop
