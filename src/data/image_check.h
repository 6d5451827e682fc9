// Which pictures of a split can be used: found before training, not in the middle of it.
#pragma once

#include <vector>

#include "data/image_data.h"

namespace strop {

// Gives each sample the fingerprint of its bytes. Takes the samples out whose file cannot be read or decoded, and
// reports them in order. Every file is read; only one whose end is not where its format says is decoded. Raw pictures
// are not looked at. Error(data) with reading.strict (naming the first), and where nothing is left.
void drop_unusable(ImageSplit& split, const ImageReading& reading, std::vector<SkippedPicture>& skipped);

}  // namespace strop
