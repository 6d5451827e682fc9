#include "train/start_detector.h"

#include <torch/types.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "core/error.h"
#include "core/text.h"
#include "models/family.h"
#include "nn/conv.h"

namespace strop {
namespace {

// Where a class stands in the file's head: the group, and the row of its class layers.
struct StoredRow {
  std::size_t group = 0;
  std::int64_t row = 0;
};

std::map<std::string, StoredRow> rows_by_name(const std::vector<std::string>& labels,
                                              const std::vector<std::int64_t>& sizes) {
  std::map<std::string, StoredRow> rows;
  auto label = labels.begin();
  for (std::size_t group = 0; group < sizes.size(); ++group) {
    for (std::int64_t row = 0; row < sizes[group]; ++row) rows[*label++] = {group, row};
  }
  return rows;
}

// As a head begins where no file has one. Where a bias says how likely a class is, the weights begin near nothing.
void begin_anew(Layer& layer, std::size_t labels, std::int64_t seed) {
  layer.make_fresh(at::make_generator<at::CPUGeneratorImpl>(static_cast<std::uint64_t>(seed)));
  if (!layer.has_bias() || layer.kind() == LayerKind::batch_norm) return;
  for (std::size_t row = 0; row < labels; ++row) {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(static_cast<std::uint64_t>(row));
    auto weights = layer.weight[static_cast<std::int64_t>(row)];
    weights.copy_(torch::empty(weights.sizes()).normal_(0, 0.01, generator));
  }
}

// Rows of the stored class layers, named by their groups, under the labels that the model has. Rows behind those of the
// labels ("nothing is here", in softmax heads) are those of the file's first group.
void take_rows(Layer& layer, const std::vector<std::string>& sources, const std::vector<std::string>& wanted,
               const std::map<std::string, StoredRow>& rows, const std::shared_ptr<const WeightFiles>& files) {
  for (const auto& one : layer.stored()) {
    std::vector<torch::Tensor> stored;
    for (const auto& source : sources) {
      const auto found = files->tensors().find(source + one.suffix);
      if (found == files->tensors().end()) {
        fail(ErrorKind::model, "no tensor '{}' among the weights; expected it beside those of the other groups",
             source + one.suffix);
      }
      stored.push_back(to_tensor(found->second, files));
    }
    for (std::size_t to = 0; to < wanted.size(); ++to) {
      if (const auto from = rows.find(wanted[to]); from != rows.end())
        (*one.tensor)[static_cast<std::int64_t>(to)].copy_(stored[from->second.group][from->second.row]);
    }
    const auto more = layer.shape()[0] - static_cast<std::int64_t>(wanted.size());
    const auto& first = stored.front();
    if (more > 0)
      one.tensor->narrow(0, layer.shape()[0] - more, more).copy_(first.narrow(0, first.size(0) - more, more));
  }
  // Of rows that are taken over the statistics are, too: no look at the data may replace them.
  if (auto* norm = dynamic_cast<BatchNorm2d*>(&layer); norm != nullptr)
    norm->statistics = BatchNorm2d::Statistics::measured;
}

}  // namespace

std::vector<std::string> start_detector(Opened& opened, const Options& options) {
  auto& model = *opened.model;
  torch::NoGradGuard no_grad;
  const auto stored = opened.record ? opened.record->labels : labels_of_model(opened.base_folder);
  const auto& wanted = model.label_names;
  const auto groups = model.detector->groups();
  const bool random = options.head_init == "random";
  if (labels_of_method(options) == Labels::model_and_data && stored.size() < wanted.size()) {
    const std::vector<std::string> added(wanted.begin() + static_cast<std::ptrdiff_t>(stored.size()), wanted.end());
    return {fmt::format("{} classes kept as they are; added: {}", stored.size(), excerpt(join(added, ", "), 200))};
  }
  const bool keeps = labels_of_method(options) != Labels::data;
  const auto files = std::make_shared<const WeightFiles>(opened.base_folder);
  const auto sizes = stored_classes(model, *files);
  if (sizes.empty()) return {};
  if (keeps || (stored == wanted && !random)) return {"all classes kept: the stored head has the same"};
  const auto classes = std::accumulate(sizes.begin(), sizes.end(), std::size_t{0});
  std::map<std::string, StoredRow> rows;
  if (!random && stored.size() == classes) rows = rows_by_name(stored, sizes);
  std::vector<std::string> kept, fresh;
  for (const auto& label : wanted) (rows.contains(label) ? kept : fresh).push_back(label);
  for (std::size_t group = 0; group < groups.size(); ++group) {
    const auto own = model.detector->class_layers(group);
    for (std::size_t i = 0; i < own.size(); ++i) {
      auto& layer = *model.find_layer(own[i]);
      begin_anew(layer, groups[group].size(), options.seed);
      if (std::ranges::find(opened.made, own[i]) == opened.made.end()) opened.made.push_back(own[i]);
      if (random || (kept.empty() && layer.kind() == LayerKind::batch_norm)) continue;
      std::vector<std::string> sources;
      for (std::size_t from = 0; from < sizes.size(); ++from)
        sources.push_back(model.detector->class_layers(from)[i]);
      take_rows(layer, sources, wanted, rows, files);  // other classes than the file's: one group has them all
    }
  }
  std::vector<std::string> lines;
  if (!random && stored.size() != classes) {
    lines.push_back(fmt::format("its files name {} classes, the stored head has {}: which row is which is not known",
                                stored.size(), classes));
  }
  if (!kept.empty())
    lines.push_back("classes that the stored head knows start from their rows: " + excerpt(join(kept, ", "), 200));
  if (!fresh.empty()) {
    lines.push_back((random ? "classes start from nothing: " : "classes that it does not know start from nothing: ") +
                    excerpt(join(fresh, ", "), 200));
  }
  return lines;
}

}  // namespace strop
