#include "weights/pickled_file.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"
#include "core/log.h"
#include "core/text.h"
#include "weights/pickle_state.h"
#include "weights/pickled_storages.h"

namespace strop {
namespace {

constexpr std::uint64_t kLeastCopies = 1 << 20;  // bytes
constexpr std::string_view kSuffixes[] = {".bin", ".pth", ".pt", ".ckpt", ".pth.tar"};

class TensorReader {
 public:
  TensorReader(const PickledParts& parts, std::uint64_t file_bytes, const std::string& file, PickledWeights& out)
      : parts_(parts), copies_left_(std::max(4 * file_bytes, kLeastCopies)), file_(file), out_(out) {}

  void read(const std::string& name, const PickleTensor& tensor) {
    name_ = &name;
    const auto size = dtype_size(std::string(tensor.dtype));
    const auto stored = storage_bytes(tensor.storage);
    const auto bytes = count_bytes(tensor, size);
    TensorView view{std::string(tensor.dtype), tensor.shape, {}};
    if (bytes > 0) {
      check_extent(tensor, size, stored.size());
      const std::string_view from = stored.substr(tensor.offset * size);
      view.bytes =
          is_contiguous(tensor) ? std::as_bytes(std::span(from.substr(0, bytes))) : gather(tensor, size, bytes, from);
    }
    out_.tensors.emplace(name, std::move(view));
  }

 private:
  std::string_view storage_bytes(const PickleStorage& storage) {
    const auto found = parts_.storages.find(storage.key);
    if (found == parts_.storages.end()) broken("its storage '{}' is not in the file", excerpt(storage.key));
    const auto size = dtype_size(std::string(storage.dtype));
    if (storage.whole > found->second.size() / size) {
      broken("its storage '{}' claims {} elements of {} bytes, but has {} bytes", excerpt(storage.key), storage.whole,
             size, found->second.size());
    }
    return found->second.substr(storage.begin * size, storage.count * size);
  }

  std::uint64_t count_bytes(const PickleTensor& tensor, std::size_t size) {
    std::uint64_t bytes = size;
    // A dimension of 0 makes all others harmless.
    if (std::find(tensor.shape.begin(), tensor.shape.end(), 0) != tensor.shape.end()) return 0;
    for (const auto extent : tensor.shape) {
      if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes)) {
        broken("shape [{}] overflows, expected less than 2^64 bytes", join_numbers(tensor.shape));
      }
    }
    return bytes;
  }

  // The last element must lie inside the storage, then all do, for strides are not negative.
  void check_extent(const PickleTensor& tensor, std::size_t size, std::uint64_t stored) {
    std::uint64_t last = tensor.offset;
    bool fits = true;
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
      std::uint64_t step = 0;
      fits = fits && !__builtin_mul_overflow(static_cast<std::uint64_t>(tensor.shape[i] - 1),
                                             static_cast<std::uint64_t>(tensor.strides[i]), &step);
      fits = fits && !__builtin_add_overflow(last, step, &last);
    }
    if (!fits || last >= stored / size) {
      broken("shape [{}] with strides [{}] from element {} reaches beyond the {} elements of its storage",
             join_numbers(tensor.shape), join_numbers(tensor.strides), tensor.offset, stored / size);
    }
  }

  static bool is_contiguous(const PickleTensor& tensor) {
    std::uint64_t expected = 1;
    for (std::size_t i = tensor.shape.size(); i-- > 0;) {
      if (tensor.shape[i] != 1 && static_cast<std::uint64_t>(tensor.strides[i]) != expected) return false;
      expected *= static_cast<std::uint64_t>(tensor.shape[i]);
    }
    return true;
  }

  std::span<const std::byte> gather(const PickleTensor& tensor, std::size_t size, std::uint64_t bytes,
                                    std::string_view from) {
    if (bytes > copies_left_) {
      broken("shape [{}] with strides [{}] and others like it would be copied to more than four times the file",
             join_numbers(tensor.shape), join_numbers(tensor.strides));
    }
    copies_left_ -= bytes;
    auto& copy = out_.copies.emplace_back(std::make_unique<std::byte[]>(bytes));
    // An odometer over the outer dimensions; the innermost is a plain loop.
    const std::size_t dimensions = tensor.shape.size(), inner = dimensions - 1;
    std::vector<std::int64_t> index(dimensions, 0);
    std::uint64_t source = 0;
    for (std::byte* to = copy.get(); to != copy.get() + bytes;) {
      for (std::int64_t i = 0; i < tensor.shape[inner]; ++i, to += size) {
        std::memcpy(to, from.data() + (source + static_cast<std::uint64_t>(i * tensor.strides[inner])) * size, size);
      }
      for (std::size_t d = inner; d-- > 0;) {
        source += static_cast<std::uint64_t>(tensor.strides[d]);
        if (++index[d] < tensor.shape[d]) break;
        source -= static_cast<std::uint64_t>(tensor.strides[d] * index[d]);
        index[d] = 0;
      }
    }
    return {copy.get(), bytes};
  }

  template <typename... Args>
  [[noreturn]] void broken(fmt::format_string<Args...> format, Args&&... args) const {
    fail(ErrorKind::model, "{}: tensor '{}': {}; the file is truncated or damaged: fetch it again", file_,
         excerpt(*name_), fmt::format(format, std::forward<Args>(args)...));
  }

  const PickledParts& parts_;
  std::uint64_t copies_left_;
  const std::string& file_;
  PickledWeights& out_;
  const std::string* name_ = nullptr;
};

}  // namespace

PickledWeights parse_pickled_weights(std::span<const std::byte> content, const std::string& file) {
  const auto parts = split_pickled_file({reinterpret_cast<const char*>(content.data()), content.size()}, file);
  auto state = find_state(parts.values, file);
  PickledWeights weights;
  TensorReader reader(parts, content.size(), file, weights);
  for (const auto& [name, tensor] : state.tensors) reader.read(name, *tensor);
  weights.place = std::move(state.place);
  weights.others = std::move(state.others);
  return weights;
}

PickledFile::PickledFile(const std::filesystem::path& file)
    : map_(file), weights_(parse_pickled_weights(map_.bytes(), file.string())) {
  if (!weights_.others.empty()) {
    log_info("{}: the weights under '{}' are taken, not those under {}", file.string(), join(weights_.place, "."),
             join(weights_.others, ", "));
  }
}

bool is_pickled_name(const std::filesystem::path& file) {
  const auto name = file.filename().string();
  return std::any_of(std::begin(kSuffixes), std::end(kSuffixes), [&](auto suffix) { return ends_with(name, suffix); });
}

}  // namespace strop
