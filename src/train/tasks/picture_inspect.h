// Data of pictures as strop inspect shows it: classes, counts, sizes, what is skipped and why.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "data/image_data.h"
#include "strop/job.h"

namespace strop {

// With what.augment also writes a contact sheet of augmented pictures to options.out, else augmented.jpg.
nlohmann::ordered_json inspect_pictures(const Options& options, const InspectOptions& what, const ImageReading& reading,
                                        std::string& text);

}  // namespace strop
