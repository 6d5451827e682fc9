// Training and the levers on its cost.
#include "config/key_table.h"

namespace strop {
namespace {

void add_optimizer_keys(KeyTable& t) {
  t.choice("lr_scheduler_type", &Options::lr_scheduler_type, {"linear", "cosine", "constant", "constant_with_warmup"},
           "How the learning rate falls; linear and cosine end at zero exactly at the planned end.",
           {"lr_scheduler", "scheduler", "sched"});
  t.number("warmup_ratio", &Options::warmup_ratio, rate(), "Share of the steps over which the learning rate rises.");
  t.choice("optim", &Options::optim, {"adamw", "sgd"}, "Optimizer.", {"optimizer", "opt"},
           {{"adamw_torch", "adamw"}, {"adamw_torch_fused", "adamw"}, {"AdamW", "adamw"}, {"SGD", "sgd"}});
  t.number("weight_decay", &Options::weight_decay, at_least(0), "Weight decay; none on biases and norms.", {"wd"});
  t.number("adam_beta1", &Options::adam_beta1, rate(), "adamw: decay of the mean of gradients.");
  t.number("adam_beta2", &Options::adam_beta2, rate(), "adamw: decay of the mean of squared gradients.");
  t.number("adam_epsilon", &Options::adam_epsilon, above(0), "adamw: added to the denominator.", {"opt_eps"});
  t.number("momentum", &Options::momentum, rate(), "sgd: momentum.");
  t.number("max_grad_norm", &Options::max_grad_norm, at_least(0), "Gradients are scaled down to this norm; 0: never.",
           {"clip_grad", "gradient_clipping"});
}

}  // namespace

void add_training_keys(KeyTable& t) {
  t.group("Training");
  t.checked(
      "learning_rate", &Options::learning_rate, "table|auto|number > 0", check_learning_rate,
      "table: our default for method and optimizer (docs/methods.md); auto: a sweep of at most 100 steps; or a number.",
      {"lr", "lr0"});
  t.number("num_train_epochs", &Options::num_train_epochs, above(0), "Passes over the training data.",
           {"num_epochs", "epochs", "n_epochs"});
  t.integer("max_steps", &Options::max_steps, at_least(-1), "Optimizer steps of the run; above 0 overrides the epochs.",
            {"iters"});
  t.integer("per_device_train_batch_size", &Options::per_device_train_batch_size, at_least(1),
            "Samples of a micro-batch.",
            {"batch_size", "per_device_batch_size", "train_batch_size", "micro_batch_size", "batch"});
  t.integer("per_device_eval_batch_size", &Options::per_device_eval_batch_size, at_least(1),
            "Samples of a batch in evaluation and prediction; pictures: at most 16.",
            {"eval_batch_size", "validation_batch_size"});
  t.integer("gradient_accumulation_steps", &Options::gradient_accumulation_steps, at_least(1),
            "Micro-batches of one optimizer step.", {"grad_accumulation_steps", "grad_accum_steps", "accumulate"});
  add_optimizer_keys(t);
  t.tasks({kTexts, kPictures});
  t.number("label_smoothing_factor", &Options::label_smoothing_factor, rate(),
           "Share of the target spread over all classes.", {"label_smoothing", "smoothing"});
  t.tasks({});
  t.number("dropout", &Options::dropout, rate(-1), "Of the trained blocks; below 0: the model's own.");
  t.number("ema", &Options::ema, rate(), "Decay of the averaged weights that are evaluated and saved; 0: none.",
           {"ema_decay", "model_ema_decay"});
  t.integer("early_stopping_patience", &Options::early_stopping_patience, at_least(0),
            "End after this many evaluations without gain; 0: never.", {"patience", "early_stopping_steps"});
  t.choice("precision", &Options::precision, {"auto", "fp32", "bf16"},
           "Arithmetic; auto: bf16 where the probe finds it faster, of frozen blocks where that changes next to "
           "nothing.",
           {"dtype", "torch_dtype"}, {{"float32", "fp32"}, {"bfloat16", "bf16"}});
  t.integer("seed", &Options::seed, at_least(0), "The same seed, plan and threads give the same bits.",
            {"random_seed", "data_seed"});

  t.group("Levers");
  t.number("data_fraction", &Options::data_fraction, fraction(), "Share of the training samples used.", {"fraction"});
  t.choice("resample", &Options::resample, {"fixed", "epoch"},
           "data_fraction: one stratified subset for the run, or a fresh one each epoch.");
  t.number("infobatch", &Options::infobatch, rate(),
           "Share of the easy samples left out each epoch, the loss of the others rescaled; 0: off.");
  t.integers("update_period", &Options::update_period, at_least(1),
             "Steps between updates, head first and then each block from the top, as 1,2,4; after p steps at 1/sqrt(p) "
             "of the rate (detectors: at the rate).");
  t.integer("block_cycle", &Options::block_cycle, at_least(0), "Blocks trained at a time, in turn; 0: off.");
  t.integer("block_cycle_steps", &Options::block_cycle_steps, at_least(1), "block_cycle: steps before the next turn.",
            {"badam_switch_interval"});
  t.boolean(
      "freeze_bn", &Options::freeze_bn,
      "Statistics of BatchNorm stay as they are; false: where one trains they learn from each batch, which then goes "
      "through whole.");
}

}  // namespace strop
