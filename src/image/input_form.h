// How a network wants its pictures: size, fit, filter, normalisation. Saved as preprocessor_config.json elsewhere.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "image/picture.h"
#include "image/resize.h"

namespace strop {

enum class Fit {
  crop,       // timm, torchvision: the short side to size / crop_pct, then the centre
  squash,     // Hugging Face's ViT and DeiT: both sides to size / crop_pct, proportions change, then the centre
  letterbox,  // detectors: all of it, undistorted, on a background
};

// By name; Error(usage) naming the key `fit`.
Fit parse_fit(std::string_view name);
std::string_view fit_name(Fit fit);

struct InputForm {
  int width = 224, height = 224;
  Fit fit = Fit::crop;
  double crop_pct = 0.875;
  Filter interpolation = Filter::bilinear;
  std::array<float, 3> mean = {0.485F, 0.456F, 0.406F};  // of red, green, blue in 0 .. 1; ImageNet's
  std::array<float, 3> std = {0.229F, 0.224F, 0.225F};
  bool floors = false;  // a cut by an odd number: the smaller half in front (Transformers); else torchvision's
  bool bgr = false;                                          // the first channel out is blue
  std::array<std::uint8_t, 3> background = {114, 114, 114};  // letterbox
};

// The side before the centre is cut out: side / crop_pct, rounded down.
int before_cut(int side, const InputForm& form);

// The evaluation transform, without random parts: width x height pixels of the picture. Crop and resize are one step.
Picture fit_picture(const PictureView& view, const InputForm& form);

struct Letterboxed {
  Picture picture;
  double scale = 1;  // pixels of the result a pixel of the original
  int x = 0, y = 0;  // where the original's top left corner lies
};
// The whole picture at the largest scale that fits, sides rounded to nearest; in the middle, or at the top left.
Letterboxed letterbox(const PictureView& view, const InputForm& form, bool centered = true);

enum class PixelLayout { chw, hwc };  // hwc is what channels-last tensors hold

// (pixel / 255 - mean) / std as 3 * width * height floats, to 1e-6. About 0.03 ms for 224 x 224.
void to_floats(const PictureView& view, const InputForm& form, PixelLayout layout, float* out);

}  // namespace strop
