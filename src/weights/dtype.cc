#include "weights/dtype.h"

#include <array>
#include <string_view>
#include <vector>

#include "core/text.h"
#include "weights/safetensors.h"

namespace strop {
namespace {

struct Dtype {
  std::string_view name;
  std::size_t size;
};

// In the order of the reference's enumeration; its types below one byte (F4, F6) are left out.
constexpr std::array<Dtype, 17> kDtypes = {{{"BOOL", 1},
                                            {"U8", 1},
                                            {"I8", 1},
                                            {"F8_E5M2", 1},
                                            {"F8_E4M3", 1},
                                            {"F8_E8M0", 1},
                                            {"I16", 2},
                                            {"U16", 2},
                                            {"F16", 2},
                                            {"BF16", 2},
                                            {"I32", 4},
                                            {"U32", 4},
                                            {"F32", 4},
                                            {"C64", 8},
                                            {"F64", 8},
                                            {"I64", 8},
                                            {"U64", 8}}};

}  // namespace

int dtype_rank(const std::string& dtype) {
  for (std::size_t i = 0; i < kDtypes.size(); ++i) {
    if (kDtypes[i].name == dtype) return static_cast<int>(i);
  }
  return -1;
}

std::size_t dtype_size(const std::string& dtype) {
  const int rank = dtype_rank(dtype);
  return rank < 0 ? 0 : kDtypes[static_cast<std::size_t>(rank)].size;
}

std::string dtype_names() {
  std::vector<std::string> names;
  for (const auto& dtype : kDtypes) names.emplace_back(dtype.name);
  return join(names, ", ");
}

}  // namespace strop
