#include "models/bert/bert.h"
#include "models/family.h"

namespace strop {

const std::vector<Family>& families() {
  static const std::vector<Family> list = {
      {"bert", kTextClassification, "BERT and MiniLM encoders (HF BertModel, BertForSequenceClassification)",
       &recognise_bert, &build_bert},
  };
  return list;
}

}  // namespace strop
