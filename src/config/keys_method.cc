// How the model is tuned.
#include "config/key_table.h"

namespace strop {
namespace {

void check_rank(const std::string&, const std::string& value) { parse_integer(value, at_least(1)); }
void check_factor(const std::string&, const std::string& value) { parse_number(value, at_least(0)); }
void check_alpha(const std::string&, const std::string& value) { parse_number(value, above(0)); }

}  // namespace

void add_method_keys(KeyTable& t) {
  t.group("Method");
  // No choices here: the list of methods is src/tuning/methods.cc, which names those that fit in its errors.
  t.text("method", &Options::method, "The tuning method, such as head, lora or full (docs/methods.md); auto: chosen.",
         {"finetuning_type", "peft_type", "tuner_type", "fine_tune_type", "training_type"});
  t.choice("head_solver", &Options::head_solver, {"auto", "ridge", "lda", "logistic", "sgd"},
           "head: closed form (ridge, lda), L-BFGS on cached features (logistic), or gradient steps (sgd).");
  t.path(
      "pretrain_data", &Options::pretrain_data,
      "A larger labelled set to train on first, into the run's folder pretrain; the head then starts from that one's.");
  t.text("pretrain_method", &Options::pretrain_method, "pretrain_data: the method of that stage.");
  t.number("pretrain_epochs", &Options::pretrain_epochs, above(0), "pretrain_data: passes over it.");
  t.integer("pretrain_top_k", &Options::pretrain_top_k, at_least(0),
            "pretrain_data: top_k of that stage, with pretrain_method=layerwise.");
  t.checked("pretrain_learning_rate", &Options::pretrain_learning_rate, "table|auto|number > 0", check_learning_rate,
            "pretrain_data: learning_rate of that stage.");
  t.boolean("lp_ft", &Options::lp_ft, "Train the head first (linear probing), then the method.");
  t.methods({"layerwise"});
  t.integer("top_k", &Options::top_k, at_least(0), "train the top k blocks together; 0: one after the other.",
            {"freeze_trainable_layers", "num_layers"});
  t.boolean("gradual_unfreezing", &Options::gradual_unfreezing,
            "each stage adds a block instead of replacing the one before.");
  t.choice("layerwise_order", &Options::layerwise_order, {"top_down", "bottom_up"}, "which block comes first.");
  t.integer("layerwise_steps", &Options::layerwise_steps, at_least(0),
            "steps of each stage; 0: num_train_epochs shared among the stages.");
  t.text("surgical_first", &Options::surgical_first, "the lowest block of surgical; empty: measured on a few batches.");
  t.methods({"incremental"});
  t.number("join_epochs", &Options::join_epochs, at_least(0),
           "epochs of a second run that tunes the whole network at a low rate (join); 0: none, old "
           "answers stay.");
  t.methods({});
  t.path("replay_data", &Options::replay_data,
         "join: pictures whose boxes are of the classes from before, trained on as well.");
  t.integer("replay_samples", &Options::replay_samples, at_least(0),
            "replay_data: so many pictures of it, drawn by the seed; 0: all.");
  t.number("pseudo_labels", &Options::pseudo_labels, rate(),
           "join: boxes of classes that the data does not label are taken from the model as it begins, from this score "
           "on; 0: none.");
  t.number("distill", &Options::distill, at_least(0),
           "join: weight of a loss that holds the old classes' outputs to those of the network as it began; 0: none.");
  t.integer(
      "surgical", &Options::surgical, at_least(0),
      "layerwise: train this many blocks side by side, those with the largest gradients for their weights; 0: off.");
  t.number("lowest_lr", &Options::lowest_lr, fraction(),
           "Learning rate of the lowest block as a factor of the top's, in equal ratios between (fastai's slice); 1: "
           "all the "
           "same.");
  t.number("layer_decay", &Options::layer_decay, fraction(),
           "Learning rate of each block as a factor of the block above; 1: all the same.",
           {"llrd", "layerwise_lr_decay", "layer_wise_lr_decay"});
  t.map("lr_scale", &Options::lr_scale, "part=factor", check_factor,
        "factors on the learning rate of parts: backbone, or what the names of blocks begin with (neck, head, "
        "layer.3).");
  t.methods({"lora"});
  t.integer("lora_r", &Options::lora_r, at_least(1), "rank.", {"r", "lora_rank", "lora_dim"});
  t.number("lora_alpha", &Options::lora_alpha, at_least(0), "scale, as alpha / r; 0: twice the rank.");
  t.number("lora_dropout", &Options::lora_dropout, rate(), "dropout before A.");
  t.boolean("use_rslora", &Options::use_rslora, "scale by alpha / sqrt(r) (rank-stabilised).");
  t.boolean("use_dora", &Options::use_dora, "learn the length of the weight's columns apart (DoRA).");
  t.number("loraplus_lr_ratio", &Options::loraplus_lr_ratio, at_least(0),
           "learning rate of B over that of A (LoRA+); 0: one rate.");
  t.map("rank_pattern", &Options::rank_pattern, "pattern=rank", check_rank,
        "ranks of their own for the layers that a pattern names.");
  t.map("alpha_pattern", &Options::alpha_pattern, "pattern=alpha", check_alpha,
        "alphas of their own for the layers that a pattern names.");
  t.methods({"lora", "ia3"});
  t.list("target_modules", &Options::target_modules, {},
         "layers that get an adapter: names, one regular expression, or all-linear; empty: the family's.",
         {"lora_target", "lora_target_modules", "target"}, {{"all", "all-linear"}});
  t.list("exclude_modules", &Options::exclude_modules, {}, "layers of target_modules to leave out.");
  t.methods({"ia3"});
  t.list("feedforward_modules", &Options::feedforward_modules, {},
         "the targets whose input is scaled instead of their output.");
  t.methods({"lora", "ia3", "bitfit", "norm", "ssf", "adaptformer", "vpt"});
  t.integers("layers_to_transform", &Options::layers_to_transform, at_least(0),
             "only in the blocks of these numbers, from 0 above embeddings or stem; empty: all.");
  t.methods({"adaptformer"});
  t.integer("adapter_bottleneck", &Options::adapter_bottleneck, at_least(1), "width of the bottleneck.");
  t.number("adapter_scale", &Options::adapter_scale, above(0), "factor on the bottleneck's result.");
  t.methods({"vpt"});
  t.integer("num_virtual_tokens", &Options::num_virtual_tokens, at_least(1), "trained tokens.", {"prompt_length"});
  t.boolean("vpt_deep", &Options::vpt_deep, "tokens of its own for each block; false: the first block's alone.");
  t.methods({});
  t.list("modules_to_save", &Options::modules_to_save, {},
         "Trained in full beside adapters or parts of layers; the head always is.", {"additional_target"});
}

}  // namespace strop
