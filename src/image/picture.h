// A picture in memory: 8-bit RGB, rows from top to bottom, three bytes a pixel without gaps; and windows into one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace strop {

// Left, top, width, height in pixels.
struct Box {
  int x = 0, y = 0, width = 0, height = 0;
  bool operator==(const Box&) const = default;
};

// A rectangle of someone's pixels. At least kReadBehind bytes behind its last pixel may be read (Picture sees to that):
// the kernels load pixels in groups.
struct PictureView {
  const std::uint8_t* data = nullptr;
  int width = 0, height = 0;
  std::ptrdiff_t stride = 0;  // bytes from a row to the next

  const std::uint8_t* row(int y) const { return data + y * stride; }
  // The part of the view in `box`, which lies inside of it. Free.
  PictureView crop(const Box& box) const {
    return {data + box.y * stride + 3 * std::ptrdiff_t{box.x}, box.width, box.height, stride};
  }
};

class Picture {
 public:
  static constexpr std::size_t kReadBehind = 64;

  Picture() = default;
  // Pixels are not initialised. Sides are at least 1.
  Picture(int width, int height);
  Picture(int width, int height, std::uint8_t red, std::uint8_t green, std::uint8_t blue);
  explicit Picture(const PictureView& view);  // a copy of the pixels
  Picture(const Picture& other) : Picture(other.view()) {}
  Picture& operator=(const Picture& other) { return *this = Picture(other); }
  Picture(Picture&& other) noexcept;
  Picture& operator=(Picture&& other) noexcept;
  ~Picture() = default;

  bool empty() const { return width_ == 0; }
  int width() const { return width_; }
  int height() const { return height_; }
  std::ptrdiff_t stride() const { return 3 * std::ptrdiff_t{width_}; }
  std::size_t size() const { return static_cast<std::size_t>(stride()) * static_cast<std::size_t>(height_); }
  std::uint8_t* data() { return pixels_.get(); }
  const std::uint8_t* data() const { return pixels_.get(); }
  std::uint8_t* row(int y) { return pixels_.get() + y * stride(); }
  const std::uint8_t* row(int y) const { return pixels_.get() + y * stride(); }
  PictureView view() const { return {pixels_.get(), width_, height_, stride()}; }

 private:
  int width_ = 0, height_ = 0;
  std::unique_ptr<std::uint8_t[]> pixels_;
};

}  // namespace strop
