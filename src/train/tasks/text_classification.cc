// Sentences, or pairs of them, and one label each.
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/text.h"
#include "data/augment_plan.h"
#include "data/describe.h"
#include "data/text_data.h"
#include "train/tasks/classification.h"
#include "train/tasks/sentence_transformers.h"
#include "train/tasks/tasks.h"
#include "train/text_source.h"

namespace strop {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

class Texts : public TaskSplit {
 public:
  explicit Texts(TextSplit split) : split_(std::move(split)) {}
  std::size_t size() const override { return split_.size(); }
  const std::vector<std::int32_t>& labels() const override { return split_.labels; }
  std::unique_ptr<BatchSource> source(const Opened& opened, const Options& options, bool training) const override {
    TextAugment augment;
    if (training) {
      augment = {parse_augment(options.augment).operations, options.augment_rate,
                 static_cast<std::uint64_t>(options.seed), std::max<std::int64_t>(1, options.views)};
    }
    return std::make_unique<TextSource>(split_, *opened.tokenizer, opened.max_length, augment);
  }
  std::string text_of(std::size_t row) const override { return split_.texts[row]; }
  std::string pair_of(std::size_t row) const override { return split_.pairs.empty() ? "" : split_.pairs[row]; }

 private:
  TextSplit split_;
};

std::unique_ptr<TaskSplit> if_any(TextSplit split) {
  return split.empty() ? nullptr : std::make_unique<Texts>(std::move(split));
}

// Options with the columns that the run recorded, where the person named none.
Options with_recorded_columns(const Options& options, const Opened& opened) {
  Options result = options;
  if (!opened.record || !options.columns.empty()) return result;
  const auto& input = opened.record->input;
  if (!input.text_column.empty()) result.columns["text"] = input.text_column;
  if (!input.text_pair_column.empty()) result.columns["text_pair"] = input.text_pair_column;
  if (!input.label_column.empty()) result.columns["label"] = input.label_column;
  return result;
}

// What to know of the augmentation of pairs; "" where there are none or nothing changes them.
std::string note_on_pairs(const TextSplit& train, const AugmentPlan& plan) {
  if (train.pairs.empty() || plan.operations.empty()) return "";
  return "augment: rows are pairs of texts; the first of each is changed, the second stays as it is";
}

class TextClassification : public Classification {
 public:
  std::string name() const override { return kTextClassification; }
  bool claims(const std::string&) const override { return false; }  // tables of labels and paths look alike
  void settle(Options& options) const override {
    const auto plan = parse_augment(options.augment);
    const bool pictures =
        std::any_of(plan.pictures.begin(), plan.pictures.end(), [](const auto& word) { return word != "none"; });
    if (pictures || plan.cutmix) {
      fail(ErrorKind::usage, "augment: {} is for pictures; texts take aeda, swap, delete, mixup and rdrop",
           plan.cutmix ? "cutmix" : plan.pictures.front());
    }
  }

  TaskData load(const Options& options) const override {
    auto data = load_text_data(options);
    TaskData result;
    const auto on_pairs = note_on_pairs(data.train, parse_augment(options.augment));
    result.train = std::make_unique<Texts>(std::move(data.train));
    result.validation = if_any(std::move(data.validation));
    result.test = if_any(std::move(data.test));
    result.label_names = std::move(data.label_names);
    result.groups = std::move(data.groups);
    result.notes = std::move(data.notes);
    if (!on_pairs.empty()) result.notes.push_back(on_pairs);
    return result;
  }

  std::unique_ptr<TaskSplit> load_evaluation(const Options& options, const Opened& opened,
                                             std::vector<std::string>& notes) const override {
    return std::make_unique<Texts>(
        load_evaluation_rows(with_recorded_columns(options, opened), opened.model->label_names, notes));
  }
  std::unique_ptr<TaskSplit> load_prediction(const Options& options, const Opened& opened) const override {
    std::vector<std::string> notes;
    auto rows = load_prediction_rows(options.data, with_recorded_columns(options, opened), notes);
    for (const auto& note : notes) log_info("data: {}", note);
    return std::make_unique<Texts>(std::move(rows));
  }

  void open_inputs(Opened& opened, const Options& options) const override {
    opened.tokenizer = load_tokenizer(opened.base_folder);
    const auto positions = opened.model->max_positions, own = opened.tokenizer->model_max_length();
    const auto most = own > 0 && positions > 0 ? std::min(own, positions) : std::max(own, positions);
    if (options.max_length > most && most > 0) {
      fail(ErrorKind::usage, "max_length: {} is more than the {} tokens that this model takes", options.max_length,
           most);
    }
    const auto recorded = opened.record ? opened.record->input.max_length : 0;
    opened.max_length = options.max_length > 0 ? options.max_length : recorded > 0 ? recorded : most;
    if (opened.tokenizer->vocab_size() > opened.model->config().value("vocab_size", std::int64_t{1} << 40)) {
      fail(ErrorKind::model,
           "{}: the tokenizer has {} tokens, config.json's vocab_size is {}: they belong to different models",
           opened.base_folder.string(), opened.tokenizer->vocab_size(), opened.model->config()["vocab_size"].dump());
    }
  }

  InputRecord input_record(const Opened& opened, const Options& options) const override {
    const auto column = [&](const char* role) {
      return options.columns.count(role) != 0 ? options.columns.at(role) : "";
    };
    InputRecord record;
    record.text_column = column("text");
    record.text_pair_column = column("text_pair");
    record.label_column = column("label");
    record.max_length = opened.max_length;
    record.pooling = opened.model->pooling;
    return record;
  }

  void save_inputs(const fs::path& folder, const Opened& opened) const override {
    for (const auto* file : {"tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"}) {
      const auto from = opened.base_folder / file;
      if (fs::exists(from)) write_file_atomic(folder / file, read_file(from, ErrorKind::model));
    }
    if (opened.model->pooling != "pooler") write_sentence_transformers(folder, *opened.model);
  }

  std::string describe_inputs(const Opened& opened) const override {
    return fmt::format("at most {} tokens", opened.max_length);
  }

  json inspect_data(const Options& options, const InspectOptions& what, std::string& text) const override {
    const auto data = load_text_data(options);
    const auto facts = describe(data);
    json part = json::parse(to_json(facts).dump());
    text += fmt::format("data    {}\nlabels  {}\n", options.data, excerpt(join(facts.label_names, ", "), 200));
    for (const auto& split : facts.splits) {
      std::vector<std::string> counts;
      for (std::size_t i = 0; i < split.rows_by_class.size(); ++i) {
        counts.push_back(fmt::format("{} {}", facts.label_names[i], split.rows_by_class[i]));
      }
      text += fmt::format(
          "{:<12}{:>8} rows ({}); words: mean {:.1f}, median {}, 95 % {}, most {}; {} repeated, {} also in train\n",
          split.name, split.rows, join(counts, ", "), split.mean_words, split.median_words, split.p95_words,
          split.max_words, split.repeated, split.leaked);
    }
    for (const auto& note : facts.notes) text += "note    " + note + "\n";
    if (what.augment) part["augmented"] = augmented(data.train, options, what, text);
    return part;
  }

 private:
  static json augmented(const TextSplit& train, const Options& options, const InspectOptions& what, std::string& text) {
    json samples = json::array();
    const auto plan = parse_augment(options.augment.empty() ? std::vector<std::string>{"aeda"} : options.augment);
    const auto seed = static_cast<std::uint64_t>(options.seed);
    if (plan.operations.empty()) {
      text += fmt::format("note    {} leaves the texts as they are{}\n", join(options.augment, ", "),
                          plan.mixup || plan.rdrop ? ": what it changes is how a whole batch is trained on" : "");
    }
    const auto on_pairs = note_on_pairs(train, plan);
    if (!on_pairs.empty()) text += "note    " + on_pairs + "\n";
    for (std::size_t i = 0; i < std::min<std::size_t>(train.size(), static_cast<std::size_t>(what.samples)); ++i) {
      text += fmt::format("\nline {}  {}\n", train.lines[i], excerpt(train.texts[i], 200));
      json sample = {{"text", train.texts[i]}};
      if (!train.pairs.empty()) {
        text += fmt::format("  pair    {}\n", excerpt(train.pairs[i], 200));
        sample["text_pair"] = train.pairs[i];
      }
      for (std::uint64_t view = 0; view < 3; ++view) {
        const auto changed = augment_text(plan.operations, train.texts[i], options.augment_rate, seed, i, view);
        text += fmt::format("  view {}  {}\n", view, excerpt(changed, 200));
        sample["views"].push_back(changed);
      }
      samples.push_back(sample);
    }
    return samples;
  }
};

}  // namespace

const Task& text_classification() {
  static const TextClassification task;
  return task;
}

}  // namespace strop
