// Archives and idx files made in memory, for tests.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace strop {

inline std::string tar_header(const std::string& name, std::size_t size, char type, const std::string& link = "") {
  std::string header(512, '\0');
  header.replace(0, std::min<std::size_t>(name.size(), 100), name.substr(0, 100));
  char text[16];
  std::snprintf(text, sizeof text, "%011zo", size);
  header.replace(124, 11, text);
  header[156] = type;
  header.replace(157, link.size(), link);
  header.replace(257, 5, "ustar");
  header.replace(148, 8, "        ");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  std::snprintf(text, sizeof text, "%06o", sum);
  header.replace(148, 7, text, 7);
  return header;
}

inline std::string padded(std::string bytes) {
  bytes.resize((bytes.size() + 511) / 512 * 512, '\0');
  return bytes;
}

// As GNU tar writes it: names above 100 bytes as a file of type L before theirs.
inline std::string tar_of(const std::vector<std::pair<std::string, std::string>>& files) {
  std::string tar = tar_header("folder/", 0, '5');
  for (const auto& [name, bytes] : files) {
    if (name.size() > 100) tar += tar_header("././@LongLink", name.size() + 1, 'L') + padded(name + '\0');
    tar += tar_header(name, bytes.size(), '0') + padded(bytes);
  }
  return tar + std::string(1024, '\0');
}

inline std::string idx_of(const std::vector<std::uint32_t>& sizes, const std::string& data) {
  std::string bytes("\0\0\x08", 3);
  bytes += static_cast<char>(sizes.size());
  for (const auto size : sizes) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift & 255);
  }
  return bytes + data;
}

inline std::string gzip_of(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace strop
