#include "weights/safetensors_header.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/error.h"
#include "core/text.h"
#include "weights/dtype.h"
#include "weights/little_endian.h"
#include "weights/mapped_file.h"
#include "weights/safetensors.h"

namespace strop {
namespace {

constexpr std::uint64_t kPrefix = 8;  // bytes of the length before the header
constexpr std::uint64_t kLargestHeader = 100'000'000;

// Bytes of a tensor, or false where the product does not fit.
bool tensor_bytes(const TensorEntry& entry, std::uint64_t& bytes) {
  bytes = 1;
  for (const auto extent : entry.shape) {
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes)) return false;
  }
  return !__builtin_mul_overflow(bytes, dtype_size(entry.dtype), &bytes);
}

// The events of nlohmann's SAX parser, whose names are given: no document is built, nesting costs one stack entry.
class HeaderReader {
 public:
  HeaderReader(SafetensorsHeader& header, std::uint64_t data_bytes, const std::string& file)
      : header_(header), data_bytes_(data_bytes), file_(file) {}

  bool key(std::string& text) {
    if (place() == Place::table) {
      name_ = text;
      if (!(name_ == "__metadata__" ? !metadata_seen_ : !header_.tensors.contains(name_))) duplicate();
    } else if (place() == Place::metadata) {
      field_ = text;
      if (header_.metadata.contains(field_)) duplicate();
    } else if (place() == Place::info) {
      field_ = text;
      if ((field_ == "dtype" && has_dtype_) || (field_ == "shape" && has_shape_) ||
          (field_ == "data_offsets" && has_offsets_)) {
        duplicate();
      }
    }
    return true;
  }
  bool start_object(std::size_t) {
    if (places_.empty()) {
      places_.push_back(Place::table);
    } else if (place() == Place::table && name_ == "__metadata__") {
      metadata_seen_ = true;
      places_.push_back(Place::metadata);
    } else if (place() == Place::table) {
      entry_ = {};
      offsets_.clear();
      has_dtype_ = has_shape_ = has_offsets_ = false;
      places_.push_back(Place::info);
    } else {
      ignore_or_fail("an object");
      places_.push_back(Place::ignored);
    }
    return true;
  }
  bool end_object() {
    const Place closed = place();
    places_.pop_back();
    if (closed == Place::info) finish_tensor();
    return true;
  }
  bool start_array(std::size_t) {
    if (place() == Place::info && field_ == "shape") {
      has_shape_ = true;
      places_.push_back(Place::shape);
    } else if (place() == Place::info && field_ == "data_offsets") {
      has_offsets_ = true;
      places_.push_back(Place::offsets);
    } else {
      ignore_or_fail("a list");
      places_.push_back(Place::ignored);
    }
    return true;
  }
  bool end_array() {
    const Place closed = place();
    places_.pop_back();
    if (closed == Place::offsets && offsets_.size() != 2) {
      broken("data_offsets has {} numbers, expected 2", offsets_.size());
    }
    return true;
  }
  bool string(std::string& text) {
    if (place() == Place::metadata) {
      header_.metadata.emplace(field_, text);
    } else if (place() == Place::info && field_ == "dtype") {
      has_dtype_ = true;
      entry_.dtype = text;
    } else {
      ignore_or_fail(fmt::format("\"{}\"", excerpt(text)));
    }
    return true;
  }
  bool number_unsigned(std::uint64_t value) {
    if (place() == Place::offsets) {
      offsets_.push_back(value);
    } else if (place() == Place::shape && value <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
      entry_.shape.push_back(static_cast<std::int64_t>(value));
    } else {
      ignore_or_fail(std::to_string(value));
    }
    return true;
  }
  bool number_integer(std::int64_t value) { return ignore_or_fail(std::to_string(value)); }
  bool number_float(double, const std::string& text) { return ignore_or_fail(excerpt(text)); }
  bool boolean(bool value) { return ignore_or_fail(value ? "true" : "false"); }
  bool binary(std::vector<std::uint8_t>&) { return ignore_or_fail("binary data"); }
  bool null() {
    const bool no_metadata = place() == Place::table && name_ == "__metadata__";
    return no_metadata || ignore_or_fail("null");
  }
  bool parse_error(std::size_t at, const std::string& token, const nlohmann::json::exception&) {
    fail(ErrorKind::model, "{}: the header is no valid JSON at its byte {} (near '{}'), expected a JSON object; {}",
         file_, at, excerpt(token), kDamaged);
  }

 private:
  enum class Place { nowhere, table, info, metadata, shape, offsets, ignored };

  Place place() const { return places_.empty() ? Place::nowhere : places_.back(); }

  // For a value with no use at this place: unknown fields of a tensor are skipped, as the reference does.
  bool ignore_or_fail(const std::string& found) {
    const bool known = field_ == "dtype" || field_ == "shape" || field_ == "data_offsets";
    switch (place()) {
      case Place::ignored: return true;
      case Place::info:
        if (!known) return true;
        broken("{} is {}, expected {}", field_, found, field_ == "dtype" ? "a string" : "a list of whole numbers");
      case Place::shape: broken("shape holds {}, expected whole numbers from 0 to 2^63-1", found);
      case Place::offsets: broken("data_offsets holds {}, expected two whole numbers", found);
      case Place::metadata:
        fail(ErrorKind::model, "{}: __metadata__ '{}' is {}, expected a string; {}", file_, excerpt(field_), found,
             kDamaged);
      case Place::table: broken("its entry is {}, expected an object", found);
      case Place::nowhere: break;
    }
    fail(ErrorKind::model, "{}: the header is {}, expected a JSON object; {}", file_, found, kDamaged);
  }

  [[noreturn]] void duplicate() {
    if (place() == Place::table)
      fail(ErrorKind::model, "{}: '{}' stands twice in the header, expected once; {}", file_, excerpt(name_), kDamaged);
    broken("'{}' stands twice in its entry, expected once", excerpt(field_));
  }

  void finish_tensor() {
    if (!has_dtype_ || !has_shape_ || !has_offsets_) {
      broken("{} is missing, expected dtype, shape and data_offsets", !has_dtype_   ? "dtype"
                                                                      : !has_shape_ ? "shape"
                                                                                    : "data_offsets");
    }
    entry_.begin = offsets_[0];
    entry_.end = offsets_[1];
    if (dtype_rank(entry_.dtype) < 0) {
      fail(ErrorKind::model, "{}: tensor '{}': dtype '{}' is unknown, expected one of {}", file_, excerpt(name_),
           excerpt(entry_.dtype), dtype_names());
    }
    if (entry_.begin > entry_.end) {
      broken("data_offsets [{}, {}] run backwards, expected begin <= end", entry_.begin, entry_.end);
    }
    if (entry_.end > data_bytes_) {
      broken("data_offsets [{}, {}] reach beyond the file, expected at most {}", entry_.begin, entry_.end, data_bytes_);
    }
    std::uint64_t bytes = 0;
    if (!tensor_bytes(entry_, bytes)) {
      broken("shape [{}] of {} overflows, expected less than 2^64 bytes", fmt::join(entry_.shape, ", "), entry_.dtype);
    }
    if (bytes != entry_.end - entry_.begin) {
      broken("data_offsets [{}, {}] hold {} bytes, expected {} for shape [{}] of {}", entry_.begin, entry_.end,
             entry_.end - entry_.begin, bytes, fmt::join(entry_.shape, ", "), entry_.dtype);
    }
    header_.tensors.emplace(name_, std::move(entry_));
  }

  template <typename... Args>
  [[noreturn]] void broken(fmt::format_string<Args...> format, Args&&... args) {
    fail(ErrorKind::model, "{}: tensor '{}': {}; {}", file_, excerpt(name_),
         fmt::format(format, std::forward<Args>(args)...), kDamaged);
  }

  SafetensorsHeader& header_;
  const std::uint64_t data_bytes_;
  const std::string& file_;
  std::vector<Place> places_;
  std::string name_, field_;  // key of the table, key inside its entry
  TensorEntry entry_;
  std::vector<std::uint64_t> offsets_;
  bool has_dtype_ = false, has_shape_ = false, has_offsets_ = false, metadata_seen_ = false;
};

std::uint64_t header_length(std::span<const std::byte> content, const std::string& file) {
  const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
  refuse_git_lfs_pointer(text, file);
  if (content.size() < kPrefix) {
    fail(ErrorKind::model, "{}: {} bytes long, expected at least {}; {}", file, content.size(), kPrefix, kDamaged);
  }
  const auto length = little_endian(text.substr(0, kPrefix));
  if (length > kLargestHeader) {
    fail(ErrorKind::model,
         "{}: the header claims {} bytes, expected at most {}; this is no safetensors file, or it is damaged: fetch it "
         "again",
         file, length, kLargestHeader);
  }
  if (length > content.size() - kPrefix) {
    fail(ErrorKind::model, "{}: the header claims {} bytes, expected at most the {} that follow; {}", file, length,
         content.size() - kPrefix, kDamaged);
  }
  return length;
}

// The tensors, in order of their offsets, must cover the data exactly.
void check_coverage(const SafetensorsHeader& header, std::uint64_t data_bytes, const std::string& file) {
  using Item = std::map<std::string, TensorEntry>::value_type;
  std::vector<const Item*> items;
  for (const auto& item : header.tensors) items.push_back(&item);
  std::sort(items.begin(), items.end(), [](const Item* a, const Item* b) {
    return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
  });
  std::uint64_t covered = 0;
  for (const Item* item : items) {
    const auto& [begin, end] = std::pair(item->second.begin, item->second.end);
    if (begin != covered) {
      fail(ErrorKind::model, "{}: tensor '{}': data_offsets [{}, {}] {}, expected to begin at {}; {}", file,
           excerpt(item->first), begin, end, begin < covered ? "overlap the tensor before" : "leave a hole before",
           covered, kDamaged);
    }
    covered = end;
  }
  if (covered != data_bytes) {
    fail(ErrorKind::model, "{}: {} bytes follow the header, expected the {} that its tensors cover; {}", file,
         data_bytes, covered, kDamaged);
  }
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::span<const std::byte> content, const std::string& file) {
  const auto length = header_length(content, file);
  SafetensorsHeader header;
  header.data_start = kPrefix + length;
  const auto data_bytes = content.size() - header.data_start;
  const auto* text = reinterpret_cast<const char*>(content.data()) + kPrefix;
  HeaderReader reader(header, data_bytes, file);
  nlohmann::json::sax_parse(text, text + length, &reader);
  check_coverage(header, data_bytes, file);
  return header;
}

}  // namespace strop
