// What the page shows of detections: pictures with true and found boxes, and inputs as training sees them.
#pragma once

#include <nlohmann/json.hpp>

#include "data/boxes/box_maker.h"
#include "train/tasks/boxes.h"

namespace strop {

// Found boxes below that score are not drawn, unless `conf` says another.
inline constexpr double kDrawnScore = 0.3;

// Draws the true boxes (white, thin names) and the found ones of that score in their label's colour.
void draw_boxes(Picture& picture, const std::vector<TrueBox>& truths, const std::vector<FoundBox>& found,
                const std::vector<std::string>& names, double least_score = kDrawnScore);

// The pictures with the most missed boxes and false alarms (found at kDrawnScore, IoU 0.5), the worst first:
// [{"name", "image": data URI, "missed", "false_alarms"}].
nlohmann::ordered_json gallery_of_boxes(const BoxSplit& split, const BoxAnswers& answers,
                                        const std::vector<std::string>& names, const DecodeOptions& decode);

// A training picture as evaluation sees it, then the inputs that training makes of it.
struct BoxViews {
  std::string name;
  std::vector<Picture> pictures;
};
// Of `samples` pictures spread over the split, each with `views` inputs of at most `side` pixels, boxes drawn. Pictures
// that have gone bad are left out.
std::vector<BoxViews> box_views(const BoxSplit& train, BoxWork work, const std::vector<std::string>& names,
                                std::size_t samples, std::int64_t views, int side);

// Training inputs with their boxes: [{"name", "images": [data URI, ...]}]; empty without augmentation.
nlohmann::ordered_json gallery_of_inputs(const BoxSplit& train, const BoxWork& work,
                                         const std::vector<std::string>& names);

}  // namespace strop
