// Any bytes as a tar archive: members lie inside of it and their names stay inside of its folder.
#include "data/tar.h"

#include "archive_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  strop::fuzz_bytes(data, size, [size](const auto& bytes, const std::string& name) {
    for (const auto& member : strop::read_tar(bytes, name)) {
      if (member.bytes.offset > size || member.bytes.size > size - member.bytes.offset) std::abort();
      if (member.name.empty() || member.name[0] == '/' || strop::starts_with(member.name, "../")) std::abort();
      if (strop::read_range(member.bytes, member.name).view.size() != member.bytes.size) std::abort();
    }
  });
  return 0;
}
