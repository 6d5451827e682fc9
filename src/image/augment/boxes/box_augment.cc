#include "image/augment/boxes/box_augment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/text.h"
#include "image/augment/boxes/copy_boxes.h"
#include "image/augment/boxes/keeping_crop.h"
#include "image/augment/boxes/turn_boxes.h"

namespace strop {
namespace {

struct BoxLevel {
  std::string_view name;
  BoxAugmentForm form;
};

// light: what a few epochs on a pretrained detector stand; strong: near YOLOX's own recipe.
const std::array<BoxLevel, 4>& levels() {
  static const std::array<BoxLevel, 4> list = {{
      {"none", {}},
      {"light", {.flip = 0.5, .scale_min = 0.8, .scale_max = 1.25, .jitter = {0.2, 0.2, 0.3, 0.015}}},
      {"medium",
       {.mosaic = 0.5,
        .crop = 0.3,
        .copy = 0.2,
        .flip = 0.5,
        .scale_min = 0.6,
        .scale_max = 1.5,
        .jitter = {0.3, 0.3, 0.5, 0.015}}},
      {"strong",
       {.mosaic = 1,
        .mixup = 0.15,
        .crop = 0.5,
        .copy = 0.4,
        .flip = 0.5,
        .scale_min = 0.4,
        .scale_max = 1.6,
        .jitter = {0.4, 0.4, 0.7, 0.015}}},
  }};
  return list;
}

double between(double least, double most, Rng& rng) { return least + (most - least) * rng.uniform(); }

struct Scale {
  double x, y;
  Scale by(double factor) const { return {x * factor, y * factor}; }
};

// Draws the picture, enlarged by `scale`, with its left top corner at (x, y) of the canvas; nothing of it outside
// `frame`.
void draw_scaled(const BoxedPicture& source, const Scale& scale, double x, double y, const Box& frame, Filter filter,
                 BoxedPicture& canvas) {
  const int width = std::max(1, static_cast<int>(std::lround(source.picture.width() * scale.x)));
  const int height = std::max(1, static_cast<int>(std::lround(source.picture.height() * scale.y)));
  const int left = static_cast<int>(std::lround(x)), top = static_cast<int>(std::lround(y));
  const int first_x = std::max(left, frame.x), first_y = std::max(top, frame.y);
  const int last_x = std::min(left + width, frame.x + frame.width),
            last_y = std::min(top + height, frame.y + frame.height);
  canvas.lost += source.lost + static_cast<std::int64_t>(source.boxes.size());
  if (first_x >= last_x || first_y >= last_y) return;
  const Picture part = resize_part(source.picture.view(), width, height, filter,
                                   {first_x - left, first_y - top, last_x - first_x, last_y - first_y});
  for (int row = 0; row < part.height(); ++row) {
    std::copy_n(part.row(row), part.stride(), canvas.picture.row(first_y + row) + 3 * std::ptrdiff_t{first_x});
  }
  const Placement place{static_cast<double>(width) / source.picture.width(),
                        static_cast<double>(height) / source.picture.height(), static_cast<double>(left - frame.x),
                        static_cast<double>(top - frame.y)};
  auto boxes = source.boxes;
  for (auto& box : boxes) box.rect = place.to_input(box.rect);
  for (auto& box : boxes_inside(std::move(boxes), frame.width, frame.height)) {
    box.rect.x += frame.x;
    box.rect.y += frame.y;
    canvas.boxes.push_back(box);
    --canvas.lost;
  }
}

BoxedPicture empty_canvas(const InputForm& form) {
  return {Picture(form.width, form.height, form.background[0], form.background[1], form.background[2]), {}};
}

Scale fitting_scale(const Picture& picture, const InputForm& form) {
  const auto place = placement_of(picture.width(), picture.height(), form);
  return {place.scale_x, place.scale_y};
}

BoxedPicture alone(BoxedPicture source, const BoxAugmentForm& augment, const InputForm& form, Rng& rng) {
  if (rng.uniform() < augment.crop) source = crop_keeping_boxes(source, rng);
  const auto scale = fitting_scale(source.picture, form).by(between(augment.scale_min, augment.scale_max, rng));
  const double spare_x = form.width - source.picture.width() * scale.x,
               spare_y = form.height - source.picture.height() * scale.y;
  auto canvas = empty_canvas(form);
  // Where it is larger than the input, a part of it is seen.
  draw_scaled(source, scale, spare_x * rng.uniform(), spare_y * rng.uniform(), {0, 0, form.width, form.height},
              form.interpolation, canvas);
  return canvas;
}

// Four pictures with a corner each at a common point.
BoxedPicture mosaic(BoxedPicture first, const BoxAugmentForm& augment, const InputForm& form, const DrawPicture& draw,
                    Rng& rng) {
  const int x = static_cast<int>(between(0.25, 0.75, rng) * form.width),
            y = static_cast<int>(between(0.25, 0.75, rng) * form.height);
  auto canvas = empty_canvas(form);
  for (int quadrant = 0; quadrant < 4; ++quadrant) {
    const bool right = quadrant % 2 == 1, below = quadrant / 2 == 1;
    const auto source = quadrant == 0 ? std::move(first) : draw(rng);
    const auto scale = fitting_scale(source.picture, form).by(between(augment.scale_min, augment.scale_max, rng));
    const double width = source.picture.width() * scale.x, height = source.picture.height() * scale.y;
    const Box frame{right ? x : 0, below ? y : 0, right ? form.width - x : x, below ? form.height - y : y};
    draw_scaled(source, scale, right ? x : x - width, below ? y : y - height, frame, form.interpolation, canvas);
  }
  return canvas;
}

void average_with(BoxedPicture& canvas, const BoxedPicture& other) {
  auto* to = canvas.picture.data();
  const auto* from = other.picture.data();
  for (std::size_t i = 0; i < canvas.picture.size(); ++i) to[i] = static_cast<std::uint8_t>((to[i] + from[i] + 1) / 2);
  canvas.lost += other.lost;
  canvas.boxes.insert(canvas.boxes.end(), other.boxes.begin(), other.boxes.end());
}

void flip(BoxedPicture& canvas) {
  flip_horizontal(canvas.picture);
  for (auto& box : canvas.boxes) box.rect.x = canvas.picture.width() - box.rect.right();
}

}  // namespace

BoxAugmentForm box_augment_level(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& level : levels()) {
    if (level.name == name) return level.form;
    names.emplace_back(level.name);
  }
  fail(ErrorKind::usage, "augment: found '{}', expected {}", name, join(names, ", "));
}

BoxAugmentForm without_mixing(BoxAugmentForm form) {
  form.mosaic = form.mixup = form.crop = form.copy = 0;
  form.affine = {};
  return form;
}

std::string describe(const BoxAugmentForm& form) {
  std::vector<std::string> parts;
  if (form.scale_min != 1 || form.scale_max != 1)
    parts.push_back(fmt::format("scale {:.3g} to {:.3g}", form.scale_min, form.scale_max));
  if (form.mosaic > 0) parts.push_back(fmt::format("mosaic {:.3g}", form.mosaic));
  if (form.mixup > 0) parts.push_back(fmt::format("mixup {:.3g}", form.mixup));
  if (form.crop > 0) parts.push_back(fmt::format("crop {:.3g}", form.crop));
  if (form.copy > 0) parts.push_back(fmt::format("copies of boxes {:.3g}", form.copy));
  if (form.affine != RandomAffine{}) parts.push_back(fmt::format("turns of {:.3g} degrees", form.affine.degrees));
  if (form.flip > 0) parts.push_back(fmt::format("flip {:.3g}", form.flip));
  if (form.jitter != ColorJitter{}) parts.push_back("colours");
  return parts.empty() ? "none" : join(parts, ", ");
}

BoxedPicture augment_boxes(BoxedPicture first, const BoxAugmentForm& augment, const InputForm& form,
                           const OtherPictures& others, Rng rng) {
  auto canvas = rng.uniform() < augment.mosaic ? mosaic(std::move(first), augment, form, others.any, rng)
                                               : alone(std::move(first), augment, form, rng);
  if (augment.affine != RandomAffine{}) turn_boxes(canvas, augment.affine, form.background, rng);
  if (rng.uniform() < augment.copy) copy_boxes(others.to_copy(rng), form, canvas, rng);
  if (rng.uniform() < augment.mixup) average_with(canvas, alone(others.any(rng), augment, form, rng));
  if (rng.uniform() < augment.flip) flip(canvas);
  if (augment.jitter != ColorJitter{}) color_jitter(augment.jitter)->apply(canvas.picture, rng);
  return canvas;
}

}  // namespace strop
