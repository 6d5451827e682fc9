#include "image/picture.h"

#include <cstring>
#include <utility>

namespace strop {

Picture::Picture(int width, int height) : width_(width), height_(height) {
  pixels_ = std::make_unique_for_overwrite<std::uint8_t[]>(size() + kReadBehind);
  std::memset(pixels_.get() + size(), 0, kReadBehind);
}

Picture::Picture(int width, int height, std::uint8_t red, std::uint8_t green, std::uint8_t blue)
    : Picture(width, height) {
  for (std::uint8_t *at = data(), *end = at + size(); at != end; at += 3) at[0] = red, at[1] = green, at[2] = blue;
}

Picture::Picture(const PictureView& view) {
  if (view.data == nullptr) return;
  *this = Picture(view.width, view.height);
  for (int y = 0; y < view.height; ++y) std::memcpy(row(y), view.row(y), static_cast<std::size_t>(stride()));
}

Picture::Picture(Picture&& other) noexcept
    : width_(std::exchange(other.width_, 0)),
      height_(std::exchange(other.height_, 0)),
      pixels_(std::move(other.pixels_)) {}

Picture& Picture::operator=(Picture&& other) noexcept {
  width_ = std::exchange(other.width_, 0);
  height_ = std::exchange(other.height_, 0);
  pixels_ = std::move(other.pixels_);
  return *this;
}

}  // namespace strop
