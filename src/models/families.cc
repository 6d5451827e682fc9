#include "models/bert/bert.h"
#include "models/family.h"
#include "models/vit/vit.h"

namespace strop {

const std::vector<Family>& families() {
  static const std::vector<Family> list = {
      {"bert", kTextClassification, "BERT and MiniLM encoders (HF BertModel, BertForSequenceClassification)",
       &recognise_bert, &build_bert},
      {"vit", kImageClassification, "ViT, DeiT and DINOv2 (Transformers and timm)", &recognise_vit, &build_vit},
  };
  return list;
}

}  // namespace strop
