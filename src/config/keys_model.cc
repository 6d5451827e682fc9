// Model and data.
#include "config/key_table.h"

namespace strop {
namespace {

void check_column(const std::string& role, const std::string&) {
  parse_choice(role, {"text", "text_pair", "image", "label"});
}

// One number or three, as 0.5 or 0.485,0.456,0.406.
void check_channels(const std::string& text, Range range) {
  if (!text.empty()) parse_numbers(text, {1, 3}, range);
}

void add_picture_keys(KeyTable& t) {
  t.group("Pictures");
  t.tasks({kPictures, kBoxes});
  t.integer("image_size", &Options::image_size, at_least(0),
            "Side in pixels of what the network sees; 0: the model's own.", {"imgsz", "img_size", "input_size"});
  t.checked("mean", &Options::mean, "0.5 or 0.485,0.456,0.406", [](const auto& text) { check_channels(text, Range{}); },
            "Subtracted from red, green and blue in 0 .. 1; empty: the model's own.", {"image_mean"});
  t.checked("std", &Options::std, "0.5 or 0.229,0.224,0.225", [](const auto& text) { check_channels(text, above(0)); },
            "Divides red, green and blue after the mean; empty: the model's own.", {"image_std"});
  t.choice("interpolation", &Options::interpolation, {"auto", "nearest", "box", "bilinear", "bicubic", "lanczos"},
           "Filter of resizing; auto: the model's own.", {"resample_filter"});
  t.choice("fit", &Options::fit, {"auto", "crop", "squash", "letterbox"},
           "How a picture becomes a square: the middle cut out, both sides resized, or all of it on grey.");
  t.choice("channel_order", &Options::channel_order, {"auto", "rgb", "bgr"}, "Order of the colours.");
  t.boolean("strict", &Options::strict, "A picture that can't be used ends the run; else it is skipped and listed.");
  t.integer("max_pixels", &Options::max_pixels, at_least(1), "Pictures of more pixels are refused unread.");
  t.tasks({kPictures});
  t.number("crop_pct", &Options::crop_pct, share(),
           "Size over the side that is resized to, before the middle is cut out; 0: the model's own.");
  t.group("Boxes");
  t.tasks({kBoxes});
  t.number("conf", &Options::conf, share(),
           "Least score of a found box; predict draws those of 0.3 and more where it is not given.",
           {"conf_thres", "score_threshold"});
  t.number("nms_iou", &Options::nms_iou, share(),
           "Of two found boxes of a class that overlap more, the worse is dropped.", {"iou", "nms", "iou_thres"});
  t.integer("max_det", &Options::max_det, at_least(1), "Found boxes of a picture, for each group of classes.",
            {"max_detections"});
}

}  // namespace

void add_model_and_data_keys(KeyTable& t) {
  t.group("Model");
  t.path("model", &Options::model, "The pretrained model: Hugging Face folder, single file, run folder or hub name.",
         {"model_name_or_path", "base_model", "model_name", "base_model_name_or_path"});
  t.text("revision", &Options::revision, "Branch, tag or commit of a hub model.", {"model_revision"});
  t.path("adapter", &Options::adapter, "Run or PEFT folder to go on from, to evaluate or to merge.",
         {"adapter_name_or_path", "adapter_path"});
  t.choice("task", &Options::task, {"auto", kTexts, kPictures, kBoxes},
           "What to learn; auto infers it from data and model.", {"task_type"},
           {{"SEQ_CLS", kTexts}, {"sequence-classification", kTexts}});
  t.choice("pooling", &Options::pooling, {"auto", "pooler", "cls", "mean"},
           "What the head reads: BERT's pooler, the first token or the mean of all tokens; auto: the pooler, but a "
           "head alone what the model's 1_Pooling says.",
           {"pooling_mode"});
  t.choice("head_init", &Options::head_init, {"auto", "pretrained", "closed_form", "random"},
           "Start of the head: the file's own, a closed-form solution on frozen features, or random.", {},
           {{"closed-form", "closed_form"}});
  t.path("head_labels", &Options::head_labels,
         "File with the labels of the stored head, one a line, for models that do not name them.", {"class_map"});
  t.tasks({kTexts});
  t.integer("max_length", &Options::max_length, at_least(0),
            "Longest row in tokens, the rest is cut; 0: the smaller of model and tokenizer_config.",
            {"cutoff_len", "max_seq_length", "max_seq_len", "sequence_len"});

  t.group("Data");
  t.path("data", &Options::data, "File or folder; train, validation and test are found by their names.",
         {"dataset", "train_file", "train_data", "data_path", "dataset_name"});
  t.path("validation_file", &Options::validation_file, "Validation data where it is not beside the training file.",
         {"eval_dataset", "validation_data", "eval_file", "valid_file"});
  t.path("test_file", &Options::test_file, "Test data, read once per run.", {"test_data"});
  t.tasks({kTexts, kPictures});
  t.map("columns", &Options::columns, "text, text_pair, image, label", check_column,
        "Which column is what, as text=review,label=stars; found by themselves where not said.", {"column_mapping"});
  t.choice("header", &Options::header, {"auto", "yes", "no"}, "Whether the first row of a CSV or TSV holds names.", {},
           {{"true", "yes"}, {"false", "no"}});
  t.tasks({});
  t.number("val_size", &Options::val_size, rate(),
           "Stratified share of the training data held out where no validation data is given.",
           {"val_set_size", "validation_split", "split_dataset_ratio", "validation_size"});
  t.integer("max_train_samples", &Options::max_train_samples, at_least(0),
            "Train on a stratified subset of this many rows; 0: all.", {"max_samples"});
  t.choice("class_weights", &Options::class_weights, {"none", "balanced"},
           "Weights of the classes in the loss; balanced: inverse to their share.", {"class_weight"});
  t.choice("train_sampling_strategy", &Options::train_sampling_strategy, {"group_by_length", "random", "balanced"},
           "Order of the samples: rows of similar length together (parts of a batch cost alike), random, or "
           "classes equally often.",
           {"sampling"}, {{"length", "group_by_length"}});
  add_picture_keys(t);
}

}  // namespace strop
