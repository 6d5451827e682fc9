#include "weights/pickle_names.h"

namespace strop {
namespace {

using enum PickleUse;

// What torch.save writes for tensors, and what training scripts leave beside them in a checkpoint: argparse's options,
// counters of a schedule, best scores as NumPy numbers.
constexpr PickleName kNames[] = {{"collections", "OrderedDict", ordered_dict},
                                 {"torch._utils", "_rebuild_tensor", tensor},
                                 {"torch._utils", "_rebuild_tensor_v2", tensor},
                                 {"torch._utils", "_rebuild_tensor_v3", tensor_dtype},
                                 {"torch._utils", "_rebuild_parameter", parameter},
                                 {"torch._utils", "_rebuild_parameter_with_state", parameter},
                                 {"torch._tensor", "_rebuild_from_type_v2", subclass},
                                 {"torch", "Size", size},
                                 {"torch", "DoubleStorage", storage, "F64"},
                                 {"torch", "FloatStorage", storage, "F32"},
                                 {"torch", "HalfStorage", storage, "F16"},
                                 {"torch", "BFloat16Storage", storage, "BF16"},
                                 {"torch", "LongStorage", storage, "I64"},
                                 {"torch", "IntStorage", storage, "I32"},
                                 {"torch", "ShortStorage", storage, "I16"},
                                 {"torch", "CharStorage", storage, "I8"},
                                 {"torch", "ByteStorage", storage, "U8"},
                                 {"torch", "BoolStorage", storage, "BOOL"},
                                 {"torch", "ComplexFloatStorage", storage, "C64"},
                                 {"torch", "UntypedStorage", storage, "U8"},
                                 {"torch.storage", "UntypedStorage", storage, "U8"},
                                 {"torch.storage", "_UntypedStorage", storage, "U8"},
                                 {"torch", "float64", dtype, "F64"},
                                 {"torch", "float32", dtype, "F32"},
                                 {"torch", "float16", dtype, "F16"},
                                 {"torch", "bfloat16", dtype, "BF16"},
                                 {"torch", "int64", dtype, "I64"},
                                 {"torch", "int32", dtype, "I32"},
                                 {"torch", "int16", dtype, "I16"},
                                 {"torch", "int8", dtype, "I8"},
                                 {"torch", "uint8", dtype, "U8"},
                                 {"torch", "bool", dtype, "BOOL"},
                                 {"torch", "uint16", dtype, "U16"},
                                 {"torch", "uint32", dtype, "U32"},
                                 {"torch", "uint64", dtype, "U64"},
                                 {"torch", "complex64", dtype, "C64"},
                                 {"torch", "float8_e5m2", dtype, "F8_E5M2"},
                                 {"torch", "float8_e4m3fn", dtype, "F8_E4M3"},
                                 {"torch", "float8_e8m0fnu", dtype, "F8_E8M0"},
                                 {"torch", "Tensor"},
                                 {"torch", "device"},
                                 {"torch.nn.parameter", "Parameter"},
                                 {"argparse", "Namespace"},
                                 {"collections", "Counter"},
                                 {"collections", "defaultdict"},
                                 {"__builtin__", "set"},
                                 {"__builtin__", "frozenset"},
                                 {"__builtin__", "list"},
                                 {"__builtin__", "dict"},
                                 {"__builtin__", "int"},
                                 {"__builtin__", "float"},
                                 {"_codecs", "encode"},
                                 {"numpy", "dtype"},
                                 {"numpy", "ndarray"},
                                 {"numpy.core.multiarray", "scalar"},
                                 {"numpy.core.multiarray", "_reconstruct"},
                                 {"numpy._core.multiarray", "scalar"},
                                 {"numpy._core.multiarray", "_reconstruct"}};

}  // namespace

const PickleName* find_pickle_name(std::string_view module, std::string_view name) {
  if (module == "torch.cuda") module = "torch";      // where the storage lay does not matter
  if (module == "builtins") module = "__builtin__";  // Python 3's and 2's name
  for (const auto& known : kNames) {
    if (known.module == module && known.name == name) return &known;
  }
  return nullptr;
}

}  // namespace strop
