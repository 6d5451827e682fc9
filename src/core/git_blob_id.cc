#include "core/git_blob_id.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

namespace strop {

std::string git_blob_id(std::string_view content) {
  std::string whole = "blob " + std::to_string(content.size());
  whole += '\0';
  whole += content;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(whole.data(), whole.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::string digits;
  for (unsigned int i = 0; i < size; ++i) digits += fmt::format("{:02x}", digest[i]);
  return digits;
}

}  // namespace strop
