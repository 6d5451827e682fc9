#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/error.h"
#include "core/files.h"
#include "weights/dtype.h"
#include "weights/safetensors.h"

namespace strop {
namespace {

using Item = std::map<std::string, TensorView>::value_type;

// A view that contradicts itself is a bug of the caller's.
void check(const Item& item) {
  const auto& [name, view] = item;
  std::size_t bytes = dtype_size(view.dtype);
  for (const auto extent : view.shape) bytes *= static_cast<std::size_t>(extent);
  if (dtype_size(view.dtype) == 0 || bytes != view.bytes.size() || name == "__metadata__") {
    throw std::logic_error(fmt::format("write_safetensors: tensor '{}': {} bytes of {}, its shape needs {}", name,
                                       view.bytes.size(), view.dtype, bytes));
  }
}

// The reference's order of the bytes in the file.
std::vector<const Item*> in_file_order(const std::map<std::string, TensorView>& tensors) {
  std::vector<const Item*> items;
  for (const auto& item : tensors) {
    check(item);
    items.push_back(&item);
  }
  std::stable_sort(items.begin(), items.end(), [](const Item* a, const Item* b) {
    return dtype_rank(a->second.dtype) > dtype_rank(b->second.dtype);
  });
  return items;
}

std::string header_text(const std::vector<const Item*>& items, const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::size_t begin = 0;
  for (const Item* item : items) {
    const auto end = begin + item->second.bytes.size();
    header[item->first] = {
        {"dtype", item->second.dtype}, {"shape", item->second.shape}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

}  // namespace

void write_safetensors(const std::filesystem::path& file, const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  const auto items = in_file_order(tensors);
  const std::string header = header_text(items, metadata);
  std::string length;
  for (int shift = 0; shift < 64; shift += 8) length += static_cast<char>(header.size() >> shift & 0xFF);
  AtomicFile out(file);
  out.write(length);
  out.write(header);
  for (const Item* item : items) {
    const auto& bytes = item->second.bytes;
    out.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  out.commit();
}

}  // namespace strop
