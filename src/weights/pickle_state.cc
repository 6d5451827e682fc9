#include "weights/pickle_state.h"

#include <algorithm>
#include <string_view>

#include "core/error.h"
#include "core/text.h"

namespace strop {
namespace {

constexpr std::string_view kKeys[] = {"state_dict_ema",   "model_ema", "ema",    "params_ema", "state_dict",
                                      "model_state_dict", "model",     "module", "network",    "net",
                                      "params",           "weights"};
constexpr std::size_t kMostLevels = 8;
constexpr std::size_t kLongestName = 1024;  // bytes

std::size_t rank_of(std::string_view key) { return std::find(std::begin(kKeys), std::end(kKeys), key) - kKeys; }

class StateFinder {
 public:
  StateFinder(const PickleValues& values, const std::string& where)
      : values_(values), where_(where), seen_(values.all.size()), has_tensors_(values.all.size()) {}

  PickleState find() {
    if (values_.get<PickleDict>(values_.root) == nullptr) {
      fail(ErrorKind::model, "{}: holds {}, expected a dict of tensors such as model.state_dict()", where_,
           kind_of(values_.root));
    }
    if (!descend(values_.root, 0)) {
      fail(ErrorKind::model, "{}: holds no tensors by name, expected a dict of tensors such as model.state_dict()",
           where_);
    }
    PickleState state;
    state.place = {place_.rbegin(), place_.rend()};
    state.others = std::move(others_);
    read_tensors(*values_.get<PickleDict>(found_), state.tensors);
    drop_prefix(state.tensors);
    return state;
  }

 private:
  enum class Answer : char { unknown, yes, no };

  struct Part {
    std::size_t rank;
    std::string_view key;
    PickleId id;
  };

  std::string_view kind_of(PickleId id) const {
    if (values_.tensor(id) != nullptr) return "a single tensor";
    return values_.get<PickleItems>(id) != nullptr ? "a list" : "a single value";
  }

  // Many keys may name the same dict: it is searched once.
  bool has_tensors(PickleId id) {
    auto& answer = has_tensors_[id];
    if (answer == Answer::unknown) answer = search_tensors(id) ? Answer::yes : Answer::no;
    return answer == Answer::yes;
  }

  bool search_tensors(PickleId id) const {
    const auto* dict = values_.get<PickleDict>(id);
    return dict != nullptr && std::any_of(dict->entries.begin(), dict->entries.end(), [&](const auto& entry) {
             return values_.get<std::string_view>(entry.first) != nullptr && values_.tensor(entry.second) != nullptr;
           });
  }

  // The dicts within one, those of the rule first and in its order; of a key that stands twice the last.
  std::vector<Part> parts_of(const PickleDict& dict) const {
    std::map<std::string_view, PickleId> by_key;
    for (const auto& [key, value] : dict.entries) {
      const auto* text = values_.get<std::string_view>(key);
      if (text != nullptr && text->size() <= kLongestName) by_key[*text] = value;
    }
    std::vector<Part> parts;
    for (const auto& [key, id] : by_key) {
      if (values_.get<PickleDict>(id) != nullptr) parts.push_back({rank_of(key), key, id});
    }
    std::stable_sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.rank < b.rank; });
    return parts;
  }

  // Sets found_ and place_. A dict that was looked at before is not looked at again: no cycle, no repeated work.
  bool descend(PickleId id, std::size_t level) {
    if (level > kMostLevels || seen_[id]) return false;
    seen_[id] = true;
    const auto parts = parts_of(*values_.get<PickleDict>(id));
    for (const auto& part : parts) {
      if (part.rank == std::size(kKeys)) break;
      if (!descend(part.id, level + 1)) continue;
      for (const auto& other : parts) {
        if (other.rank > part.rank && other.rank < std::size(kKeys) && has_tensors(other.id)) {
          others_.emplace_back(other.key);
        }
      }
      place_.emplace_back(part.key);
      return true;
    }
    if (has_tensors(id)) {
      found_ = id;
      return true;
    }
    return descend_into_only(parts);
  }

  bool descend_into_only(const std::vector<Part>& parts) {
    std::vector<std::string> names;
    for (const auto& part : parts) {
      if (part.rank < std::size(kKeys) || !has_tensors(part.id)) continue;
      names.emplace_back(excerpt(part.key));
      found_ = part.id;
    }
    if (names.size() > 1) {
      constexpr std::size_t kMostNamed = 8;
      const bool more = names.size() > kMostNamed;
      if (more) names.resize(kMostNamed);
      fail(ErrorKind::model,
           "{}: holds several sets of weights ({}{}) and none under a usual key; save the one that is meant with "
           "Python: torch.save(torch.load('{}', map_location='cpu')['{}'], 'weights.pth')",
           where_, join(names, ", "), more ? ", ..." : "", where_, names.front());
    }
    if (!names.empty()) place_.push_back(names.front());
    return !names.empty();
  }

  void read_tensors(const PickleDict& dict, std::map<std::string, const PickleTensor*>& tensors) const {
    for (const auto& [key, value] : dict.entries) {
      const auto* name = values_.get<std::string_view>(key);
      const auto* tensor = values_.tensor(value);
      if (name == nullptr) continue;
      if (name->size() > kLongestName || !is_valid_utf8(*name)) {
        fail(ErrorKind::model,
             "{}: a name of {} bytes, expected at most {} of UTF-8; the file is damaged: fetch it again", where_,
             name->size(), kLongestName);
      }
      if (tensor != nullptr) {
        tensors[std::string(*name)] = tensor;
      } else {
        tensors.erase(std::string(*name));
      }
    }
  }

  static void drop_prefix(std::map<std::string, const PickleTensor*>& tensors) {
    for (const std::string_view prefix : {"module.", "_orig_mod."}) {
      const auto all = std::all_of(tensors.begin(), tensors.end(),
                                   [&](const auto& item) { return starts_with(item.first, prefix); });
      if (!all) continue;
      std::map<std::string, const PickleTensor*> shorter;
      for (const auto& [name, tensor] : tensors) shorter.emplace(name.substr(prefix.size()), tensor);
      tensors = std::move(shorter);
    }
  }

  const PickleValues& values_;
  const std::string& where_;
  std::vector<bool> seen_;
  std::vector<Answer> has_tensors_;
  PickleId found_ = 0;
  std::vector<std::string> place_, others_;  // innermost key first
};

}  // namespace

PickleState find_state(const PickleValues& values, const std::string& where) {
  return StateFinder(values, where).find();
}

}  // namespace strop
