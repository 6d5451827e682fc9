#include "train/onnx_file.h"

#include <torch/types.h>

#include "core/error.h"
#include "onnx/graph.h"

namespace strop {
namespace {

// The keys are those of the options that set them.
nlohmann::ordered_json form_json(const InputForm& form) {
  nlohmann::ordered_json keys = {{"height", form.height},
                                 {"width", form.width},
                                 {"interpolation", filter_name(form.interpolation)},
                                 {"fit", fit_name(form.fit)},
                                 {"mean", form.mean},
                                 {"std", form.std},
                                 {"channel_order", form.bgr ? "bgr" : "rgb"}};
  if (form.fit != Fit::letterbox) keys["crop_pct"] = form.crop_pct;
  if (form.fit == Fit::letterbox) keys["background"] = form.background;
  return keys;
}

}  // namespace

void write_onnx(const Model& model, const std::filesystem::path& file) {
  if (!model.input_form) {
    fail(ErrorKind::model, "{}: a model of family {} can't be exported to ONNX yet; networks of pictures can",
         file.string(), model.family());
  }
  torch::NoGradGuard no_grad;
  const auto& form = *model.input_form;
  onnx::Graph graph;
  graph.input("pixels", {onnx::kBatch, 3, form.height, form.width});
  for (std::size_t i = 0; i < model.size(); ++i) {
    graph.enter(model.block(i).name());
    model.block(i).export_to(graph);
  }
  if (model.detector) model.detector->export_to(graph, form.height);
  else graph.output("logits", {onnx::kBatch, static_cast<std::int64_t>(model.label_names.size())});
  graph.write(file, STROP_VERSION,
              {{"task", model.task},
               {"family", model.family()},
               {"labels", nlohmann::json(model.label_names).dump()},
               {"input", form_json(form).dump()}});
}

}  // namespace strop
