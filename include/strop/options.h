// Every key that a person can set, with its default: the single source of the command line, the YAML files, the plan
// and the documentation. `strop config` prints them with their help (src/config/schema.cc holds one line a key).
//
// Names are Hugging Face's where a key exists there; peers' spellings are accepted as aliases. Empty strings, 0 and
// "auto" mean "let the plan's rules decide"; a resolved plan.yaml holds no such value where they look at the machine.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace strop {

struct Options {
  // --- model ---
  std::string model;               // local HF folder, single file, run folder or hub name
  std::string revision = "main";   // of a hub model
  std::string adapter;             // run or PEFT folder to go on from, to evaluate or to merge
  std::string task = "auto";       // auto | text-classification | image-classification | object-detection
  std::string pooling = "auto";    // pooler | cls | mean
  std::string head_init = "auto";  // pretrained | closed_form | random
  std::string head_labels;         // file with the labels of the stored head, one a line, where the model names none
  std::int64_t max_length = 0;     // tokens a row; 0: the smaller of model and tokenizer_config
  // --- data ---
  std::string data;             // file or folder; train/validation/test found by name
  std::string validation_file;  // where it is not beside the training file
  std::string test_file;
  std::map<std::string, std::string> columns;  // text=review,text_pair=...,label=stars
  std::string header = "auto";                 // auto | yes | no
  double val_size = 0.1;                       // stratified share held out where no validation split is given
  std::int64_t max_train_samples = 0;          // 0: all; a stratified subset otherwise
  std::string class_weights = "none";          // none | balanced
  std::string train_sampling_strategy = "group_by_length";  // random | group_by_length | balanced
  // --- pictures ---
  std::int64_t image_size = 0;           // side in pixels; 0: the model's own
  std::string mean, std;                 // of red, green, blue: one number or three; empty: the model's own
  std::string interpolation = "auto";    // auto | nearest | box | bilinear | bicubic | lanczos
  double crop_pct = 0;                   // size over the side that is resized to; 0: the model's own
  std::string fit = "auto";              // auto | crop | squash | letterbox
  std::string channel_order = "auto";    // auto | rgb | bgr
  bool strict = false;                   // a picture that can't be used ends the run
  std::int64_t max_pixels = 89'478'485;  // larger pictures are refused unread
  double conf = 0.01;                    // least score of a found box
  double nms_iou = 0.65;                 // of two boxes of a class that overlap more, the worse is dropped
  std::int64_t max_det = 100;            // found boxes of a picture, for each group of classes
  // --- method ---
  std::string method = "auto";       // head, layerwise, lora, full, ... (see src/tuning/methods.cc)
  std::string head_solver = "auto";  // ridge | lda | logistic | sgd
  std::string pretrain_data;         // a larger labelled set to train on first; empty: none
  std::string pretrain_method = "full";
  double pretrain_epochs = 3;
  std::int64_t pretrain_top_k = 0;           // pretrain_method=layerwise: the top k blocks together
  std::string pretrain_learning_rate = "table";  // as learning_rate
  bool lp_ft = false;                        // head first (linear probing), then the method
  std::int64_t top_k = 0;                    // layerwise: train the top k blocks together
  bool gradual_unfreezing = false;           // layerwise: each stage adds one block instead of replacing it
  std::string layerwise_order = "top_down";  // top_down | bottom_up
  std::int64_t layerwise_steps = 0;          // steps of each stage; 0: num_train_epochs shared among the stages
  double join_epochs = 0;                    // incremental: epochs of a second run that tunes the whole network
  std::string replay_data;                   // join: pictures of the classes from before; empty: none
  std::int64_t replay_samples = 0;           // join: so many of them; 0: all
  double pseudo_labels = 0.5;  // join: least score of a box that the model finds and is then taught; 0: off
  double distill = 1;          // join: weight of what holds the old classes' outputs to those from before; 0: off
  std::int64_t surgical = 0;   // layerwise: blocks side by side, chosen by their gradients
  std::string surgical_first;  // the lowest of them; empty: measured
  double lowest_lr = 1.0;      // learning rate of the lowest block over the top's, in equal ratios between
  double layer_decay = 1.0;    // learning rate of block l is layer_decay^(top - l) of the top's
  std::map<std::string, std::string> lr_scale;  // part of the network=factor on its learning rate
  std::int64_t lora_r = 8;
  double lora_alpha = 0;  // 0: 2 * lora_r
  double lora_dropout = 0.0;
  bool use_rslora = false;
  bool use_dora = false;
  double loraplus_lr_ratio = 0;             // learning rate of B over that of A; 0: one rate
  std::vector<std::string> target_modules;  // names, one regex with metacharacters, or all-linear
  std::vector<std::string> exclude_modules;
  std::vector<std::string> feedforward_modules;  // ia3: targets whose input is scaled
  std::vector<std::int64_t> layers_to_transform;
  std::map<std::string, std::string> rank_pattern;   // regex=rank
  std::map<std::string, std::string> alpha_pattern;  // regex=alpha
  std::int64_t adapter_bottleneck = 64;              // adaptformer
  double adapter_scale = 0.1;                        // adaptformer
  std::int64_t num_virtual_tokens = 10;              // vpt
  bool vpt_deep = true;                              // tokens of its own for each block, or the first block's alone
  std::vector<std::string> modules_to_save;          // trained in full beside the adapter; the head always is
  // --- training ---
  std::string learning_rate = "table";  // table | auto (a sweep of at most 100 steps) | a number
  double num_train_epochs = 3;
  std::int64_t max_steps = 0;  // > 0 overrides num_train_epochs
  std::int64_t per_device_train_batch_size = 32;
  std::int64_t per_device_eval_batch_size = 64;
  std::int64_t gradient_accumulation_steps = 1;
  std::string lr_scheduler_type = "linear";  // linear | cosine | constant | constant_with_warmup
  double warmup_ratio = 0.06;
  std::string optim = "adamw";  // adamw | sgd
  double weight_decay = 0.01;
  double adam_beta1 = 0.9, adam_beta2 = 0.999, adam_epsilon = 1e-8;
  double momentum = 0.9;       // sgd
  double max_grad_norm = 1.0;  // 0: no clipping
  double label_smoothing_factor = 0;
  double dropout = -1;                       // of the trained blocks; < 0: the model's own
  double ema = 0;                            // decay of the averaged weights; 0: none
  std::int64_t early_stopping_patience = 0;  // evaluations without gain; 0: never
  std::string precision = "auto";            // fp32 | bf16
  std::int64_t seed = 42;
  // --- levers ---
  double data_fraction = 1.0;               // share of the training samples used
  std::string resample = "fixed";           // fixed: one stratified subset; epoch: a fresh subset each epoch
  double infobatch = 0;                     // share of the easy samples left out each epoch; 0: off
  std::vector<std::int64_t> update_period;  // steps between updates: head first, then each block from the top
  std::int64_t block_cycle = 0;             // blocks trained at a time, in turn; 0: off
  std::int64_t block_cycle_steps = 50;
  bool freeze_bn = true;
  // --- augmentation ---
  double patch_dropout = 0;          // vision transformers: share of the patches left out in training
  std::vector<std::string> augment;  // words of src/data/augment_plan.h; empty: none for texts, by method for pictures
  double augment_rate = 0.1;         // share of the words touched
  double mixup_alpha = 0.2;
  double cutmix_alpha = 1.0;
  std::string color_jitter;         // brightness, contrast, saturation, hue: one number, three or four
  double random_erasing = 0;        // share of the pictures
  double progressive_resizing = 0;  // size at the start over the full one; 0: off
  double multi_scale = 0;           // boxes: largest change of the inputs' side over image_size; 0: off
  double rdrop_alpha = 1.0;
  // --- frozen prefix ---
  std::string cache = "auto";        // auto | none | ram | disk
  std::string cache_dir;             // empty: inside the run folder
  std::string cache_limit = "auto";  // bytes: 2G; auto: half of the free memory
  std::int64_t views = 4;            // augmented views of a sample in the cache
  // --- limits and machine ---
  std::string time;             // wall clock of the whole job, as 10m
  std::string memory;           // peak resident memory, as 4G
  std::string device = "auto";  // cpu | cuda
  std::int64_t threads = 0;     // 0: the physical cores
  // --- evaluation, logging, output ---
  std::string eval_strategy = "epoch";         // no | epoch | steps
  std::int64_t eval_steps = 0;                 // 0: ten times a run
  std::string metric_for_best_model = "auto";  // auto | accuracy | loss | f1 | matthews | map | map_50
  bool load_best_model_at_end = true;
  std::int64_t logging_steps = 10;
  std::int64_t save_steps = 0;  // steps between checkpoints; 0: at evaluations only
  std::int64_t save_total_limit = 2;
  std::string save = "auto";  // auto | adapter | full | delta
  std::string names = "v5";   // of modules in PEFT's files: v5 | v4, as that version of Transformers has them
  std::string out;            // run folder; empty: runs/<task>/<n>
  std::string resume;         // checkpoint or run folder; "newest" for --resume without a value
  std::string replay;         // run folder whose steps are repeated as they went
  std::string draw;           // predict: folder for the pictures with their labels drawn on them
  bool quiet = false;
  bool json = false;

  bool operator==(const Options&) const = default;
};

}  // namespace strop
