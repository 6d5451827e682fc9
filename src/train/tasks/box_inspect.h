// strop inspect on pictures with boxes.
#pragma once

#include <nlohmann/json.hpp>

#include "data/boxes/box_data.h"
#include "strop/job.h"

namespace strop {

// Splits with their pictures, boxes by class and sizes, and what is wrong with them: as JSON, and added to `text`. With
// what.augment also a contact sheet of training's inputs (contact_sheet.h), for options.model where there is one. With
// what.write the data is written, too (data/boxes/write_boxes.h).
nlohmann::ordered_json inspect_boxes(const Options& options, const InspectOptions& what, const ImageReading& reading,
                                     std::string& text);

}  // namespace strop
