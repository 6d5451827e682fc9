// The entries of an uncompressed zip archive, as torch.save writes it: names and where their bytes lie.
//
// Reads the central directory, zip64 included (APPNOTE.TXT 6.3, PKWARE). Nothing is unpacked or copied; a compressed
// or encrypted entry is an Error. Offsets and sizes are checked against the content before a view is handed out.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace strop {

// Entry name -> its bytes inside `content`. `file` names the archive in messages. Error(model) on any fault, a name
// that stands twice included. Cost: linear in the directory.
std::map<std::string, std::string_view, std::less<>> read_zip_entries(std::string_view content,
                                                                      const std::string& file);

}  // namespace strop
