// Small pictures for the report and for contact sheets.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "data/image_data.h"
#include "train/task.h"

namespace strop {

// A JPEG of at most `side` pixels as a data URI.
std::string thumbnail_uri(const PictureView& view, int side = 128);

// [{"index", "image"}] of the rows that the page shows as mistakes, the most confident first.
nlohmann::ordered_json gallery_of_mistakes(const TaskSplit& split, const std::vector<PredictionRecord>& predictions);

// [{"name", "images": [as it is, view 0, view 1 ...]}] of some training pictures, each of another class where there are
// enough; empty where training changes nothing. Those of mixup and cutmix are mixed with each other.
nlohmann::ordered_json gallery_of_views(const ImageSplit& train, const InputForm& form, const Options& options);

// `samples` pictures (at most 100) for a contact sheet, a row each: as it is, then what training makes of it.
std::vector<std::vector<Picture>> sheet_rows(const ImageSplit& train, const InputForm& form, const Options& options,
                                             std::int64_t samples);

}  // namespace strop
