#include "text/json_file.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"

namespace strop {
namespace {

using nlohmann::json;
using Event = json::parse_event_t;

json parse(std::string_view text, const std::string& file, const json::parser_callback_t& callback) {
  try {
    return json::parse(text.begin(), text.end(), callback);
  } catch (const json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: ...": the part in brackets is for programmers.
    std::string_view what = error.what();
    if (const auto end = what.find("] "); end != std::string_view::npos) what.remove_prefix(end + 2);
    fail(ErrorKind::model, "{}: no valid JSON: {}", file, excerpt(what, 200));
  }
}

}  // namespace

std::string read_tokenizer_file(const std::filesystem::path& path) {
  return read_file(path, ErrorKind::model, kMaxTokenizerBytes);
}

json parse_json(std::string_view text, const std::string& file) { return parse(text, file, nullptr); }

json parse_tokenizer_json(std::string_view text, const std::string& file, VocabEntries& vocab) {
  std::string outer, inner, token;  // the keys last seen at depth 1, 2 and 3
  return parse(text, file, [&](int depth, Event event, json& parsed) {
    if (event == Event::key) {
      if (depth == 1) outer = parsed.get_ref<const std::string&>();
      if (depth == 2) inner = parsed.get_ref<const std::string&>();
    }
    if (depth != 3 || outer != "model" || inner != "vocab") return true;
    if (event == Event::key) {
      token = parsed.get_ref<const std::string&>();
      return false;
    }
    // Anything but a whole number is an id out of range to the model, which names the token.
    if (event == Event::value) {
      vocab.emplace_back(token, parsed.is_number_integer() ? parsed.get<std::int64_t>() : -1);
    } else if (event == Event::object_start || event == Event::array_start) {
      vocab.emplace_back(token, -1);
    }
    return true;
  });
}

}  // namespace strop
