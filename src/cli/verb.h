// A verb of the command line: what its help says, which flags it takes and what it runs. Each has a file of its own;
// verbs.cc is the visible list of them.
#pragma once

#include <string>
#include <vector>

namespace strop {

struct CommandLine;

// The value of a verb's flag whose value was left out.
inline constexpr const char* kLeftOut = "all";

// A flag that only this verb knows and that is no key of the schema.
struct VerbFlag {
  std::string name;   // without dashes
  std::string value;  // "" for a switch; "N", "FILE"; "coco|voc" to choose from; "[LIST]" where it may be left out
  std::string help;
};

struct Verb {
  std::string name;
  std::string summary;                // one line for `strop --help`
  std::string about;                  // a paragraph for `strop VERB --help`
  std::string arguments;              // what stands between the verb and its flags, as "RUN [RUN ...]"; may be empty
  std::vector<std::string> examples;  // whole commands
  std::vector<std::string> usual;     // keys of the schema that its help shows first
  std::vector<VerbFlag> flags;
  bool all_keys = true;                      // takes every key of the schema and a YAML file; else only the usual ones
  bool lists_keys = false;                   // its help names the keys that are not usual
  bool keeps_plan = false;                   // a plan's stages matter to it; else a plan is read for its options
  int (*run)(const CommandLine&) = nullptr;  // the exit code
};

Verb train_verb();
Verb plan_verb();
Verb eval_verb();
Verb predict_verb();
Verb merge_verb();
Verb export_verb();
Verb inspect_verb();
Verb report_verb();
Verb bench_verb();
Verb config_verb();
Verb completion_verb();

// All of them, in the order of the help.
const std::vector<Verb>& verbs();
// Error(usage) with the nearest name where there is no such verb.
const Verb& find_verb(const std::string& name);

}  // namespace strop
