// Builds the schema, one call a key: each call binds a name to a field of Options, with its type, range, help and the
// names that other tools use for the same thing.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/schema.h"
#include "config/values.h"

namespace strop {

class KeyTable {
 public:
  using Names = std::vector<std::string>;
  using Spellings = std::map<std::string, std::string>;  // another tool's word for a choice -> ours
  using TextCheck = std::function<void(const std::string&)>;
  using PairCheck = std::function<void(const std::string&, const std::string&)>;

  // The heading of the keys that follow.
  void group(const char* heading) {
    group_ = heading;
    methods_ = tasks_ = {};
  }
  // The methods that alone read the keys that follow, and the tasks, until the next call or heading; none: all do. The
  // help begins with the methods and goes on with the key's own.
  void methods(Names names) { methods_ = std::move(names); }
  void tasks(Names names) { tasks_ = std::move(names); }

  void text(const char* name, std::string Options::*field, const char* help, Names aliases = {});
  // Text that names a file or folder.
  void path(const char* name, std::string Options::*field, const char* help, Names aliases = {});
  // Text with a check of its own that throws Error(usage); `values` says in the help what may stand here.
  void checked(const char* name, std::string Options::*field, const char* values, TextCheck check, const char* help,
               Names aliases = {});
  void choice(const char* name, std::string Options::*field, Names choices, const char* help, Names aliases = {},
              Spellings spellings = {});
  void integer(const char* name, std::int64_t Options::*field, Range range, const char* help, Names aliases = {});
  void number(const char* name, double Options::*field, Range range, const char* help, Names aliases = {});
  void boolean(const char* name, bool Options::*field, const char* help, Names aliases = {});
  // Any words, or only `choices` where given.
  void list(const char* name, std::vector<std::string> Options::*field, Names choices, const char* help,
            Names aliases = {}, Spellings spellings = {});
  void integers(const char* name, std::vector<std::int64_t> Options::*field, Range range, const char* help,
                Names aliases = {});
  void map(const char* name, std::map<std::string, std::string> Options::*field, const char* values, PairCheck check,
           const char* help, Names aliases = {});

  // The finished keys; their set() names the key in its errors.
  std::vector<Key> take();

 private:
  Key& add(const char* name, const char* type, const std::string& values, const char* help, Names aliases);

  const char* group_ = "";
  Names methods_, tasks_;
  std::vector<Key> keys_;
};

// The tasks' names, for KeyTable::tasks.
inline const char* const kTexts = "text-classification";
inline const char* const kPictures = "image-classification";
inline const char* const kBoxes = "object-detection";

// Of learning_rate and pretrain_learning_rate.
void check_learning_rate(const std::string& text);

// The table's parts, one file each (keys_*.cc).
void add_model_and_data_keys(KeyTable& table);
void add_method_keys(KeyTable& table);
void add_training_keys(KeyTable& table);
void add_run_keys(KeyTable& table);

}  // namespace strop
