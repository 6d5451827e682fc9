#include "data/boxes/category_ids.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/text.h"

namespace strop {

std::vector<std::int64_t> ids_with_added(std::vector<std::int64_t> own, const std::vector<std::string>& labels,
                                         std::size_t known, const std::vector<std::int64_t>& file,
                                         std::vector<std::string>& notes) {
  if (own.empty() && file.empty()) return {};
  auto ids = std::move(own);
  for (auto place = ids.size(); place < known; ++place) ids.push_back(static_cast<std::int64_t>(place) + 1);
  ids.resize(labels.size());
  std::map<std::int64_t, std::size_t> holders;
  for (std::size_t place = 0; place < known; ++place) holders.emplace(ids[place], place);
  std::vector<std::string> taken, counted;
  std::vector<std::pair<std::size_t, std::string>> open;  // places without a number, and why
  for (std::size_t place = known; place < labels.size(); ++place) {
    if (place - known >= file.size()) {
      open.emplace_back(place, "");
      continue;
    }
    const auto id = file[place - known];
    const auto [holder, is_free] = holders.emplace(id, place);
    if (!is_free) {
      open.emplace_back(place, fmt::format(" (the file's {} is that of {})", id, labels[holder->second]));
      continue;
    }
    ids[place] = id;
    taken.push_back(fmt::format("{} {}", labels[place], id));
  }
  auto last = holders.empty() ? 0 : holders.rbegin()->first;
  for (const auto& [place, why] : open) {
    ids[place] = ++last;
    counted.push_back(fmt::format("{} {}{}", labels[place], last, why));
  }
  if (!taken.empty())
    notes.push_back("category ids of added classes, from the file: " + excerpt(join(taken, ", "), 300));
  if (!counted.empty())
    notes.push_back("category ids of added classes, counted on from the largest: " + excerpt(join(counted, ", "), 300));
  return ids;
}

std::vector<std::int64_t> ids_in_file(const std::vector<std::int64_t>& own, const std::vector<std::string>& labels,
                                      const std::map<std::string, std::int64_t>& file) {
  std::vector<std::int64_t> ids;
  std::set<std::int64_t> held;
  for (const auto& [name, id] : file) held.insert(id);
  auto last = held.empty() ? 0 : *held.rbegin();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto known = file.find(labels[i]);
    const auto place = static_cast<std::int64_t>(i) + 1;
    ids.push_back(known != file.end() ? known->second : i < own.size() ? own[i] : place);
    last = std::max(last, ids.back());
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!file.contains(labels[i]) && held.contains(ids[i])) ids[i] = ++last;
  }
  return ids;
}

}  // namespace strop
