#include "config/key_table.h"

#include "core/error.h"
#include "core/text.h"

namespace strop {

Key& KeyTable::add(const char* name, const char* type, const std::string& values, const char* help, Names aliases) {
  Key key;
  key.name = name;
  key.aliases = std::move(aliases);
  key.group = group_;
  key.type = type;
  key.values = values;
  key.help = methods_.empty() ? help : join(methods_, ", ") + ": " + help;
  key.methods = methods_;
  key.tasks = tasks_;
  keys_.push_back(std::move(key));
  return keys_.back();
}

void check_learning_rate(const std::string& text) {
  if (text == "table" || text == "auto") return;
  parse_number(text, above(0));
}

void KeyTable::text(const char* name, std::string Options::*field, const char* help, Names aliases) {
  auto& key = add(name, "string", "", help, std::move(aliases));
  key.set = [field](Options& options, const std::string& text) { options.*field = text; };
  key.get = [field](const Options& options) { return options.*field; };
}

void KeyTable::path(const char* name, std::string Options::*field, const char* help, Names aliases) {
  text(name, field, help, std::move(aliases));
  keys_.back().values = "path";
}

void KeyTable::checked(const char* name, std::string Options::*field, const char* values, TextCheck check,
                       const char* help, Names aliases) {
  auto& key = add(name, "string", values, help, std::move(aliases));
  key.set = [field, check = std::move(check)](Options& options, const std::string& text) {
    check(text);
    options.*field = text;
  };
  key.get = [field](const Options& options) { return options.*field; };
}

void KeyTable::choice(const char* name, std::string Options::*field, Names choices, const char* help, Names aliases,
                      Spellings spellings) {
  auto& key = add(name, "string", join(choices, "|"), help, std::move(aliases));
  key.choices = choices;
  key.set = [field, choices = std::move(choices), spellings = std::move(spellings)](
                Options& options, const std::string& text) { options.*field = parse_choice(text, choices, spellings); };
  key.get = [field](const Options& options) { return options.*field; };
}

void KeyTable::integer(const char* name, std::int64_t Options::*field, Range range, const char* help, Names aliases) {
  auto& key = add(name, "integer", range.text(), help, std::move(aliases));
  key.set = [field, range](Options& options, const std::string& text) { options.*field = parse_integer(text, range); };
  key.get = [field](const Options& options) { return std::to_string(options.*field); };
}

void KeyTable::number(const char* name, double Options::*field, Range range, const char* help, Names aliases) {
  auto& key = add(name, "number", range.text(), help, std::move(aliases));
  key.set = [field, range](Options& options, const std::string& text) { options.*field = parse_number(text, range); };
  key.get = [field](const Options& options) { return number_text(options.*field); };
}

void KeyTable::boolean(const char* name, bool Options::*field, const char* help, Names aliases) {
  auto& key = add(name, "boolean", "", help, std::move(aliases));
  key.set = [field](Options& options, const std::string& text) { options.*field = parse_boolean(text); };
  key.get = [field](const Options& options) { return boolean_text(options.*field); };
}

void KeyTable::list(const char* name, std::vector<std::string> Options::*field, Names choices, const char* help,
                    Names aliases, Spellings spellings) {
  auto& key = add(name, "list", choices.empty() ? "" : "any of " + join(choices, ", "), help, std::move(aliases));
  key.choices = choices;
  key.set = [field, choices = std::move(choices), spellings = std::move(spellings)](Options& options,
                                                                                    const std::string& text) {
    auto items = parse_list(text);
    for (auto& item : items) {
      if (!choices.empty()) item = parse_choice(item, choices, spellings);
      if (const auto ours = spellings.find(item); ours != spellings.end()) item = ours->second;
    }
    options.*field = std::move(items);
  };
  key.get = [field](const Options& options) { return list_text(options.*field); };
}

void KeyTable::integers(const char* name, std::vector<std::int64_t> Options::*field, Range range, const char* help,
                        Names aliases) {
  auto& key = add(name, "list", "whole numbers " + range.text(), help, std::move(aliases));
  key.set = [field, range](Options& options, const std::string& text) {
    std::vector<std::int64_t> numbers;
    for (const auto& item : parse_list(text)) numbers.push_back(parse_integer(item, range));
    options.*field = std::move(numbers);
  };
  key.get = [field](const Options& options) { return fmt::format("{}", fmt::join(options.*field, ",")); };
}

void KeyTable::map(const char* name, std::map<std::string, std::string> Options::*field, const char* values,
                   PairCheck check, const char* help, Names aliases) {
  auto& key = add(name, "map", values, help, std::move(aliases));
  key.set = [field, check = std::move(check)](Options& options, const std::string& text) {
    auto items = parse_map(text);
    for (const auto& [item, value] : items) check(item, value);
    options.*field = std::move(items);
  };
  key.get = [field](const Options& options) { return map_text(options.*field); };
}

std::vector<Key> KeyTable::take() {
  for (auto& key : keys_) {
    key.set = [name = key.name, set = std::move(key.set)](Options& options, const std::string& text) {
      try {
        set(options, text);
      } catch (const Error& error) {
        const std::string message = error.what();
        if (starts_with(message, name + ":")) throw;
        throw Error(error.kind(), name + ": " + message);
      }
    };
  }
  return std::move(keys_);
}

}  // namespace strop
