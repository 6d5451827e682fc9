// The files of torch.save (.bin, .pth, .pt, .ckpt), zip and legacy, without running what is in them.
//
// Formats: torch/serialization.py of PyTorch. A zip holds NAME/data.pkl and each storage's bytes as NAME/data/KEY,
// uncompressed; before PyTorch 1.6 four pickles stood one after another (magic number, protocol, facts of the machine,
// the objects), then the keys of the storages and their bytes. Devices are ignored.
//
// Reading maps the file. A tensor is a view of the map, whatever its alignment; tensors may share bytes. Only those
// whose strides are not those of their shape are copied, together at most four times the file's size (or 1 MiB).
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "weights/mapped_file.h"
#include "weights/safetensors.h"

namespace strop {

struct PickledWeights {
  std::map<std::string, TensorView> tensors;         // valid while the content and `copies` live
  std::vector<std::unique_ptr<std::byte[]>> copies;  // of transposed, sliced, expanded tensors
  std::vector<std::string> place, others;            // see PickleState
};

// `content` is the whole file, `file` its name for messages. Which dict is taken: see pickle_state.h. Error(model):
// anything but tensors and plain containers (named, never run), a truncated file, sizes that lie.
PickledWeights parse_pickled_weights(std::span<const std::byte> content, const std::string& file);

class PickledFile {
 public:
  // Says so in the log where the file holds several sets of weights.
  explicit PickledFile(const std::filesystem::path& file);

  const std::map<std::string, TensorView>& tensors() const { return weights_.tensors; }
  const std::filesystem::path& path() const { return map_.path(); }

 private:
  MappedFile map_;
  PickledWeights weights_;
};

// By its name: .bin, .pth, .pt, .ckpt, .pth.tar.
bool is_pickled_name(const std::filesystem::path& file);

}  // namespace strop
