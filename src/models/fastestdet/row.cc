#include "models/fastestdet/row.h"

namespace strop::fastestdet {

nlohmann::json to_json(const Row& row) {
  return {{"stem", row.stem}, {"channels", row.channels}, {"repeats", row.repeats},
          {"neck", row.neck}, {"side", row.side},         {"classes", row.classes}};
}

Row row_of(const nlohmann::json& json) {
  Row row;
  row.stem = json.at("stem");
  row.channels = json.at("channels");
  row.repeats = json.at("repeats");
  row.neck = json.at("neck");
  row.side = json.at("side");
  row.classes = json.at("classes").get<std::vector<std::int64_t>>();
  return row;
}

}  // namespace strop::fastestdet
