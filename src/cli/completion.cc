// Scripts for three shells from the same three lists: verbs, their flags, the values of flags.
#include <algorithm>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "core/error.h"
#include "core/text.h"

namespace strop {
namespace {

struct Flag {
  std::string name;    // with dashes
  std::string values;  // words to choose from, separated by blanks
  std::string help;
  bool needs_value;
};

// A choice that ends in * is offered as the beginning that it stands for.
std::string choices_of(const Key& key) {
  std::vector<std::string> words = key.choices;
  for (auto& word : words) {
    if (ends_with(word, "*")) word.pop_back();
  }
  return join(words, " ");
}

std::string choices_of(const VerbFlag& flag) {
  std::string words = flag.value;
  if (words.find('|') == std::string::npos) return "";
  std::replace(words.begin(), words.end(), '|', ' ');
  return words;
}

std::vector<Flag> flags_of(const Verb& verb) {
  std::vector<Flag> flags;
  for (const auto& flag : verb.flags) {
    const bool needs_value = !flag.value.empty() && flag.value.front() != '[';
    flags.push_back({"--" + flag.name, choices_of(flag), flag.help, needs_value});
  }
  for (const Key* key : keys_of(verb)) {
    const auto name = "--" + flag_names(*key).front();
    flags.push_back({name, choices_of(*key), key->help, key->type != "boolean" && key->name != "resume"});
    if (key->type == "boolean") flags.push_back({"--no-" + name.substr(2), "", "Not: " + key->help, false});
  }
  flags.push_back({"--help", "", "Explains the verb.", false});
  flags.push_back({"--help-all", "", "Explains every key.", false});
  return flags;
}

std::string names_of(const std::vector<Flag>& flags) {
  std::vector<std::string> names;
  std::transform(flags.begin(), flags.end(), std::back_inserter(names), [](const Flag& flag) { return flag.name; });
  return join(names, " ");
}

// What may follow the verb besides flags and files.
std::string words_of(const Verb& verb) {
  if (verb.name == "completion") return "bash zsh fish";
  std::string words;
  if (!verb.all_keys) return words;
  for (const auto& key : schema()) words += (words.empty() ? "" : " ") + key.name + (verb.name == "config" ? "" : "=");
  return words;
}

std::string verb_names() {
  std::vector<std::string> names;
  for (const auto& verb : verbs()) names.push_back(verb.name);
  return join(names, " ");
}

std::string single_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// "  --pooling) values='auto pooler' ;;" for every flag with choices.
std::string choice_cases() {
  std::string out;
  for (const auto& key : schema()) {
    if (key.choices.empty()) continue;
    out += fmt::format("    --{}) values='{}' ;;\n", flag_names(key).front(), choices_of(key));
  }
  for (const auto& verb : verbs()) {
    for (const auto& flag : verb.flags) {
      if (const auto words = choices_of(flag); !words.empty())
        out += fmt::format("    --{}) values='{}' ;;\n", flag.name, words);
    }
  }
  return out;
}

std::string verb_cases() {
  std::string out;
  for (const auto& verb : verbs()) {
    out += fmt::format("    {}) flags='{}'; words='{}' ;;\n", verb.name, names_of(flags_of(verb)), words_of(verb));
  }
  return out;
}

// Bash splits words at '=': key=value and --flag=value arrive as three.
std::string bash_script() {
  return "# strop completion for bash: eval \"$(strop completion bash)\"\n"
         "_strop() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} values='' flags='' words=''\n"
         "  COMPREPLY=()\n"
         "  if ((COMP_CWORD == 1)); then\n"
         "    COMPREPLY=($(compgen -W '" +
         verb_names() +
         " --help --version' -- \"$cur\"))\n"
         "    return\n"
         "  fi\n"
         "  if [[ $cur == '=' ]]; then\n"
         "    cur=''\n"
         "  elif [[ $prev == '=' ]]; then\n"
         "    prev=${COMP_WORDS[COMP_CWORD-2]}\n"
         "  fi\n"
         "  prev=${prev#--}\n"
         "  case --${prev//_/-} in\n" +
         choice_cases() +
         "  esac\n"
         "  if [[ -n $values ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$values\" -- \"$cur\"))\n"
         "    return\n"
         "  fi\n"
         "  case ${COMP_WORDS[1]} in\n" +
         verb_cases() +
         "  esac\n"
         "  if [[ $cur == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$flags\" -- \"$cur\"))\n"
         "  elif [[ -n $cur ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "    [[ ${#COMPREPLY[@]} -eq 0 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace\n"
         "  fi\n"
         "}\n"
         "complete -o default -F _strop strop\n";
}

std::string zsh_script() {
  std::string verb_list, flag_cases;
  for (const auto& verb : verbs()) {
    verb_list += "    " + single_quoted(verb.name + ":" + verb.summary) + "\n";
    flag_cases += "    " + verb.name + ")\n      flags=(\n";
    for (const auto& flag : flags_of(verb))
      flag_cases += "        " + single_quoted(flag.name + ":" + flag.help) + "\n";
    flag_cases += "      )\n      words_here=(" + words_of(verb) + ") ;;\n";
  }
  return "#compdef strop\n"
         "# strop completion for zsh: strop completion zsh > a folder of $fpath under the name _strop\n"
         "_strop() {\n"
         "  local -a verbs flags words_here\n"
         "  local values=''\n"
         "  verbs=(\n" +
         verb_list +
         "  )\n"
         "  if ((CURRENT == 2)); then\n"
         "    _describe verb verbs\n"
         "    return\n"
         "  fi\n"
         "  case ${words[CURRENT-1]} in\n" +
         choice_cases() +
         "  esac\n"
         "  if [[ -n $values ]]; then\n"
         "    compadd -- ${=values}\n"
         "    return\n"
         "  fi\n"
         "  case ${words[2]} in\n" +
         flag_cases +
         "  esac\n"
         "  if [[ $PREFIX == -* ]]; then\n"
         "    _describe flag flags\n"
         "  else\n"
         "    compadd -S '' -- $words_here\n"
         "    _files\n"
         "  fi\n"
         "}\n"
         "compdef _strop strop\n";
}

std::string fish_script() {
  std::string out = "# strop completion for fish: strop completion fish | source\n";
  for (const auto& verb : verbs()) {
    out += fmt::format("complete -c strop -n __fish_use_subcommand -f -a {} -d {}\n", verb.name,
                       single_quoted(verb.summary));
    const auto condition = fmt::format("complete -c strop -n '__fish_seen_subcommand_from {}'", verb.name);
    for (const auto& flag : flags_of(verb)) {
      const auto values = flag.values.empty() ? "" : fmt::format(" -f -a '{}'", flag.values);
      out += fmt::format("{} -l {}{}{} -d {}\n", condition, flag.name.substr(2), flag.needs_value ? " -r" : "", values,
                         single_quoted(flag.help));
    }
    if (const auto words = words_of(verb); !words.empty()) out += fmt::format("{} -a '{}'\n", condition, words);
  }
  return out;
}

int run_completion(const CommandLine& command) {
  if (command.arguments.size() != 1) {
    fail(ErrorKind::usage, "strop completion needs one of bash, zsh, fish; for example:\n  {}",
         command.verb->examples.front());
  }
  const auto& shell = command.arguments.front();
  if (shell == "bash") print(bash_script());
  else if (shell == "zsh") print(zsh_script());
  else if (shell == "fish") print(fish_script());
  else fail(ErrorKind::usage, "expected one of bash, zsh, fish, found '{}'", excerpt(shell));
  return 0;
}

}  // namespace

Verb completion_verb() {
  Verb verb;
  verb.name = "completion";
  verb.summary = "prints a completion script for your shell";
  verb.about = "The script knows every verb, flag, key and choice of this build.";
  verb.arguments = "bash | zsh | fish";
  verb.examples = {"eval \"$(strop completion bash)\"", "strop completion fish | source"};
  verb.all_keys = false;
  verb.run = run_completion;
  return verb;
}

}  // namespace strop
