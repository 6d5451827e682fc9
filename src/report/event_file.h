// A TensorBoard event file: scalars by step, as tensorboard reads them.
//
// Framing (TFRecord): length u64 LE, masked CRC-32C of it, payload, masked CRC-32C of it. The payload is the protobuf
// message tensorflow.Event, encoded by hand: wall_time = 1 (double), step = 2 (int64), file_version = 3 (string),
// summary = 5 { value = 1 { tag = 1 (string), simple_value = 2 (float) } }.
// Source: tensorflow/core/util/event.proto, tensorflow/core/lib/io/record_writer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace strop {

struct Scalar {
  std::string tag;
  double value = 0;  // kept as float; NaN is left out
};

class EventFile {
 public:
  // Goes on with the events of `folder`, or starts. Records of steps <= resume_step are kept with their times (none
  // where resume_step <= 0); later ones, torn ones and second files are gone, in one atomic replacement.
  EventFile(const std::filesystem::path& folder, std::int64_t resume_step);
  // One event of all finite scalars; on disk when it returns. Error(usage) on a full disk.
  void append(std::int64_t step, const std::vector<Scalar>& scalars);

 private:
  std::filesystem::path file_;
};

// CRC-32C (Castagnoli) as TFRecord masks it: rotated right by 15 bits, plus 0xa282ead8.
std::uint32_t masked_crc32c(std::string_view bytes);

}  // namespace strop
