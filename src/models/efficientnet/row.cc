#include "models/efficientnet/row.h"

namespace strop::efficientnet {

using nlohmann::json;

json to_json(const Row& row) {
  json blocks = json::array();
  for (const auto& one : row.blocks) {
    blocks.push_back({one.stage, one.place, one.in, one.mid, one.out, one.kernel, one.stride, one.squeezed, one.expands,
                      static_cast<int>(one.activation), one.residual, static_cast<int>(one.pad)});
  }
  return {{"family", row.family},
          {"layout", row.layout},
          {"stem", row.stem},
          {"blocks", blocks},
          {"top", row.top},
          {"wide", row.wide},
          {"activation", static_cast<int>(row.activation)},
          {"eps", row.eps},
          {"dropout", row.dropout},
          {"pad", static_cast<int>(row.pad)},
          {"size", row.size},
          {"crop_pct", row.crop_pct},
          {"bicubic", row.bicubic},
          {"half", row.half}};
}

Row row_of(const json& from) {
  Row row;
  row.family = from.at("family");
  row.layout = from.at("layout");
  row.stem = from.at("stem");
  row.pad = static_cast<Pad>(from.at("pad").get<int>());
  for (const auto& one : from.at("blocks")) {
    row.blocks.push_back({one[0], one[1], one[2], one[3], one[4], one[5], one[6], one[7], one[8],
                          static_cast<Activation>(one[9].get<int>()), one[10],
                          one.size() > 11 ? static_cast<Pad>(one[11].get<int>()) : row.pad});
  }
  row.top = from.at("top");
  row.wide = from.at("wide");
  row.activation = static_cast<Activation>(from.at("activation").get<int>());
  row.eps = from.at("eps");
  row.dropout = from.at("dropout");
  row.size = from.at("size");
  row.crop_pct = from.at("crop_pct");
  row.bicubic = from.at("bicubic");
  row.half = from.at("half");
  return row;
}

}  // namespace strop::efficientnet
