#include "cli/help.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "core/error.h"
#include "core/text.h"

namespace strop {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kColumn = 34;  // where the meaning of a flag begins

// Words in lines of at most kWidth, each line but the first indented; the first begins at column `used`.
std::string wrap(const std::string& text, std::size_t indent, std::size_t used) {
  std::string out;
  std::size_t column = used;
  bool first_word = true;
  for (const auto& word : split(text, ' ')) {
    if (!first_word && column + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!first_word) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    first_word = false;
  }
  return out;
}

// "  left            right, wrapped under itself".
std::string two_columns(const std::string& left, const std::string& right) {
  std::string out = "  " + left;
  if (out.size() + 2 > kColumn) {
    out += "\n" + std::string(kColumn, ' ');
  } else {
    out.resize(kColumn, ' ');
  }
  return out + wrap(right, kColumn, kColumn) + "\n";
}

std::string placeholder(const Key& key) {
  if (key.name == "resume") return " [RUN]";
  if (key.values == "path") return " PATH";
  if (key.type == "boolean") return "";
  if (key.type == "integer") return " N";
  if (key.type == "number") return " X";
  if (key.type == "list") return " A,B";
  if (key.type == "map") return " A=B,C=D";
  return " TEXT";
}

// The help, and in brackets what may stand there and the default.
std::string meaning(const Key& key) {
  std::vector<std::string> notes;
  const bool is_plain = key.values.empty() || key.values == "path" || key.values[0] == '>';
  if (!is_plain) notes.push_back(key.values);
  const auto value = key.get(Options{});
  const bool is_off = value.empty() || (key.type == "boolean" && value == "false");
  if (!is_off) notes.push_back("default " + value);
  return notes.empty() ? key.help : key.help + " (" + join(notes, "; ") + ")";
}

std::string flag_line(const Key& key) {
  const bool is_on = key.type == "boolean" && key.get(Options{}) == "true";
  return two_columns((is_on ? "--no-" : "--") + flag_names(key).front() + placeholder(key), meaning(key));
}

std::string exit_codes() {
  return "Exit codes: 0 done, 1 internal error, 2 usage or configuration, 3 data, 4 model or weights,\n"
         "  5 the limits can't be met, 130 interrupted (resumable)\n";
}

std::string usage(const Verb& verb) {
  std::string out = "strop " + verb.name;
  if (!verb.arguments.empty()) out += " " + verb.arguments;
  if (verb.name != "completion") out += " [--flags]";
  if (verb.all_keys) out += " [key=value ...]";
  return out;
}

std::vector<const Key*> other_keys(const Verb& verb) {
  std::vector<const Key*> keys;
  for (const Key* key : keys_of(verb)) {
    if (std::find(verb.usual.begin(), verb.usual.end(), key->name) == verb.usual.end()) keys.push_back(key);
  }
  return keys;
}

// The names alone, a paragraph a group.
std::string names_by_group(const std::vector<const Key*>& keys) {
  std::string out, group, names;
  const auto close = [&] {
    if (!names.empty()) out += two_columns(group, names);
    names.clear();
  };
  for (const Key* key : keys) {
    if (key->group != group) close();
    group = key->group;
    names += (names.empty() ? "" : ", ") + key->name;
  }
  close();
  return out;
}

std::string flags_by_group(const std::vector<const Key*>& keys) {
  std::string out, group;
  for (const Key* key : keys) {
    if (key->group != group) out += "\n" + key->group + "\n";
    group = key->group;
    out += flag_line(*key);
  }
  return out;
}

}  // namespace

std::string general_help() {
  std::string out =
      "strop fine-tunes pretrained models under limits on time and memory.\n\n"
      "Usage: strop VERB [plan.yaml | options.yaml] [--flags] [key=value ...]\n\n"
      "Begin with:\n"
      "  strop train --model sentence-transformers/all-MiniLM-L6-v2 --data reviews.csv --out runs/reviews\n"
      "  strop predict --model runs/reviews --data new.csv\n\nVerbs:\n";
  for (const auto& verb : verbs()) out += fmt::format("  {:<11} {}\n", verb.name, verb.summary);
  out +=
      "\n'strop VERB --help' explains a verb, 'strop config' all keys, 'strop config KEY' one of them.\n"
      "'strop --version' says what this build is and runs on.\n\n";
  return out + exit_codes();
}

std::string verb_help(const Verb& verb, bool all) {
  std::string out = fmt::format("strop {}: {}\n\nUsage: {}\n\n{}\n\nExamples:\n", verb.name, verb.summary, usage(verb),
                                wrap(verb.about, 0, 0));
  for (const auto& example : verb.examples) out += "  " + example + "\n";
  if (!verb.usual.empty() || !verb.flags.empty()) out += "\nUsual flags:\n";
  for (const auto& flag : verb.flags) {
    out += two_columns("--" + flag.name + (flag.value.empty() ? "" : " " + flag.value), flag.help);
  }
  for (const auto& name : verb.usual) out += flag_line(find_key(name, "help"));
  if (!verb.all_keys) return out;
  const auto others = other_keys(verb);
  if (all) return out + flags_by_group(others);
  if (!verb.lists_keys) {
    return out +
           fmt::format(
               "\nThe other keys are taken too, so that one options.yaml serves all verbs "
               "('strop {} --help-all').\n\n",
               verb.name) +
           exit_codes();
  }
  out += fmt::format("\nOther keys, as --flag VALUE or key=value (explained by 'strop {} --help-all'):\n", verb.name);
  return out + names_by_group(others) + "\n" + exit_codes();
}

std::string keys_text(const std::vector<const Key*>& keys) {
  std::string out, group;
  for (const Key* key : keys) {
    if (key->group != group) out += (group.empty() ? "" : "\n") + key->group + "\n";
    group = key->group;
    auto right = meaning(*key);
    if (!key->aliases.empty()) right += " Also: " + join(key->aliases, ", ");
    out += two_columns(key->name, right);
  }
  return out;
}

std::string key_text(const Key& key) {
  const auto value = key.get(Options{});
  const auto flag = flag_names(key).front();
  std::string out = fmt::format("{} ({})\n  {}\n\n", key.name, key.group, wrap(key.help, 2, 2));
  out += fmt::format("  values   {}{}\n", key.type, key.values.empty() ? "" : ", " + key.values);
  out += fmt::format("  default  {}\n", value.empty() ? "none" : value);
  if (!key.aliases.empty()) out += fmt::format("  also     {}\n", join(key.aliases, ", "));
  if (key.type == "boolean") return out + fmt::format("  set it   --{} or --no-{}, or {}=true\n", flag, flag, key.name);
  return out + fmt::format("  set it   --{} VALUE or {}=VALUE; in YAML '{}: VALUE'\n", flag, key.name, key.name);
}

std::string keys_json(const std::vector<const Key*>& keys) {
  auto list = nlohmann::ordered_json::array();
  for (const Key* key : keys) {
    list.push_back({{"name", key->name},
                    {"type", key->type},
                    {"values", key->values},
                    {"default", key->get(Options{})},
                    {"help", key->help},
                    {"aliases", key->aliases},
                    {"group", key->group}});
  }
  return nlohmann::ordered_json{{"keys", list}}.dump(2);
}

}  // namespace strop
