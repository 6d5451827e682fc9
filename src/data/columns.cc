#include "data/columns.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/text.h"

namespace strop {
namespace {

using Names = std::vector<std::string>;

// In order of preference.
const Names kTextNames = {"text",      "sentence",  "review",  "content",  "comment",  "tweet",
                          "sentence1", "text_a",    "premise", "question", "document", "body",
                          "message",   "utterance", "query",   "headline", "phrase",   "title"};
const Names kPairNames = {"text_pair", "sentence2", "text_b", "hypothesis"};
const Names kLabelNames = {"label",  "labels",   "sentiment", "class",  "category", "target",    "stars",
                           "rating", "polarity", "emotion",   "intent", "topic",    "gold_label"};
// A text and its pair where the names alone do not tell: tried before the single names.
constexpr std::array<std::pair<const char*, const char*>, 9> kPairs = {{{"text", "text_pair"},
                                                                        {"sentence1", "sentence2"},
                                                                        {"premise", "hypothesis"},
                                                                        {"text_a", "text_b"},
                                                                        {"question1", "question2"},
                                                                        {"question", "sentence"},
                                                                        {"question", "passage"},
                                                                        {"question", "context"},
                                                                        {"query", "passage"}}};
constexpr std::size_t kMostLabels = 100;

std::string folded(std::string_view name) { return lower_ascii(trim(name)); }

int find_exact_or_folded(const Names& names, std::string_view wanted) {
  const auto exact = std::find(names.begin(), names.end(), trim(wanted));
  if (exact != names.end()) return static_cast<int>(exact - names.begin());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (folded(names[i]) == folded(wanted)) return static_cast<int>(i);
  }
  return -1;
}

bool is_known(const std::string& name) {
  const auto in = [&](const Names& known) { return std::find(known.begin(), known.end(), name) != known.end(); };
  return in(kTextNames) || in(kPairNames) || in(kLabelNames) || name == "question1" || name == "question2";
}

Names first_row(const Table& table) {
  Names cells;
  for (const auto& column : table.columns) cells.emplace_back(trim(column.front()));
  return cells;
}

// How often each value of a column stands there; stops above kMostLabels different ones (empty result).
std::unordered_map<std::string_view, std::size_t> count_values(const std::vector<std::string_view>& column) {
  std::unordered_map<std::string_view, std::size_t> counts;
  for (const auto cell : column) {
    ++counts[trim(cell)];
    if (counts.size() > kMostLabels) return {};
  }
  return counts;
}

// The column that looks like labels: at most 100 values that repeat, the fewest of all; -1 where there is none.
// Columns with an empty cell, or one value only, are taken when nothing better is there.
int find_label_column(const Table& table) {
  int best = -1;
  std::pair<int, std::size_t> best_cost{};
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const auto counts = count_values(table.columns[c]);
    if (counts.empty() || counts.size() == table.rows()) continue;
    const std::pair<int, std::size_t> cost{(counts.size() == 1 ? 2 : 0) + (counts.contains("") ? 1 : 0), counts.size()};
    if (best < 0 || cost < best_cost) best = static_cast<int>(c), best_cost = cost;
  }
  return best;
}

// Whether the first cell of a label column is rather a name: it stands there once while every other value repeats.
bool first_cell_is_odd(const std::vector<std::string_view>& column) {
  constexpr std::size_t kFewRows = 20, kOften = 3;
  if (column.size() < kFewRows) return false;
  const auto counts = count_values(column);
  const auto first = trim(column.front());
  return std::all_of(counts.begin(), counts.end(), [&](const auto& entry) {
    return entry.first == first ? entry.second == 1 : entry.second >= kOften;
  });
}

int longest_column(const Table& table, int except) {
  int best = -1;
  std::size_t most = 0;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (static_cast<int>(c) == except) continue;
    std::size_t bytes = 0;
    for (const auto cell : table.columns[c]) bytes += cell.size();
    if (best < 0 || bytes > most) best = static_cast<int>(c), most = bytes;
  }
  return best;
}

bool has_header(const Table& table, const Options& options, const ColumnChoice* like) {
  if (options.header == "yes") return true;
  if (options.header == "no") return false;
  const Names cells = first_row(table);
  if (std::any_of(cells.begin(), cells.end(), [](const std::string& cell) { return is_known(lower_ascii(cell)); })) {
    return true;
  }
  for (const auto& [role, name] : options.columns) {
    if (find_exact_or_folded(cells, name) >= 0) return true;
  }
  if (like != nullptr && like->names.size() == cells.size()) return like->header && cells == like->names;
  if (cells.size() == 1) return false;
  const int label = find_label_column(table);
  return label < 0 || first_cell_is_odd(table.columns[static_cast<std::size_t>(label)]);
}

class Chooser {
 public:
  Chooser(const Table& table, const Options& options, bool need_label, const ColumnChoice* like, ColumnChoice& choice)
      : table_(table), options_(options), need_label_(need_label), like_(like), choice_(choice) {}

  void choose() {
    check_roles();
    choice_.text = named("text");
    choice_.pair = named("text_pair");
    choice_.label = named("label");
    if (like_ != nullptr) take_from_training();
    if (choice_.header) {
      take_known_names();
    } else {
      guess_by_content();
    }
    if (choice_.text < 0) fail_missing("text", kTextNames);
    if (choice_.label < 0 && need_label_) fail_missing("label", kLabelNames);
    check_unique();
  }

 private:
  void check_roles() const {
    for (const auto& [role, name] : options_.columns) {
      if (role == "text" || role == "text_pair" || role == "label") continue;
      const std::string near = nearest(role, {"text", "text_pair", "label"});
      fail(ErrorKind::usage, "columns: found '{}={}', expected text=, text_pair= or label={}", role, name,
           near.empty() ? "" : "; did you mean " + near + "?");
    }
  }

  int named(const std::string& role) const {
    const auto entry = options_.columns.find(role);
    if (entry == options_.columns.end()) return -1;
    const std::string& name = entry->second;
    const int found = find_exact_or_folded(choice_.names, name);
    if (found >= 0) return found;
    int number = 0;
    const auto end = std::from_chars(name.data(), name.data() + name.size(), number);
    const bool is_number = end.ec == std::errc() && end.ptr == name.data() + name.size();
    if (is_number && number >= 1 && number <= static_cast<int>(choice_.names.size())) return number - 1;
    if (role == "label" && !need_label_) return -1;
    const std::string near = nearest(name, choice_.names);
    fail(ErrorKind::data, "{}: columns={}={} names a column that is not there; found columns: {}{}", header_place(),
         role, name, join(choice_.names, ", "),
         near.empty() ? "; numbers count from 1" : "; did you mean " + near + "?");
  }

  void take_from_training() {
    const auto same = [&](int column, int theirs) {
      if (column >= 0 || theirs < 0) return column;
      if (choice_.header) return find_exact_or_folded(choice_.names, like_->names[static_cast<std::size_t>(theirs)]);
      return like_->names.size() == choice_.names.size() ? theirs : -1;
    };
    choice_.text = same(choice_.text, like_->text);
    choice_.pair = same(choice_.pair, like_->pair);
    choice_.label = same(choice_.label, like_->label);
    if (like_->pair >= 0 && choice_.pair < 0) {
      fail(ErrorKind::data, "{}: no second text, expected column '{}' as in training; found columns: {}",
           header_place(), like_->names[static_cast<std::size_t>(like_->pair)], join(choice_.names, ", "));
    }
  }

  void take_known_names() {
    if (choice_.text < 0 && choice_.pair < 0) {
      for (const auto& [first, second] : kPairs) {
        const int a = find_exact_or_folded(choice_.names, first), b = find_exact_or_folded(choice_.names, second);
        if (a < 0 || b < 0 || a == choice_.label || b == choice_.label) continue;
        choice_.text = a, choice_.pair = b;
        break;
      }
    }
    if (choice_.text < 0) choice_.text = first_known(kTextNames);
    if (choice_.label < 0) choice_.label = first_known(kLabelNames);
  }

  int first_known(const Names& known) const {
    for (const auto& name : known) {
      const int found = find_exact_or_folded(choice_.names, name);
      if (found >= 0 && found != choice_.text && found != choice_.pair && found != choice_.label) return found;
    }
    return -1;
  }

  void guess_by_content() {
    if (choice_.label < 0 && choice_.names.size() > 1) {
      const int guess = find_label_column(table_);
      if (guess != choice_.text && guess != choice_.pair) choice_.label = guess;
    }
    if (choice_.text < 0) choice_.text = longest_column(table_, choice_.label);
  }

  std::string header_place() const { return table_.file + ":" + (table_.rows() == 0 ? "1" : first_line()); }
  std::string first_line() const { return std::to_string(choice_.header ? 1 : table_.lines.front()); }

  [[noreturn]] void fail_missing(const std::string& role, const Names& known) const {
    std::string hint;
    for (const auto& name : choice_.names) {
      const std::string near = nearest(folded(name), known);
      if (!near.empty() && hint.empty()) hint = fmt::format(" ('{}' is near to '{}')", name, near);
    }
    fail(ErrorKind::data,
         "{}: no column for the {}; found columns: {}{}; expected one of {}; name it with columns={}=NAME{}",
         header_place(), role, join(choice_.names, ", "), hint, join(known, ", "), role,
         choice_.header ? ", or say header=no if the first line is no header" : "");
  }

  void check_unique() const {
    for (const int used : {choice_.text, choice_.pair, choice_.label}) {
      if (used < 0) continue;
      const auto& name = choice_.names[static_cast<std::size_t>(used)];
      if (std::count(choice_.names.begin(), choice_.names.end(), name) > 1) {
        fail(ErrorKind::data, "{}: two columns are called '{}'; rename one", header_place(), name);
      }
    }
    if (choice_.text == choice_.label || choice_.text == choice_.pair ||
        (choice_.pair >= 0 && choice_.pair == choice_.label)) {
      fail(ErrorKind::data, "{}: column '{}' is used twice; text, text_pair and label must differ", header_place(),
           choice_.names[static_cast<std::size_t>(choice_.text)]);
    }
  }

  const Table& table_;
  const Options& options_;
  const bool need_label_;
  const ColumnChoice* like_;
  ColumnChoice& choice_;
};

void take_header(Table& table) {
  table.names = first_row(table);
  for (auto& column : table.columns) column.erase(column.begin());
  table.lines.erase(table.lines.begin());
}

std::string describe_choice(const Table& table, const ColumnChoice& choice, bool guessed) {
  const auto name = [&](int column) { return "'" + choice.names[static_cast<std::size_t>(column)] + "'"; };
  std::string note = table.file + ": ";
  if (guessed) note += "no header line (its first line holds no known column name); ";
  note += "the text is " + name(choice.text);
  if (guessed && choice.names.size() > 1) note += " (the longest)";
  if (choice.pair >= 0) note += ", its pair " + name(choice.pair);
  if (choice.label >= 0) {
    note += ", the label " + name(choice.label);
    if (guessed) {
      const auto values = count_values(table.columns[static_cast<std::size_t>(choice.label)]).size();
      if (values > 0) note += fmt::format(" ({} different values)", values);
    }
  }
  Names unused;
  for (int c = 0; c < static_cast<int>(choice.names.size()); ++c) {
    if (c != choice.text && c != choice.pair && c != choice.label) unused.push_back(name(c));
  }
  if (!unused.empty()) note += "; not used: " + join(unused, ", ");
  if (guessed)
    note += "; header=yes if the first line is a header, columns=text=NUMBER,label=NUMBER to choose otherwise";
  return note;
}

}  // namespace

ColumnChoice choose_columns(Table& table, const Options& options, bool need_label, const ColumnChoice* like,
                            std::vector<std::string>& notes) {
  if (table.rows() == 0) {
    fail(ErrorKind::data, "{}: the file is empty, expected rows with a text{}", table.file,
         need_label ? " and a label" : "");
  }
  if (options.header != "auto" && options.header != "yes" && options.header != "no") {
    fail(ErrorKind::usage, "header: found '{}', expected auto, yes or no", options.header);
  }
  ColumnChoice choice;
  const bool named_by_format = !table.names.empty();
  choice.header = named_by_format || has_header(table, options, like);
  if (!named_by_format && choice.header) {
    take_header(table);
  } else if (!named_by_format) {
    for (std::size_t c = 1; c <= table.columns.size(); ++c) table.names.push_back("column " + std::to_string(c));
  }
  choice.names = table.names;
  Chooser(table, options, need_label, like, choice).choose();
  if (table.rows() == 0) {
    fail(ErrorKind::data, "{}:1: only a header line ({}), no rows; add rows, or say header=no", table.file,
         join(choice.names, ", "));
  }
  // Of lines of text there was nothing to choose.
  if (!named_by_format || choice.names.size() > 1)
    notes.push_back(describe_choice(table, choice, !choice.header && options.header == "auto"));
  return choice;
}

}  // namespace strop
