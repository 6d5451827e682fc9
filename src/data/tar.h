// The files in a tar archive (ustar, GNU long names, pax): where each lies, without unpacking.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/byte_range.h"

namespace strop {

struct TarMember {
  std::string name;  // without a leading "./"
  ByteRange bytes;
  std::string link_to = {};  // of a link that is not followed: what it names; else ""
};

// ".tar", ".tar.gz" or ".tgz", letter case ignored.
bool is_tar_name(const std::string& file);

// Regular files in archive order, and hard links to those before them, with their bytes. Symbolic links are named, as
// are hard links to what is not there. Devices and folders are left out, as are names that leave the archive's folder
// (absolute, or with ".."). A compressed archive is inflated into memory, a plain one stays on disk. Error(data) with
// the byte where the archive is damaged or truncated, or where the file is none.
std::vector<TarMember> read_tar(const std::string& file);
// The same of an archive in memory.
std::vector<TarMember> read_tar(std::shared_ptr<const std::string> bytes, const std::string& file);

}  // namespace strop
