#include "models/yolox/row.h"

namespace strop::yolox {

nlohmann::json to_json(const Row& row) {
  return {{"stem", row.stem},      {"channels", row.channels},   {"depth", row.depth}, {"neck_depth", row.neck_depth},
          {"hidden", row.hidden},  {"depthwise", row.depthwise}, {"side", row.side},   {"normalised", row.normalised},
          {"classes", row.classes}};
}

Row row_of(const nlohmann::json& json) {
  Row row;
  row.stem = json.at("stem");
  row.channels = json.at("channels");
  row.depth = json.at("depth");
  row.neck_depth = json.at("neck_depth");
  row.hidden = json.at("hidden");
  row.depthwise = json.at("depthwise");
  row.side = json.at("side");
  row.normalised = json.at("normalised");
  row.classes = json.at("classes").get<std::vector<std::int64_t>>();
  return row;
}

}  // namespace strop::yolox
