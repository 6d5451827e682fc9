#include "train/tasks/sentence_transformers.h"

#include <nlohmann/json.hpp>

#include "train/write_files.h"

namespace strop {

void write_sentence_transformers(const std::filesystem::path& folder, const Model& model) {
  using json = nlohmann::ordered_json;
  const auto width = model.config().at("hidden_size").get<std::int64_t>();
  write_json_file(
      folder / "modules.json",
      json::array({{{"idx", 0}, {"name", "0"}, {"path", ""}, {"type", "sentence_transformers.models.Transformer"}},
                   {{"idx", 1}, {"name", "1"}, {"path", "1_Pooling"}, {"type", "sentence_transformers.models.Pooling"}},
                   {{"idx", 2}, {"name", "2"}, {"path", "2_Dense"}, {"type", "sentence_transformers.models.Dense"}}}));
  write_json_file(folder / "sentence_bert_config.json",
                  {{"max_seq_length", model.max_positions}, {"do_lower_case", false}});
  write_json_file(folder / "1_Pooling" / "config.json", {{"word_embedding_dimension", width},
                                                         {"pooling_mode_cls_token", model.pooling == "cls"},
                                                         {"pooling_mode_mean_tokens", model.pooling == "mean"},
                                                         {"pooling_mode_max_tokens", false},
                                                         {"pooling_mode_mean_sqrt_len_tokens", false}});
  write_json_file(folder / "2_Dense" / "config.json", {{"in_features", width},
                                                       {"out_features", model.label_names.size()},
                                                       {"bias", true},
                                                       {"activation_function", "torch.nn.modules.linear.Identity"}});
  const auto& classifier = *model.block(model.size() - 1).layers()[0].second;
  write_tensors_file(folder / "2_Dense" / "model.safetensors",
                     {{"linear.weight", classifier.weight}, {"linear.bias", classifier.bias}});
}

}  // namespace strop
