#include <cstddef>

#include "core/text.h"
#include "image/formats.h"

namespace strop {
namespace {

// Little- or big-endian numbers of a TIFF block; 0 behind its end.
class TiffReader {
 public:
  TiffReader(std::string_view bytes, bool little) : bytes_(bytes), little_(little) {}
  std::uint32_t number(std::size_t at, std::size_t size) const {
    std::uint32_t value = 0;
    if (at > bytes_.size() || bytes_.size() - at < size) return 0;
    for (std::size_t i = 0; i < size; ++i) {
      value = (value << 8) | static_cast<unsigned char>(bytes_[at + (little_ ? size - 1 - i : i)]);
    }
    return value;
  }

 private:
  std::string_view bytes_;
  bool little_;
};

constexpr std::uint32_t kOrientationTag = 0x0112;
constexpr std::uint32_t kShort = 3;

}  // namespace

int orientation_of_tiff(std::string_view tiff) {
  constexpr std::string_view kPrefix("Exif\0\0", 6);  // a JPEG's, which some writers leave before it in other formats
  while (starts_with(tiff, kPrefix)) tiff.remove_prefix(kPrefix.size());
  const bool little = starts_with(tiff, std::string_view("II*\0", 4));
  if (!little && !starts_with(tiff, std::string_view("MM\0*", 4))) return 1;
  const TiffReader reader(tiff, little);
  const std::size_t directory = reader.number(4, 4);
  const std::size_t entries = reader.number(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    if (reader.number(entry, 2) != kOrientationTag || reader.number(entry + 2, 2) != kShort) continue;
    const auto value = reader.number(entry + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

}  // namespace strop
