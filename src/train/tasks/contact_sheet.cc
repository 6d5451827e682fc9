#include "train/tasks/contact_sheet.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "image/encode.h"
#include "image/resize.h"

namespace strop {
namespace fs = std::filesystem;

Picture at_most(const PictureView& view, int side) {
  const double scale = std::min(1.0, static_cast<double>(side) / std::max(view.width, view.height));
  const auto scaled = [&](int length) { return std::max(1, static_cast<int>(std::lround(scale * length))); };
  return resize(view, scaled(view.width), scaled(view.height), Filter::bilinear);
}

fs::path sheet_file(const std::string& out) {
  if (out.empty() || fs::is_directory(out)) {
    auto file = fs::path(out) / "augmented.jpg";
    for (int number = 2; fs::exists(file); ++number) file.replace_filename(fmt::format("augmented-{}.jpg", number));
    return file;
  }
  const auto end = lower_ascii(fs::path(out).extension().string());
  if (end != ".jpg" && end != ".jpeg" && end != ".png") {
    fail(ErrorKind::usage, "out: '{}' does not say a format; expected a file that ends in .jpg or .png, or a folder",
         out);
  }
  if (fs::exists(out)) fail(ErrorKind::usage, "out: {} exists; choose another name, or remove it", out);
  return out;
}

void write_sheet(const std::vector<std::vector<Picture>>& rows, const fs::path& file, int tile) {
  constexpr int kGap = 4;
  const int step = tile + kGap;
  std::size_t most = 1;
  for (const auto& row : rows) most = std::max(most, row.size());
  Picture sheet(kGap + step * static_cast<int>(most), kGap + step * std::max(1, static_cast<int>(rows.size())), 255,
                255, 255);
  for (std::size_t y = 0; y < rows.size(); ++y) {
    for (std::size_t x = 0; x < rows[y].size(); ++x) {
      const Picture small = at_most(rows[y][x].view(), tile);
      for (int line = 0; line < small.height(); ++line) {
        auto* to = sheet.row(kGap + step * static_cast<int>(y) + line) + 3 * (kGap + step * static_cast<int>(x));
        std::copy_n(small.row(line), 3 * static_cast<std::ptrdiff_t>(small.width()), to);
      }
    }
  }
  const bool png = lower_ascii(file.extension().string()) == ".png";
  write_file_atomic(file, png ? encode_png(sheet.view()) : encode_jpeg(sheet.view(), 90));
}

}  // namespace strop
