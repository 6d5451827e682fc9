#include "text/json_file.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"

namespace strop {
namespace {

using nlohmann::json;

// Builds the values, but sends the members of model.vocab elsewhere where `vocab` is given. (The library's parser with
// a callback could do it too, in time that grows with the square of a list's length.)
class Builder : public nlohmann::json_sax<json> {
 public:
  explicit Builder(VocabEntries* vocab) : vocab_(vocab) {}

  bool null() override { return scalar(nullptr); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(number_integer_t value) override { return scalar(value); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(value); }
  bool number_float(number_float_t value, const string_t&) override { return scalar(value); }
  bool string(string_t& value) override { return scalar(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // not in JSON text
  bool start_array(std::size_t) override { return start(json::array()); }
  bool end_array() override { return end(); }
  bool end_object() override { return end(); }
  bool start_object(std::size_t) override {
    const bool vocab_here = vocab_ != nullptr && in_model_ && open_.size() == 2 && key_ == "vocab";
    if (open_.size() == 1) in_model_ = key_ == "model";
    const bool inside = start(json::object());
    if (vocab_here) vocab_depth_ = 1;
    return inside;
  }
  bool key(string_t& name) override {
    if (vocab_depth_ == 1) token_ = std::move(name);
    else if (vocab_depth_ == 0) key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const json::exception& error) override {
    message_ = error.what();
    return false;
  }

  json take() { return std::move(root_); }
  const std::string& message() const { return message_; }

 private:
  bool scalar(json value) {
    // Anything but a whole number is an id out of range to the model, which names the token.
    if (vocab_depth_ == 1) vocab_->emplace_back(token_, value.is_number_integer() ? value.get<std::int64_t>() : -1);
    if (vocab_depth_ == 0) add(std::move(value));
    return true;
  }
  bool start(json value) {
    if (vocab_depth_ == 1) vocab_->emplace_back(token_, -1);
    if (vocab_depth_ > 0) ++vocab_depth_;
    else open_.push_back(add(std::move(value)));
    return true;
  }
  bool end() {
    if (vocab_depth_ > 0) --vocab_depth_;
    if (vocab_depth_ == 0) open_.pop_back();
    return true;
  }
  json* add(json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    json& parent = *open_.back();
    if (parent.is_array()) return &parent.emplace_back(std::move(value));
    return &(parent[key_] = std::move(value));
  }

  VocabEntries* vocab_;
  json root_;
  std::vector<json*> open_;  // from the root to the value that is being filled
  std::string key_, token_, message_;
  bool in_model_ = false;
  std::size_t vocab_depth_ = 0;  // 0: outside of model.vocab, 1: among its members
};

json parse(std::string_view text, const std::string& file, VocabEntries* vocab) {
  Builder builder(vocab);
  if (json::sax_parse(text.begin(), text.end(), &builder)) return builder.take();
  // "[json.exception.parse_error.101] parse error at line 1, column 2: ...": the part in brackets is for programmers.
  std::string_view what = builder.message();
  if (const auto end = what.find("] "); end != std::string_view::npos) what.remove_prefix(end + 2);
  fail(ErrorKind::model, "{}: no valid JSON: {}", file, excerpt(what, 200));
}

}  // namespace

std::string read_tokenizer_file(const std::filesystem::path& path) {
  return read_file(path, ErrorKind::model, kMaxTokenizerBytes);
}

json parse_json(std::string_view text, const std::string& file) { return parse(text, file, nullptr); }

json parse_tokenizer_json(std::string_view text, const std::string& file, VocabEntries& vocab) {
  return parse(text, file, &vocab);
}

}  // namespace strop
