// What a pickle holds, as plain data: values that name each other by number, so that cycles and shared parts cost
// nothing and no depth of nesting can exhaust the stack.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "weights/pickle_names.h"

namespace strop {

using PickleId = std::uint32_t;  // place in PickleValues::all

struct PickleNone {};
struct PickleOpaque {};  // numbers with a fraction, sets, options: read, of no use for us

struct PickleItems {
  std::vector<PickleId> ids;
  bool is_list = false;  // else a tuple
};

// In the order of writing; of a key that stands twice the last one holds.
struct PickleDict {
  std::vector<std::pair<PickleId, PickleId>> entries;
};

// A row of `count` elements inside the bytes that `key` names, beginning with element `begin` there.
struct PickleStorage {
  std::string_view key, dtype;
  std::uint64_t whole = 0;  // elements of all that `key` names
  std::uint64_t begin = 0, count = 0;
};

// Element (i, j, ...) is number offset + i * strides[0] + j * strides[1] + ... of the storage. Not yet checked against
// it.
struct PickleTensor {
  PickleStorage storage;
  std::string_view dtype;
  std::uint64_t offset = 0;  // elements of `dtype`
  std::vector<std::int64_t> shape, strides;
};

// Texts point into the pickle's bytes.
using PickleValue =
    std::variant<PickleNone, PickleOpaque, bool, std::int64_t, std::string_view, const PickleName*, PickleItems,
                 PickleDict, std::unique_ptr<PickleStorage>, std::unique_ptr<PickleTensor>>;

struct PickleValues {
  std::vector<PickleValue> all;
  PickleId root = 0;
  std::size_t end = 0;  // the byte behind the pickle

  // nullptr where the value is of another kind.
  template <typename T>
  const T* get(PickleId id) const {
    return std::get_if<T>(&all[id]);
  }
  const PickleTensor* tensor(PickleId id) const {
    const auto* found = get<std::unique_ptr<PickleTensor>>(id);
    return found == nullptr ? nullptr : found->get();
  }
};

}  // namespace strop
