#include "models/model.h"

#include <torch/types.h>

#include <set>

#include "core/error.h"
#include "core/text.h"
#include "models/family.h"

namespace strop {

namespace {

void bring(State& state, const Block& block, const torch::Device& device) {
  for (const auto& name : block.reads()) {
    if (name != kBounds && state.has(name)) state.set(name, state.at(name).to(device));
  }
}

// "'conv1.weight' and 12 more, as a resnet has them": the tensors, and the family that knows them by their names.
std::string what_stands_in(const std::shared_ptr<const WeightFiles>& files, const std::string& expected) {
  const auto& tensors = files->tensors();
  if (tensors.empty()) return "none";
  const auto& first = tensors.begin()->first;
  auto found = fmt::format("'{}' and {} more", excerpt(first), tensors.size() - 1);
  for (const auto& family : families()) {
    try {
      if (family.name != expected && family.recognise({files->file_of(first), nullptr, files}))
        return found + ", as a " + family.name + " has them";
    } catch (const Error&) {  // a variant that is not supported: its name is no help
    }
  }
  return found;
}

}  // namespace

std::size_t Model::index_of(const std::string& block_name) const {
  const auto names = block_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == block_name) return i;
  }
  const auto close = nearest(block_name, names);
  fail(ErrorKind::usage, "no block '{}' in this {} model{}; its row is: {}", block_name, family_,
       close.empty() ? "" : ", did you mean '" + close + "'?", join(names, ", "));
}

std::vector<std::string> Model::block_names() const {
  std::vector<std::string> names;
  for (const auto& block : blocks_) names.push_back(block->name());
  return names;
}

void Model::forward(State& state, const Pass& pass, std::size_t first, std::size_t last) const {
  for (std::size_t i = first; i < last; ++i) {
    if (!device_.is_cpu()) bring(state, *blocks_[i], device_);
    blocks_[i]->forward(state, pass);
  }
}

void Model::to(const torch::Device& device) {
  device_ = device;
  const auto move = [&](torch::Tensor& tensor) {
    if (!tensor.defined() || tensor.device() == device) return;
    const bool trains = tensor.requires_grad();
    tensor = tensor.detach().to(device).requires_grad_(trains);
  };
  for (const auto& [name, layer] : layers()) {
    for (const auto& one : layer->stored()) move(*one.tensor);
    if (!layer->adapter) continue;
    for (const auto& [key, tensor] : layer->adapter->tensors()) move(*tensor);
  }
}

std::vector<Port> Model::live_at(std::size_t cut, bool losses) const {
  std::map<std::string, Rows> written;
  for (const auto& port : inputs_) written[port.name] = port.rows;
  for (std::size_t i = 0; i < cut; ++i) {
    for (const auto& port : blocks_[i]->writes()) written[port.name] = port.rows;
  }
  std::set<std::string> live;
  if (detector) {
    written[kTargets] = Rows::sample;
    live.insert(kTargets);
    if (!losses) {
      for (const auto& name : detector->outputs()) live.insert(name);
    }
  }
  for (std::size_t i = size(); i > cut; --i) {
    for (const auto& port : blocks_[i - 1]->writes()) live.erase(port.name);
    for (const auto& name : blocks_[i - 1]->reads()) live.insert(name);
  }
  std::vector<Port> ports;
  // What nobody has written is read only where it is there (prompts).
  for (const auto& name : live) {
    if (const auto found = written.find(name); found != written.end()) ports.push_back({name, found->second});
  }
  return ports;
}

std::vector<std::pair<std::string, Layer*>> Model::layers() const {
  std::vector<std::pair<std::string, Layer*>> all;
  for (const auto& block : blocks_) all.insert(all.end(), block->layers().begin(), block->layers().end());
  return all;
}

Layer* Model::find_layer(const std::string& full_name) const {
  for (const auto& [name, layer] : layers()) {
    if (name == full_name) return layer;
  }
  return nullptr;
}

std::map<std::string, torch::Tensor> Model::tensors() const {
  std::map<std::string, torch::Tensor> all;
  for (const auto& [name, layer] : layers()) {
    for (const auto& one : layer->stored()) all[name + one.suffix] = *one.tensor;
  }
  return all;
}

torch::Tensor to_tensor(const TensorView& view, std::shared_ptr<const WeightFiles> owner) {
  static const std::map<std::string, torch::ScalarType> kTypes = {
      {"F32", torch::kFloat}, {"F16", torch::kHalf}, {"BF16", torch::kBFloat16}, {"F64", torch::kDouble},
      {"I64", torch::kLong},  {"I32", torch::kInt},  {"I16", torch::kShort},     {"I8", torch::kChar},
      {"U8", torch::kByte},   {"BOOL", torch::kBool}};
  const auto type = kTypes.find(view.dtype);
  if (type == kTypes.end()) fail(ErrorKind::model, "tensors of type {} are not supported", view.dtype);
  auto* bytes = const_cast<std::byte*>(view.bytes.data());
  // The header's length makes no promise on alignment: an unaligned tensor is copied.
  const bool aligned = reinterpret_cast<std::uintptr_t>(bytes) % torch::elementSize(type->second) == 0;
  if (!aligned) {
    torch::Tensor copy = torch::empty(view.shape, type->second);
    std::copy(view.bytes.begin(), view.bytes.end(), static_cast<std::byte*>(copy.data_ptr()));
    return copy.to(torch::kFloat);
  }
  const auto mapped = torch::from_blob(
      bytes, view.shape, [owner](void*) {}, type->second);
  return mapped.to(torch::kFloat);
}

std::vector<std::string> Model::load(std::shared_ptr<const WeightFiles> files, std::uint64_t seed) {
  const auto& stored = files->tensors();
  // The names under which a tensor may stand in the file: with and without the task prefix, and TensorFlow-era norms.
  const auto find = [&](const std::string& name) {
    std::vector<std::string> spellings = {name};
    if (starts_with(name, prefix_)) spellings.push_back(name.substr(prefix_.size()));
    for (std::size_t i = 0, count = spellings.size(); i < count; ++i) {
      for (const auto& [ours, old] :
           {std::pair{"LayerNorm.weight", "LayerNorm.gamma"}, {"LayerNorm.bias", "LayerNorm.beta"}}) {
        if (ends_with(spellings[i], ours)) {
          spellings.push_back(spellings[i].substr(0, spellings[i].size() - std::string_view(ours).size()) + old);
        }
      }
    }
    for (const auto& spelling : spellings) {
      if (const auto found = stored.find(spelling); found != stored.end()) return found;
    }
    return stored.end();
  };

  const auto fill = [&](Layer& layer, const std::string& name) {
    for (const auto& one : layer.stored()) {
      const auto tensor = find(name + one.suffix);
      if (tensor == stored.end()) {
        const auto weight = find(name + layer.weight_suffix());
        fail(ErrorKind::model, "{}: tensor '{}' stands without its {}", files->file_of(weight->first).string(),
             weight->first, one.suffix.substr(1));
      }
      if (tensor->second.shape != one.shape) {
        fail(ErrorKind::model, "{}: tensor '{}' has shape [{}]; the model asks for [{}]",
             files->file_of(tensor->first).string(), tensor->first, fmt::join(tensor->second.shape, ", "),
             fmt::join(one.shape, ", "));
      }
      if (tensor->second.dtype.find('F') == std::string::npos) {
        fail(ErrorKind::model, "{}: tensor '{}' is of type {}; expected floating numbers (F32, F16, BF16)",
             files->file_of(tensor->first).string(), tensor->first, tensor->second.dtype);
      }
      *one.tensor = to_tensor(tensor->second, files);
    }
  };

  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  std::vector<std::string> made;
  for (std::size_t i = 0; i < size(); ++i) {
    for (const auto& [name, layer] : blocks_[i]->layers()) {
      if (layer->kind() == LayerKind::slot) continue;
      const auto weight_name = name + layer->weight_suffix();
      const auto weight = find(weight_name);
      if (weight == stored.end() && i < head_begin_) {
        fail(ErrorKind::model, "{}: no tensor '{}'; expected the weights of a {} model with {} blocks, found {}",
             stored.empty() ? "the weights" : files->file_of(stored.begin()->first).string(), weight_name, family_,
             size(), what_stands_in(files, family_));
      }
      // A head for other classes is a new head: the caller may start it from this one (head_init).
      const bool absent = weight == stored.end() || (i + 1 == size() && weight->second.shape != layer->shape());
      const bool begins =
          absent && !layer->begins_as.empty() && find(layer->begins_as + layer->weight_suffix()) != stored.end();
      if (absent) made.push_back(name);
      if (absent && !begins) {
        layer->make_fresh(generator);
        continue;
      }
      fill(*layer, begins ? layer->begins_as : name);
    }
  }
  return made;
}

}  // namespace strop
