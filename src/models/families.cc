#include "models/bert/bert.h"
#include "models/family.h"

namespace strop {

const std::vector<Family>& families() {
  static const std::vector<Family> list = {
      {"bert", "BERT and MiniLM encoders (HF BertModel, BertForSequenceClassification)", &build_bert},
  };
  return list;
}

}  // namespace strop
