// tokenizer.json of anyone: loads or says what is wrong; a loaded one encodes whatever it is given.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "core/error.h"
#include "core/log.h"
#include "text/tokenizer_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  strop::set_log_level(strop::LogLevel::error);
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  constexpr std::string_view kText =
      "The movie, caf\u00e9s [MASK]\u0301 \u6211\u559c\u6b22 \u00c5\u0323\u0307x [CLS] \U0001f600\x01\xff\xe4\xb8 "
      "ab\tA";
  constexpr std::int64_t kMaxLength = 16;
  try {
    const auto tokenizer = strop::read_tokenizer_json(json, "tokenizer.json", {});
    for (const auto text : {kText, kText.substr(0, 10)}) {
      const auto whole = tokenizer->encode(text, 1 << 20);
      for (const auto id : whole.ids) {
        if (id < 0 || id >= tokenizer->vocab_size()) std::abort();
      }
      if (whole.offsets.size() != whole.ids.size() || whole.type_ids.size() != whole.ids.size()) std::abort();
      std::vector<std::int32_t> ids;
      tokenizer->encode_ids(text, 1 << 20, ids);
      if (ids != whole.ids) std::abort();
      if (tokenizer->encode(text, kMaxLength).ids.size() > kMaxLength) std::abort();
      if (tokenizer->encode_pair(text, kText, kMaxLength).ids.size() > kMaxLength) std::abort();
    }
  } catch (const strop::Error&) {
  }
  return 0;
}
