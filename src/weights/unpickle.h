// Python's pickle format, protocols 2 to 5, read as plain data (pickletools.py of CPython describes the opcodes).
//
// Nothing is ever imported or called: tensors and plain containers are all that a pickle can make here. Any other name
// (GLOBAL), and any opcode that would call one, is an Error(model) with the name and the byte.
#pragma once

#include <string>
#include <string_view>

#include "weights/pickle_value.h"

namespace strop {

// One pickle, from byte `at` of `content` to its STOP. `where` names the content in messages; bytes in messages count
// from the begin of `content`. At most 64 MiB and 4 million values. Cost: linear in the bytes.
PickleValues unpickle(std::string_view content, std::size_t at, const std::string& where);

}  // namespace strop
