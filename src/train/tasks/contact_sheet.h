// Many small pictures as one: what strop inspect --augment shows.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "image/picture.h"

namespace strop {

// `view` with sides of at most `side` pixels.
Picture at_most(const PictureView& view, int side);

// Where a sheet goes: a file that is not there yet. `out` as a name, .jpg or .png; empty, or a folder's: augmented.jpg,
// augmented-2.jpg ... there. Error(usage) naming `out`.
std::filesystem::path sheet_file(const std::string& out);

// The pictures of a row beside each other, each at most `tile` pixels wide and high. An empty list leaves a white
// sheet.
void write_sheet(const std::vector<std::vector<Picture>>& rows, const std::filesystem::path& file, int tile = 128);

}  // namespace strop
