#include "models/bert/bert.h"
#include "models/convnext/convnext.h"
#include "models/efficientnet/efficientnet.h"
#include "models/family.h"
#include "models/fastestdet/fastestdet.h"
#include "models/resnet/resnet.h"
#include "models/vit/vit.h"
#include "models/yolos/yolos.h"
#include "models/yolox/yolox.h"

namespace strop {

const std::vector<Family>& families() {
  static const std::vector<Family> list = {
      {"bert", kTextClassification, "BERT and MiniLM encoders (HF BertModel, BertForSequenceClassification)",
       &recognise_bert, &build_bert},
      {"convnext", kImageClassification, "ConvNeXt (Transformers, timm, torchvision)", &recognise_convnext,
       &build_convnext},
      {"efficientnet", kImageClassification,
       "EfficientNet B0-B4 and Lite0-4 (timm, torchvision, lukemelas, Transformers)", &recognise_efficientnet,
       &build_efficientnet},
      {"mobilenet_v2", kImageClassification, "MobileNetV2 (timm, torchvision, Transformers)", &recognise_mobilenet_v2,
       &build_efficientnet},
      {"mobilenet_v3", kImageClassification, "MobileNetV3 small and large (timm, torchvision)", &recognise_mobilenet_v3,
       &build_efficientnet},
      {"resnet", kImageClassification, "ResNet 18-152 and ResNeXt (timm, torchvision, Transformers)", &recognise_resnet,
       &build_resnet},
      {"yolox", kObjectDetection, "YOLOX nano, tiny, s, m, l, x (upstream's files), and its head on a classifier",
       &recognise_yolox, &build_yolox},
      {"fastestdet", kObjectDetection, "FastestDet (upstream's files)", &recognise_fastestdet, &build_fastestdet},
      {"yolos", kObjectDetection, "YOLOS (Transformers)", &recognise_yolos, &build_yolos},
      {"vit", kImageClassification, "ViT, DeiT and DINOv2 (Transformers, timm), ViT (torchvision)", &recognise_vit,
       &build_vit},
  };
  return list;
}

}  // namespace strop
