// Augmentation, frozen prefix, limits, evaluation and output.
#include "config/key_table.h"
#include "core/error.h"
#include "core/text.h"

namespace strop {
namespace {

void check_time(const std::string& text) {
  if (!text.empty() && parse_duration(text, "time") <= 0)
    fail(ErrorKind::usage, "expected more than 0, found '{}'", text);
}

void check_memory(const std::string& text) {
  if (!text.empty() && parse_bytes(text, "memory") <= 0)
    fail(ErrorKind::usage, "expected more than 0, found '{}'", text);
}

void check_cache_limit(const std::string& text) {
  if (text != "auto") parse_bytes(text, "cache_limit");
}

void check_device(const std::string& text) {
  const bool numbered = starts_with(text, "cuda:") && text.size() > 5 && text.size() < 9 &&
                        text.find_first_not_of("0123456789", 5) == std::string::npos;
  if (!numbered) parse_choice(text, {"auto", "cpu", "cuda"});
}

void check_jitter(const std::string& text) {
  if (text.empty()) return;
  const auto shares = parse_numbers(text, {1, 3, 4}, at_least(0));
  if (shares.size() == 4 && shares[3] > 0.5)
    fail(ErrorKind::usage, "expected a hue of at most 0.5, half the circle, found '{}'", text);
}

void add_augmentation_keys(KeyTable& t) {
  t.group("Augmentation");
  t.list(
      "augment", &Options::augment,
      {"none",   "light",       "medium",         "strong", "flip",    "vertical_flip", "jitter",
       "affine", "randaugment", "trivialaugment", "rand-*", "erasing", "mosaic",        "crop",
       "copy",   "aeda",        "swap",           "delete", "mixup",   "cutmix",        "rdrop"},
      "Changes to the training samples, made anew each time and never stored: pictures none to erasing (the first four "
      "are levels; rand-m9-mstd0.5-n2-p0.5 is RandAugment as timm spells it) and crop, with boxes the levels, flip, "
      "jitter, affine and mosaic to copy; texts aeda to delete (of a pair of texts the first alone); mixup and cutmix "
      "mix samples, behind a frozen prefix their features.",
      {"augmentation", "augmentations", "aa"}, {{"trivialaugmentwide", "trivialaugment"}});
  t.tasks({kTexts});
  t.number("augment_rate", &Options::augment_rate, share(), "Share of the words touched.");
  t.tasks({kPictures, kBoxes});
  t.number("patch_dropout", &Options::patch_dropout, rate(),
           "Vision transformers: share of the patches left out in training, where the embeddings train.");
  t.tasks({kTexts, kPictures});
  t.number("mixup_alpha", &Options::mixup_alpha, above(0), "mixup: both parameters of the Beta distribution.",
           {"mixup"});
  t.tasks({kPictures});
  t.number("cutmix_alpha", &Options::cutmix_alpha, above(0), "cutmix: both parameters of the Beta distribution.");
  t.checked("color_jitter", &Options::color_jitter, "0.4 or 0.4,0.4,0.4,0.1", check_jitter,
            "Pictures: brightness, contrast and saturation change by up to this share (one number or three), the hue "
            "by up to "
            "the fourth of a turn; empty: as augment says.");
  t.number("random_erasing", &Options::random_erasing, share(), "Share of the training pictures with a part erased.",
           {"reprob", "erasing"});
  t.tasks({});
  t.number("progressive_resizing", &Options::progressive_resizing, share(),
           "Training pictures begin at this share of image_size and grow to all of it; 0: off.");
  t.number("multi_scale", &Options::multi_scale, {.low = 0, .high = 0.5},
           "Pictures with boxes: every 10 steps training inputs get another side, a multiple of 32 up to this share "
           "smaller or "
           "larger than image_size; 0: off.");
  t.number("rdrop_alpha", &Options::rdrop_alpha, at_least(0), "rdrop: weight of the agreement between the two passes.");
}

void add_prefix_keys(KeyTable& t) {
  t.group("Frozen prefix");
  t.choice("cache", &Options::cache, {"auto", "none", "ram", "disk"},
           "Where the output of the frozen blocks is kept, so that later epochs do not compute it; auto: in memory up "
           "to 64 MiB, else on disk.",
           {}, {{"false", "none"}, {"off", "none"}});
  t.path("cache_dir", &Options::cache_dir, "Folder of the disk cache; empty: inside the run folder.");
  t.checked("cache_limit", &Options::cache_limit, "auto, or as 2G", check_cache_limit,
            "Largest size; auto: half of what is free, of memory or of the disk.");
  t.integer("views", &Options::views, at_least(1),
            "Augmented views of a sample in the cache; kept where each is read twice or more.");
}

void add_output_keys(KeyTable& t) {
  t.group("Evaluation and output");
  t.choice("eval_strategy", &Options::eval_strategy, {"epoch", "steps", "no"}, "When to evaluate during training.",
           {"evaluation_strategy"});
  t.integer("eval_steps", &Options::eval_steps, at_least(0),
            "eval_strategy=steps: steps between evaluations; 0: ten times a run.", {"steps_per_eval"});
  t.choice("metric_for_best_model", &Options::metric_for_best_model,
           {"auto", "accuracy", "loss", "f1", "matthews", "map", "map_50"},
           "Decides which checkpoint is best; auto: accuracy, or map of detectors.", {"best_metric"},
           {{"eval_accuracy", "accuracy"},
            {"eval_loss", "loss"},
            {"eval_f1", "f1"},
            {"eval_map", "map"},
            {"eval_map_50", "map_50"},
            {"mcc", "matthews"}});
  t.boolean("load_best_model_at_end", &Options::load_best_model_at_end,
            "The result is the best checkpoint, not the last.");
  t.integer("logging_steps", &Options::logging_steps, at_least(1), "Steps between lines of the log.",
            {"steps_per_report", "log_interval"});
  t.integer("save_steps", &Options::save_steps, at_least(0), "Steps between checkpoints; 0: at evaluations only.",
            {"save_every", "save_period"});
  t.integer("save_total_limit", &Options::save_total_limit, at_least(1),
            "Newest checkpoints kept; each holds the best weights so far.");
  t.choice("save", &Options::save, {"auto", "adapter", "full", "delta"},
           "Form of the result: PEFT adapter, whole model, or only the changed tensors.");
  t.choice("names", &Options::names, {"v5", "v4"},
           "How a PEFT adapter names the modules of a vision transformer: as Transformers 5 or 4 has them in memory.");
  t.path("out", &Options::out, "Where the result goes; train without it: runs/<task>/<n>.",
         {"output_dir", "output", "export_dir", "save_dir"});
  t.text("resume", &Options::resume, "Go on with an interrupted run: its folder, a checkpoint, or newest.",
         {"resume_from_checkpoint"});
  t.path("replay", &Options::replay,
         "Repeat a finished run bit for bit: its plan, and what it did at each step by the clock or the memory.");
  t.path("draw", &Options::draw, "predict: a folder for the pictures with their labels drawn on them.");
  t.boolean("quiet", &Options::quiet, "No progress, only warnings and results; train prints its folder.");
  t.boolean("json", &Options::json, "One JSON object on standard output, all else on standard error.");
}

}  // namespace

void add_run_keys(KeyTable& t) {
  add_augmentation_keys(t);
  add_prefix_keys(t);
  t.group("Limits and machine");
  t.checked("time", &Options::time, "as 90s, 10m or 1h30m", check_time,
            "Wall clock of the whole job; of two runs in one the first takes half.", {"max_time", "time_limit"});
  t.checked("memory", &Options::memory, "as 4G or 512M", check_memory,
            "Peak resident memory, or of the GPU where it computes; G is GiB.",
            {"max_memory", "memory_limit"});
  t.checked("device", &Options::device, "auto|cpu|cuda|cuda:N", check_device,
            "Where to compute; auto: the first GPU that libtorch sees, else the CPU (docs/devices.md).");
  t.integer("threads", &Options::threads, {.low = 0, .high = 1024}, "CPU threads; 0: the physical cores.",
            {"num_threads", "cpu_threads"});
  add_output_keys(t);
}

}  // namespace strop
