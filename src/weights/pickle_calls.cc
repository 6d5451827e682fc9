#include "weights/pickle_calls.h"

namespace strop {
namespace {

constexpr std::size_t kMostDimensions = 64;  // as in PyTorch

bool read_count(PickleId id, const PickleValues& values, std::uint64_t& count) {
  const auto* number = values.get<std::int64_t>(id);
  if (number == nullptr || *number < 0) return false;
  count = static_cast<std::uint64_t>(*number);
  return true;
}

bool read_counts(PickleId id, const PickleValues& values, std::vector<std::int64_t>& counts) {
  const auto* items = values.get<PickleItems>(id);
  if (items == nullptr || items->ids.size() > kMostDimensions) return false;
  for (const auto item : items->ids) {
    std::uint64_t count = 0;
    if (!read_count(item, values, count)) return false;
    counts.push_back(static_cast<std::int64_t>(count));
  }
  return true;
}

const PickleName* name_with_use(PickleId id, PickleUse use, const PickleValues& values) {
  const auto* name = values.get<const PickleName*>(id);
  return name != nullptr && (*name)->use == use ? *name : nullptr;
}

// (storage, offset, shape, strides, requires_grad, hooks, metadata or dtype, metadata)
std::unique_ptr<PickleTensor> make_tensor(const std::vector<PickleId>& ids, bool has_dtype,
                                          const PickleValues& values) {
  if (ids.size() < (has_dtype ? 7u : 4u)) return nullptr;
  const auto* storage = values.get<std::unique_ptr<PickleStorage>>(ids[0]);
  if (storage == nullptr) return nullptr;
  auto tensor = std::make_unique<PickleTensor>();
  tensor->storage = **storage;
  tensor->dtype = (*storage)->dtype;
  if (has_dtype) {
    const auto* dtype = name_with_use(ids[6], PickleUse::dtype, values);
    if (dtype == nullptr) return nullptr;
    tensor->dtype = dtype->dtype;
  }
  // Marks of conjugated or negated views: their stored bytes are not their values.
  if (const std::size_t metadata = has_dtype ? 7 : 6; ids.size() > metadata) {
    const auto* marks = values.get<PickleDict>(ids[metadata]);
    if (marks != nullptr && !marks->entries.empty()) return nullptr;
  }
  if (!read_count(ids[1], values, tensor->offset) || !read_counts(ids[2], values, tensor->shape) ||
      !read_counts(ids[3], values, tensor->strides) || tensor->shape.size() != tensor->strides.size()) {
    return nullptr;
  }
  return tensor;
}

std::optional<PickleResult> tensor_result(const PickleName& name, const PickleItems& arguments,
                                          const PickleValues& values) {
  auto tensor = make_tensor(arguments.ids, name.use == PickleUse::tensor_dtype, values);
  if (tensor == nullptr) return {};
  return PickleResult{std::move(tensor), {}};
}

// (one of the functions above or a parameter's, type, its arguments, state)
std::optional<PickleResult> subclass_result(const std::vector<PickleId>& ids, const PickleValues& values) {
  const auto* function = ids.size() < 3 ? nullptr : values.get<const PickleName*>(ids[0]);
  const auto* arguments = function == nullptr ? nullptr : values.get<PickleItems>(ids[2]);
  if (arguments == nullptr) return {};
  switch ((*function)->use) {
    case PickleUse::tensor:
    case PickleUse::tensor_dtype:
    case PickleUse::parameter: return call_pickle_name(**function, *arguments, values);
    default: return {};
  }
}

std::optional<PickleResult> dict_result(const std::vector<PickleId>& ids, const PickleValues& values) {
  PickleDict dict;
  if (ids.empty()) return PickleResult{std::move(dict), {}};
  const auto* pairs = values.get<PickleItems>(ids[0]);
  if (pairs == nullptr) return {};
  for (const auto id : pairs->ids) {
    const auto* pair = values.get<PickleItems>(id);
    if (pair == nullptr || pair->ids.size() != 2) return {};
    dict.entries.emplace_back(pair->ids[0], pair->ids[1]);
  }
  return PickleResult{std::move(dict), {}};
}

}  // namespace

std::optional<PickleResult> call_pickle_name(const PickleName& name, const PickleItems& arguments,
                                             const PickleValues& values) {
  const auto& ids = arguments.ids;
  switch (name.use) {
    case PickleUse::ordered_dict: return dict_result(ids, values);
    case PickleUse::tensor:
    case PickleUse::tensor_dtype: return tensor_result(name, arguments, values);
    case PickleUse::parameter:
      if (ids.empty() || values.tensor(ids[0]) == nullptr) return {};
      return PickleResult{PickleNone{}, ids[0]};
    case PickleUse::subclass: return subclass_result(ids, values);
    case PickleUse::size:
      if (ids.size() != 1 || values.get<PickleItems>(ids[0]) == nullptr) return {};
      return PickleResult{PickleNone{}, ids[0]};
    case PickleUse::opaque: return PickleResult{PickleOpaque{}, {}};
    case PickleUse::storage:
    case PickleUse::dtype: return {};
  }
  return {};
}

std::optional<PickleStorage> storage_of_id(const PickleItems& id, const PickleValues& values) {
  const auto& ids = id.ids;
  if (ids.size() < 5) return {};
  const auto* kind = values.get<std::string_view>(ids[0]);
  const auto* type = name_with_use(ids[1], PickleUse::storage, values);
  const auto* key = values.get<std::string_view>(ids[2]);
  PickleStorage storage;
  if (kind == nullptr || *kind != "storage" || type == nullptr || key == nullptr ||
      !read_count(ids[4], values, storage.whole)) {
    return {};
  }
  storage.key = *key;
  storage.dtype = type->dtype;
  storage.count = storage.whole;
  // Before zip files, a storage could be a part of another: (its own key, first element, elements).
  if (ids.size() > 5 && values.get<PickleNone>(ids[5]) == nullptr) {
    const auto* view = values.get<PickleItems>(ids[5]);
    if (view == nullptr || view->ids.size() != 3 || !read_count(view->ids[1], values, storage.begin) ||
        !read_count(view->ids[2], values, storage.count) || storage.begin > storage.whole ||
        storage.count > storage.whole - storage.begin) {
      return {};
    }
  }
  return storage;
}

}  // namespace strop
