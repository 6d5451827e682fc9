// Data of pictures as strop inspect shows it: classes, counts, sizes, what is skipped and why.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "data/image_data.h"
#include "strop/job.h"

namespace strop {

// With what.augment also writes a contact sheet of augmented pictures, prepared as options.model wants them where there
// is one: to options.out (.jpg or .png), else to augmented.jpg, augmented-2.jpg ... Error(usage): a file stands there.
nlohmann::ordered_json inspect_pictures(const Options& options, const InspectOptions& what, const ImageReading& reading,
                                        std::string& text);

}  // namespace strop
