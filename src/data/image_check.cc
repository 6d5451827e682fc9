#include "data/image_check.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>

#include "core/error.h"
#include "core/interrupt.h"

namespace strop {
namespace {

// "" where the picture can be used, else why not.
std::string fault_of(ImageSample& sample, const DecodeOptions& options) {
  try {
    HeldBytes held;
    const PictureSource source = source_of(sample, held);
    sample.fingerprint = std::max<std::uint64_t>(1, std::hash<std::string_view>()(source.bytes));
    probe_picture(source.bytes, source.name, options);
    if (!looks_complete(source.bytes)) decode_picture(source.bytes, source.name, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::vector<std::string> faults_of(ImageSplit& split, const ImageReading& reading) {
  std::vector<std::string> faults(split.size());
  std::atomic<std::size_t> next{0};
  std::mutex lock;
  std::exception_ptr failure;  // of any of the threads: no memory, say
  const auto work = [&] {
    try {
      for (std::size_t i = next++; i < split.size() && !interrupted(); i = next++) {
        if (split.samples[i].raw_width == 0) faults[i] = fault_of(split.samples[i], reading.decode);
      }
    } catch (...) {
      const std::lock_guard guard(lock);
      failure = std::current_exception();
      next = split.size();
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (int i = 1; i < reading.threads; ++i) helpers.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
  throw_if_interrupted();
  return faults;
}

}  // namespace

void drop_unusable(ImageSplit& split, const ImageReading& reading, std::vector<SkippedPicture>& skipped) {
  const auto faults = faults_of(split, reading);
  const auto bad = static_cast<std::size_t>(
      std::count_if(faults.begin(), faults.end(), [](const std::string& fault) { return !fault.empty(); }));
  if (bad == 0) return;
  const std::string& first =
      *std::find_if(faults.begin(), faults.end(), [](const auto& fault) { return !fault.empty(); });
  if (reading.strict)
    fail(ErrorKind::data, "{} ({} of {} pictures can't be used, strict is set)", first, bad, split.size());
  if (bad == split.size())
    fail(ErrorKind::data, "{}: none of {} pictures can be used; the first: {}", split.origin, bad, first);
  std::vector<ImageSample> kept;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (faults[i].empty()) {
      kept.push_back(std::move(split.samples[i]));
    } else {
      skipped.push_back({split.samples[i].name, faults[i]});
    }
  }
  split.samples = std::move(kept);
}

}  // namespace strop
