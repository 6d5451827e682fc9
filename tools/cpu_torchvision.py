"""To be imported before torchvision, or what imports it: CPU builds of torch lack two operators that it names."""

import torch

try:
    _library = torch.library.Library("torchvision", "DEF")
    _library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _library.define("qnms(Tensor a) -> Tensor")
except RuntimeError:  # a build that has them
    pass
