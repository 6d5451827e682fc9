#include "image/augment/operations.h"

#include <array>
#include <cmath>

#include "image/augment/color.h"

namespace strop {
namespace {

void move(Picture& picture, const Affine& from, const Rgb& fill) {
  picture = transform(picture.view(), from, Filter::nearest, fill);
}

constexpr double kRandShift = 150.0 / 331;  // of the side

const std::array<Operation, 14> kOperations = {{
    {"identity", false, 0, 0, [](Picture&, double, const Rgb&) {}},
    {"shear_x", true, 0.3, 0.99,
     [](Picture& p, double m, const Rgb& fill) {
       move(p, {1, m, 0, 0, 1, 0}, fill);
     }},
    {"shear_y", true, 0.3, 0.99,
     [](Picture& p, double m, const Rgb& fill) {
       move(p, {1, 0, 0, m, 1, 0}, fill);
     }},
    {"translate_x", true, kRandShift, 32,
     [](Picture& p, double m, const Rgb& fill) {
       move(p, {1, 0, -std::trunc(m), 0, 1, 0}, fill);
     }},
    {"translate_y", true, kRandShift, 32,
     [](Picture& p, double m, const Rgb& fill) {
       move(p, {1, 0, 0, 0, 1, -std::trunc(m)}, fill);
     }},
    {"rotate", true, 30, 135,
     [](Picture& p, double m, const Rgb& fill) { p = rotate(p.view(), m, Filter::nearest, fill); }},
    {"brightness", true, 0.9, 0.99, [](Picture& p, double m, const Rgb&) { adjust_brightness(p, 1 + m); }},
    {"color", true, 0.9, 0.99, [](Picture& p, double m, const Rgb&) { adjust_saturation(p, 1 + m); }},
    {"contrast", true, 0.9, 0.99, [](Picture& p, double m, const Rgb&) { adjust_contrast(p, 1 + m); }},
    {"sharpness", true, 0.9, 0.99, [](Picture& p, double m, const Rgb&) { adjust_sharpness(p, 1 + m); }},
    {"posterize", false, 4, 6,
     [](Picture& p, double m, const Rgb&) { posterize(p, 8 - static_cast<int>(std::lround(m))); }},
    {"solarize", false, 256, 256,
     [](Picture& p, double m, const Rgb&) { solarize(p, static_cast<int>(std::ceil(256 - m))); }},
    {"autocontrast", false, 0, 0, [](Picture& p, double, const Rgb&) { autocontrast(p); }},
    {"equalize", false, 0, 0, [](Picture& p, double, const Rgb&) { equalize(p); }},
}};

}  // namespace

std::span<const Operation> operations() { return kOperations; }

void apply_operation(const Operation& operation, OperationRange range, double strength, int sign, Picture& picture,
                     const Rgb& fill) {
  double most = range == OperationRange::rand_augment ? operation.rand_most : operation.trivial_most;
  // RandAugment shifts by shares of the side, TrivialAugment by pixels.
  if (most == kRandShift) most *= operation.name == "translate_x" ? picture.width() : picture.height();
  operation.apply(picture, strength * most * (operation.has_sign ? sign : 1), fill);
}

}  // namespace strop
