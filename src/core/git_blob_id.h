// What git calls a file of this content: SHA-1 over "blob", its length, a zero byte and the content, in 40 lower-case
// hexadecimal digits. A hub gives it as the checksum of its small files.
#pragma once

#include <string>
#include <string_view>

namespace strop {

std::string git_blob_id(std::string_view content);

}  // namespace strop
