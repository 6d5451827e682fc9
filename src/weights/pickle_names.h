// The names that a weight file may mention. Nothing is ever called by name: a name stands for what the reader itself
// does with its arguments, and one that is not listed is refused.
#pragma once

#include <string_view>

namespace strop {

enum class PickleUse {
  ordered_dict,  // an empty dict, or one of given pairs
  tensor,        // storage, offset, shape, strides, ...
  tensor_dtype,  // the same, the element type as the seventh argument
  parameter,     // the tensor that is its first argument
  subclass,      // a tensor with Python attributes, which are left out
  size,          // the tuple that is its first argument
  storage,       // the type of a storage: no call
  dtype,         // the type of elements: no call
  opaque,        // a harmless value without use for us; its parts are read and forgotten
};

struct PickleName {
  std::string_view module, name;
  PickleUse use = PickleUse::opaque;
  std::string_view dtype = {};  // of `storage` and `dtype`, as in TensorView
};

// nullptr for a name that is not allowed.
const PickleName* find_pickle_name(std::string_view module, std::string_view name);

}  // namespace strop
