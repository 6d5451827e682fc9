#include "train/start_detector.h"

#include <torch/types.h>

#include <algorithm>

#include "core/text.h"
#include "models/family.h"

namespace strop {
namespace {

// Rows of the stored class predictions under the labels that the model has. Rows behind those of the labels ("nothing
// is here", in softmax heads) are kept.
void take_rows(Layer& layer, const torch::Tensor& weight, const torch::Tensor& bias,
               const std::vector<std::string>& stored, const std::vector<std::string>& wanted) {
  // The layer may point at the file's own rows.
  layer.weight = layer.weight.clone();
  layer.bias = layer.bias.clone();
  for (std::size_t to = 0; to < static_cast<std::size_t>(layer.weight.size(0)) && to < wanted.size(); ++to) {
    const auto from = std::find(stored.begin(), stored.end(), wanted[to]);
    const auto row = static_cast<std::int64_t>(to);
    if (from != stored.end() && from - stored.begin() < weight.size(0)) {
      layer.weight[row].copy_(weight[from - stored.begin()]);
      layer.bias[row].copy_(bias[from - stored.begin()]);
    } else {
      auto generator = at::make_generator<at::CPUGeneratorImpl>(static_cast<std::uint64_t>(row));
      layer.weight[row].copy_(torch::empty(layer.weight[row].sizes()).normal_(0, 0.01, generator));
      layer.bias[row].fill_(layer.fresh_bias);
    }
  }
  const auto more = weight.size(0) - static_cast<std::int64_t>(stored.size());
  if (more <= 0 || more != layer.weight.size(0) - static_cast<std::int64_t>(wanted.size())) return;
  layer.weight.narrow(0, layer.weight.size(0) - more, more).copy_(weight.narrow(0, weight.size(0) - more, more));
  layer.bias.narrow(0, layer.bias.size(0) - more, more).copy_(bias.narrow(0, bias.size(0) - more, more));
}

}  // namespace

std::vector<std::string> start_detector(Opened& opened, const Options& options) {
  auto& model = *opened.model;
  torch::NoGradGuard no_grad;
  if (options.head_init == "random") return {};
  const auto stored = opened.record ? opened.record->labels : labels_of_model(opened.base_folder);
  const auto& wanted = model.label_names;
  if (stored.empty()) return {};
  const bool adds = model.detector->groups().size() > 1;
  const bool keeps_all =
      adds ? stored.size() <= wanted.size() && std::equal(stored.begin(), stored.end(), wanted.begin())
           : stored == wanted;
  if (keeps_all) {
    const std::vector<std::string> added(wanted.begin() + static_cast<std::ptrdiff_t>(stored.size()), wanted.end());
    return {added.empty() ? "all classes kept: the stored head has the same"
                          : fmt::format("{} classes kept as they are; added: {}", stored.size(),
                                        excerpt(join(added, ", "), 200))};
  }
  if (model.detector->class_layers(0).empty()) return {"begins anew for other classes"};
  const auto files = std::make_shared<const WeightFiles>(opened.base_folder);
  for (const auto& name : model.detector->class_layers(0)) {
    auto* layer = model.find_layer(name);
    const auto weight = files->tensors().find(name + ".weight"), bias = files->tensors().find(name + ".bias");
    if (weight == files->tensors().end() || bias == files->tensors().end()) return {};
    take_rows(*layer, to_tensor(weight->second, files), to_tensor(bias->second, files), stored, wanted);
  }
  std::vector<std::string> kept, fresh;
  for (const auto& label : wanted)
    (std::count(stored.begin(), stored.end(), label) > 0 ? kept : fresh).push_back(label);
  std::vector<std::string> lines;
  if (!kept.empty())
    lines.push_back("classes that the stored head knows start from their rows: " + excerpt(join(kept, ", "), 200));
  if (!fresh.empty())
    lines.push_back("classes that it does not know start from nothing: " + excerpt(join(fresh, ", "), 200));
  return lines;
}

}  // namespace strop
