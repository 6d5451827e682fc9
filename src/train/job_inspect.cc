// inspect and version_line of strop/job.h.
#include <torch/torch.h>
#include <torch/version.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/text.h"
#include "data/augment_text.h"
#include "data/describe.h"
#include "models/facts.h"
#include "strop/job.h"
#include "train/opened.h"

namespace strop {
namespace {

using json = nlohmann::ordered_json;

json model_part(const Options& options, const InspectOptions& what, std::string& text) {
  const auto opened = open_for_use(options);
  const auto& model = *opened.model;
  const auto facts = model_facts(model, 32, !opened.made.empty());
  json part = {{"base", opened.base_name}, {"family", facts.family}, {"parameters", facts.parameters()},
               {"labels", model.label_names}, {"max_length", opened.max_length}, {"made", opened.made}};
  text += fmt::format("model   {}\nfamily  {} (model_type of config.json)\n        {} parameters in {} blocks, at most {} tokens\n",
                      opened.base_name, facts.family, human_count(static_cast<double>(facts.parameters())), facts.blocks.size(), opened.max_length);
  if (!model.label_names.empty()) text += "labels  " + excerpt(join(model.label_names, ", "), 200) + "\n";
  if (!opened.adapter.empty()) {
    std::int64_t adapted = 0, tensors = 0;
    for (const auto& [name, layer] : model.layers()) {
      if (!layer->adapter) continue;
      ++adapted;
      for (const auto& [key, tensor] : layer->adapter->tensors()) tensors += tensor->numel();
    }
    part["adapter"] = {{"folder", opened.adapter.string()}, {"method", opened.adapter_method}, {"layers", adapted}, {"parameters", tensors}};
    text += fmt::format("adapter {} ({}), {} layers, {} parameters\n", opened.adapter.string(), opened.adapter_method, adapted, human_count(static_cast<double>(tensors)));
  }
  if (!what.blocks) return part;
  text += fmt::format("\n{:<22}{:>14}{:>14}{:>20}\n", "block", "parameters", "fp32 bytes", "GFLOP for 32 tokens");
  for (const auto& block : facts.blocks) {
    part["blocks"].push_back({{"name", block.name}, {"parameters", block.parameters}, {"bytes", 4 * block.parameters}, {"flops", 2 * block.multiply_adds}});
    text += fmt::format("{:<22}{:>14}{:>14}{:>20.3f}\n", block.name, human_count(static_cast<double>(block.parameters)),
                        human_bytes(4 * static_cast<double>(block.parameters)), 2e-9 * block.multiply_adds);
  }
  return part;
}

json data_part(const Options& options, const InspectOptions& what, std::string& text) {
  const auto data = load_text_data(options);
  const auto facts = describe(data);
  json part = json::parse(to_json(facts).dump());
  text += fmt::format("data    {}\nlabels  {}\n", options.data, excerpt(join(facts.label_names, ", "), 200));
  for (const auto& split : facts.splits) {
    std::vector<std::string> counts;
    for (std::size_t i = 0; i < split.rows_by_class.size(); ++i) counts.push_back(fmt::format("{} {}", facts.label_names[i], split.rows_by_class[i]));
    text += fmt::format("{:<12}{:>8} rows ({}); words: mean {:.1f}, median {}, 95 % {}, most {}; {} repeated, {} also in train\n", split.name,
                        split.rows, join(counts, ", "), split.mean_words, split.median_words, split.p95_words, split.max_words, split.repeated, split.leaked);
  }
  for (const auto& note : facts.notes) text += "note    " + note + "\n";
  if (!what.augment) return part;
  const auto plan = parse_augment(options.augment.empty() ? std::vector<std::string>{"aeda"} : options.augment);
  for (std::size_t i = 0; i < std::min<std::size_t>(data.train.size(), static_cast<std::size_t>(what.samples)); ++i) {
    text += fmt::format("\nline {}  {}\n", data.train.lines[i], excerpt(data.train.texts[i], 200));
    json sample = {{"text", data.train.texts[i]}};
    for (std::uint64_t view = 0; view < 3; ++view) {
      const auto changed = augment_text(plan.operations, data.train.texts[i], options.augment_rate, static_cast<std::uint64_t>(options.seed), i, view);
      text += fmt::format("  view {}  {}\n", view, excerpt(changed, 200));
      sample["views"].push_back(changed);
    }
    part["augmented"].push_back(sample);
  }
  return part;
}

}  // namespace

std::string inspect(const Options& options, const InspectOptions& what) {
  if (options.model.empty() && options.data.empty()) fail(ErrorKind::usage, "inspect: give --model, --data or both");
  json all;
  std::string text;
  if (!options.model.empty()) all["model"] = model_part(options, what, text);
  if (!options.data.empty()) all["data"] = data_part(options, what, text);
  return options.json ? all.dump(2) : text;
}

std::string version_line() {
  return fmt::format("strop {} (libtorch {}, {}, {} cores: {})", STROP_VERSION, TORCH_VERSION, this_machine().cpu,
                     this_machine().physical_cores, this_machine().abilities);
}

}  // namespace strop
