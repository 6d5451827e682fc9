#include "train/tasks/picture_faults.h"

#include "core/error.h"
#include "core/log.h"

namespace strop {

void PictureFaults::note(const PictureBatch& batch, std::span<const std::int64_t> samples, bool strict,
                         std::vector<std::int32_t>& labels) {
  if (batch.failed.empty()) return;
  if (strict)
    fail(ErrorKind::data, "{} (strict is set; leave it out to skip such pictures)", batch.failed.front().reason);
  auto made = batch.samples.begin();
  auto failed = batch.failed.begin();
  for (const auto sample : samples) {
    if (made != batch.samples.end() && *made == sample) {
      ++made;
      continue;
    }
    if (failed == batch.failed.end()) break;
    const auto& reason = (failed++)->reason;
    if (!reasons_.emplace(sample, reason).second) continue;
    labels[static_cast<std::size_t>(sample)] = -1;
    log_warning("skipped: {}", reason);
  }
}

std::vector<std::string> PictureFaults::summary() const {
  if (reasons_.empty()) return {};
  return {fmt::format("{} pictures could not be read during the run and were skipped, the first: {}",
                      reasons_.size(), reasons_.begin()->second)};
}

std::string PictureFaults::of(std::size_t row) const {
  const auto found = reasons_.find(static_cast<std::int64_t>(row));
  return found == reasons_.end() ? "" : found->second;
}

}  // namespace strop
