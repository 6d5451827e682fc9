"""Makes tests/data/yolox: tiny random YOLOX networks in upstream's file forms, and what a plain PyTorch YOLOX computes.

    python tools/make_yolox_reference.py                     (torch, safetensors)
    python tools/make_yolox_reference.py --real FOLDER JPEG  (Pillow; model.safetensors of YOLOX-Nano and a photograph)
    python tools/make_yolox_reference.py --check FOLDER      (holds all this against upstream's own code, a checkout of
                                                              Megvii-BaseDetection/YOLOX, 0.3.0)

NAME/weights.pth or model.safetensors   the network
NAME/reference.json   outputs: raw numbers of picture(2, side); truths; loss; gradients of it, for each tensor its norm and
                      its product with wave(numel); losses: of ten steps of SGD; found: boxes (x, y, width, height, label,
                      score) of each picture, multi_label and best_class
assign.safetensors    raw numbers of random anchors, truths, and of their loss the matches, the value and the gradient
real.json             of YOLOX-Nano: some raw numbers of picture(1, 416), boxes found in the photograph
"""

import json
import math
import pathlib
import sys

import torch
from torch import nn
from torch.nn import functional as F

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "yolox"
STRIDES = (8, 16, 32)
SIDE, CLASSES = 64, 3
LEARNING_RATE = 1e-5


# --- the network: attribute names are those on disk ---

class Unit(nn.Module):
    def __init__(self, inputs, outputs, kernel=1, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-3)

    def forward(self, x):
        return F.silu(self.bn(self.conv(x)))


class SplitUnit(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1):
        super().__init__()
        self.dconv = Unit(inputs, inputs, kernel, stride, inputs)
        self.pconv = Unit(inputs, outputs)

    def forward(self, x):
        return self.pconv(self.dconv(x))


class Residual(nn.Module):
    def __init__(self, channels, shortcut, wide):
        super().__init__()
        self.conv1, self.conv2, self.shortcut = Unit(channels, channels), wide(channels, channels, 3), shortcut

    def forward(self, x):
        y = self.conv2(self.conv1(x))
        return x + y if self.shortcut else y


class Csp(nn.Module):
    def __init__(self, inputs, outputs, depth, wide, shortcut):
        super().__init__()
        half = outputs // 2
        self.conv1, self.conv2, self.conv3 = Unit(inputs, half), Unit(inputs, half), Unit(2 * half, outputs)
        self.m = nn.Sequential(*[Residual(half, shortcut, wide) for _ in range(depth)])

    def forward(self, x):
        return self.conv3(torch.cat([self.m(self.conv1(x)), self.conv2(x)], 1))


class Pyramid(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1, self.conv2 = Unit(channels, channels // 2), Unit(channels // 2 * 4, channels)

    def forward(self, x):
        x = self.conv1(x)
        return self.conv2(torch.cat([x] + [F.max_pool2d(x, size, 1, size // 2) for size in (5, 9, 13)], 1))


class Focus(nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.conv = Unit(12, outputs, 3)

    def forward(self, x):
        quarters = [x[:, :, down::2, right::2] for right in (0, 1) for down in (0, 1)]
        return self.conv(torch.cat(quarters, 1))


class Darknet(nn.Module):
    def __init__(self, stem, depth, wide):
        super().__init__()
        self.stem = Focus(stem)
        for number, blocks in ((2, depth), (3, 3 * depth), (4, 3 * depth), (5, depth)):
            channels = stem << (number - 1)
            parts = [wide(channels // 2, channels, 3, 2)] + ([Pyramid(channels)] if number == 5 else [])
            setattr(self, f"dark{number}", nn.Sequential(*parts, Csp(channels, channels, blocks, wide, number != 5)))

    def forward(self, x):
        maps = [self.dark2(self.stem(x))]
        for stage in (self.dark3, self.dark4, self.dark5):
            maps.append(stage(maps[-1]))
        return maps[1:]


class Neck(nn.Module):
    def __init__(self, stem, depth, wide):
        super().__init__()
        c3, c4, c5 = stem * 4, stem * 8, stem * 16
        self.backbone = Darknet(stem, depth, wide)
        self.lateral_conv0, self.C3_p4 = Unit(c5, c4), Csp(2 * c4, c4, depth, wide, False)
        self.reduce_conv1, self.C3_p3 = Unit(c4, c3), Csp(2 * c3, c3, depth, wide, False)
        self.bu_conv2, self.C3_n3 = wide(c3, c3, 3, 2), Csp(2 * c3, c4, depth, wide, False)
        self.bu_conv1, self.C3_n4 = wide(c4, c4, 3, 2), Csp(2 * c4, c5, depth, wide, False)

    def forward(self, x):
        def double(t):
            return F.interpolate(t, scale_factor=2, mode="nearest")

        c3, c4, c5 = self.backbone(x)
        t5 = self.lateral_conv0(c5)
        t4 = self.reduce_conv1(self.C3_p4(torch.cat([double(t5), c4], 1)))
        n3 = self.C3_p3(torch.cat([double(t4), c3], 1))
        n4 = self.C3_n3(torch.cat([self.bu_conv2(n3), t4], 1))
        return n3, n4, self.C3_n4(torch.cat([self.bu_conv1(n4), t5], 1))


class Head(nn.Module):
    def __init__(self, stem, classes, wide):
        super().__init__()
        hidden = stem * 4

        def each(make):
            return nn.ModuleList(make(level) for level in range(3))

        self.stems = each(lambda level: Unit(hidden << level, hidden))
        self.cls_convs = each(lambda _: nn.Sequential(wide(hidden, hidden, 3), wide(hidden, hidden, 3)))
        self.reg_convs = each(lambda _: nn.Sequential(wide(hidden, hidden, 3), wide(hidden, hidden, 3)))
        self.cls_preds = each(lambda _: nn.Conv2d(hidden, classes, 1))
        self.reg_preds = each(lambda _: nn.Conv2d(hidden, 4, 1))
        self.obj_preds = each(lambda _: nn.Conv2d(hidden, 1, 1))

    def forward(self, maps):
        rows = []
        for k, x in enumerate(maps):
            x = self.stems[k](x)
            of_class, of_box = self.cls_convs[k](x), self.reg_convs[k](x)
            all_of = torch.cat([self.reg_preds[k](of_box), self.obj_preds[k](of_box), self.cls_preds[k](of_class)], 1)
            rows.append(all_of.flatten(2).transpose(1, 2))
        return torch.cat(rows, 1)


class Yolox(nn.Module):
    """Raw numbers, N x anchors x (4 of the box + 1 of objectness + classes)."""

    def __init__(self, stem, depth, classes, depthwise):
        super().__init__()
        wide = SplitUnit if depthwise else Unit
        self.backbone, self.head = Neck(stem, depth, wide), Head(stem, classes, wide)

    def forward(self, x):
        return self.head(self.backbone(x))


# --- boxes, assignment, losses ---

def anchors_of(side):
    """x, y (in strides) and stride of every anchor."""
    rows = []
    for stride in STRIDES:
        count = side // stride
        y, x = torch.meshgrid(torch.arange(count), torch.arange(count), indexing="ij")
        rows.append(torch.stack([x.flatten(), y.flatten(), torch.full((count * count,), stride)], 1))
    return torch.cat(rows).float()


def boxes_of(raw, anchors):
    """Centre x, y, width, height in pixels."""
    return torch.cat([(raw[..., :2] + anchors[:, :2]) * anchors[:, 2:], raw[..., 2:4].exp() * anchors[:, 2:]], -1)


def iou_of(a, b):
    """Of boxes by centre and size; broadcast."""
    low = torch.maximum(a[..., :2] - a[..., 2:] / 2, b[..., :2] - b[..., 2:] / 2)
    high = torch.minimum(a[..., :2] + a[..., 2:] / 2, b[..., :2] + b[..., 2:] / 2)
    common = (high - low).prod(-1) * (low < high).all(-1)
    return common / (a[..., 2:].prod(-1) + b[..., 2:].prod(-1) - common + 1e-16)


@torch.no_grad()
def assign(raw, truths, anchors):
    """SimOTA. truths: rows of label, centre x, y, width, height. Returns anchor numbers, box numbers, IoUs."""
    middles = (anchors[:, :2] + 0.5) * anchors[:, 2:]
    near = ((middles[None] - truths[:, None, 1:3]).abs() < 1.5 * anchors[None, :, 2:]).all(-1)
    candidates = near.any(0).nonzero()[:, 0]
    near, found = near[:, candidates], boxes_of(raw, anchors)[candidates]
    ious = iou_of(truths[:, None, 1:], found[None])
    p = (raw[candidates, 5:].sigmoid() * raw[candidates, 4:5].sigmoid()).sqrt()
    wanted = F.one_hot(truths[:, 0].long(), p.shape[1]).float()
    class_cost = F.binary_cross_entropy(p[None].expand(len(truths), -1, -1), wanted[:, None].expand(-1, len(p), -1),
                                        reduction="none").sum(-1)
    cost = class_cost - 3 * torch.log(ious + 1e-8) + 1e6 * ~near
    counts = ious.topk(min(10, len(candidates)), 1).values.sum(1).int().clamp(min=1)
    taken = torch.zeros_like(cost, dtype=torch.bool)
    for box, count in enumerate(counts.tolist()):
        taken[box, cost[box].topk(count, largest=False).indices] = True
    crowded = taken.sum(0) > 1
    taken[:, crowded] = F.one_hot(cost[:, crowded].argmin(0), len(truths)).T.bool()
    chosen = taken.any(0)
    boxes = taken[:, chosen].int().argmax(0)
    return candidates[chosen], boxes, ious[boxes, chosen.nonzero()[:, 0]]


def loss_of(outputs, truths, anchors):
    """Of a batch: 5 x IoU loss + objectness + classes, over the number of anchors that answer for a box."""
    total, count = outputs.new_zeros(()), 0
    for raw, own in zip(outputs, truths):
        objects = torch.zeros(len(raw))
        if len(own):
            rows, boxes, ious = assign(raw, own, anchors)
            objects[rows], count = 1, count + len(rows)
            wanted = F.one_hot(own[boxes, 0].long(), raw.shape[1] - 5) * ious[:, None]
            total = total + 5 * (1 - iou_of(boxes_of(raw, anchors)[rows], own[boxes, 1:]) ** 2).sum()
            total = total + F.binary_cross_entropy_with_logits(raw[rows, 5:], wanted, reduction="sum")
        total = total + F.binary_cross_entropy_with_logits(raw[:, 4], objects, reduction="sum")
    return total / max(1, count)


@torch.no_grad()
def find(raw, anchors, least=0.01, overlap=0.65, most=100, best_class=False):
    """Boxes of one picture, best first: x, y, width, height, label, score."""
    boxes = boxes_of(raw, anchors)
    scores = raw[:, 4:5].sigmoid() * raw[:, 5:].sigmoid()
    if best_class:
        scores = scores * F.one_hot(scores.argmax(1), scores.shape[1])
    found = sorted(((float(scores[a, c]), a, c) for a, c in (scores >= least).nonzero().tolist()), key=lambda f: -f[0])
    kept = []
    for score, a, c in found:
        if len(kept) < most and all(k[2] != c or iou_of(boxes[k[1]], boxes[a]) <= overlap for k in kept):
            kept.append((score, a, c))
    return [[*(boxes[a, :2] - boxes[a, 2:] / 2).tolist(), *boxes[a, 2:].tolist(), c, score] for score, a, c in kept]


# --- the files ---

def wave(count):
    return torch.sin(torch.arange(count, dtype=torch.float64) * 0.7).float()


def picture(count, side):
    return (wave(count * 3 * side * side) * 1.5).view(count, 3, side, side)


def spread(model, seed):
    """Weights as far from those at birth as trained ones are, and the statistics that they make, somewhat moved."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            random = torch.randn(tensor.shape, generator=generator)
            if tensor.dim() == 1:
                tensor.add_(random * 0.3)
            else:  # boxes are exponentials of what the last ones say: those stay small
                tensor.copy_(random * ((1.0 if "_preds" in name else 1.4) / tensor[0].numel() ** 0.5))
        hooks = [module.register_forward_pre_hook(lambda norm, inputs: settle(norm, inputs[0], generator))
                 for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
        model.eval()(picture(2, SIDE))
        for hook in hooks:
            hook.remove()
    return model


def settle(norm, x, generator):
    mean, deviation = x.mean((0, 2, 3)), x.std((0, 2, 3))
    norm.running_mean.copy_(mean + deviation * torch.randn(len(mean), generator=generator) * 0.2)
    norm.running_var.copy_((deviation ** 2 + 0.5) * (torch.rand(len(mean), generator=generator) + 0.5))


def random_truths(count, side, classes, generator, least=4.0):
    """label, centre x, y, width, height of boxes that lie in the picture."""
    sizes = least + torch.rand(count, 2, generator=generator) * side * 0.5
    low = torch.rand(count, 2, generator=generator) * (side - sizes)
    labels = torch.randint(classes, (count, 1), generator=generator).float()
    return torch.cat([labels, low + sizes / 2, sizes], 1)


# name -> stem channels, bottlenecks, depthwise, seed
NETS = {"nano": (2, 1, True, 4), "deep": (2, 2, False, 4)}


def tiny(name):
    stem, depth, depthwise, seed = NETS[name]
    torch.manual_seed(seed)
    return spread(Yolox(stem, depth, CLASSES, depthwise), seed)


def make_net(name):
    seed, model = NETS[name][-1], tiny(name)
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    if name == "nano":  # as upstream's trainer leaves it
        torch.save({"start_epoch": 3, "model": model.state_dict(), "optimizer": {}, "best_ap": 0.1}, folder / "weights.pth",
                   _use_new_zipfile_serialization=False)
    else:
        from safetensors.torch import save_file
        model.half().float()
        save_file({key: tensor.half() for key, tensor in model.state_dict().items()}, folder / "model.safetensors")
    generator = torch.Generator().manual_seed(seed)
    truths = [random_truths(count, SIDE, CLASSES, generator) for count in (3, 2)]
    pixels, anchors = picture(2, SIDE), anchors_of(SIDE)
    outputs = model(pixels)
    loss = loss_of(outputs, truths, anchors)
    loss.backward()
    outputs = outputs.detach()
    reference = {
        "side": SIDE, "outputs": outputs.tolist(), "truths": [own.tolist() for own in truths], "loss": loss.item(),
        "gradients": {key: [float(p.grad.norm()), float((p.grad.flatten() * wave(p.numel())).sum())]
                      for key, p in model.named_parameters()},
        "found": {kind: [find(raw, anchors, best_class=kind == "best_class") for raw in outputs]
                  for kind in ("multi_label", "best_class")},
    }
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = loss_of(model(pixels), truths, anchors)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    reference["losses"] = losses
    (folder / "reference.json").write_text(json.dumps(rounded(reference)) + "\n")
    print(name, sum(p.numel() for p in model.parameters()), "parameters, losses", [round(v, 3) for v in losses],
          "boxes", [len(found) for found in reference["found"]["multi_label"]])


def rounded(value):
    """Nine digits say a float32."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list) else value


def assign_case(side=128, classes=5, seed=9):
    """Random raw numbers; the first picture crowded, the second empty, the third with boxes of a pixel."""
    generator = torch.Generator().manual_seed(seed)
    anchors = anchors_of(side)
    truths = [random_truths(14, side, classes, generator), torch.zeros(0, 5), random_truths(4, side, classes, generator)]
    truths[2][:2, 3:] = 1
    outputs = torch.randn(3, len(anchors), 5 + classes, generator=generator)
    # Half of the anchors near the truth, or few would overlap any.
    for raw, own in zip(outputs, truths):
        for box in own:
            near = ((anchors[:, :2] + 0.5) * anchors[:, 2:] - box[1:3]).abs().amax(1) < 2 * anchors[:, 2]
            rows = near.nonzero()[:, 0]
            rows = rows[torch.rand(len(rows), generator=generator) < 0.5]
            exact = torch.cat([box[1:3] / anchors[rows, 2:] - anchors[rows, :2], (box[3:] / anchors[rows, 2:]).log()], 1)
            raw[rows, :4] = exact + 0.2 * torch.randn(len(rows), 4, generator=generator)
    return outputs, truths, anchors


def make_assign():
    from safetensors.torch import save_file
    outputs, truths, anchors = assign_case()
    outputs.requires_grad_()
    loss = loss_of(outputs, truths, anchors)
    loss.backward()
    loss = loss.detach()
    padded = torch.full((3, max(map(len, truths)), 5), -1.0)
    for i, own in enumerate(truths):
        padded[i, :len(own)] = own
    tensors = {"outputs": outputs.detach(), "targets": padded, "loss": loss.view(1), "gradient": outputs.grad}
    for i, own in enumerate(truths):
        if len(own):
            rows, boxes, ious = assign(outputs[i], own, anchors)
            tensors |= {f"anchors.{i}": rows, f"boxes.{i}": boxes, f"ious.{i}": ious}
    save_file(tensors, OUT / "assign.safetensors")
    print("assign", float(loss), {key: list(tensor.shape) for key, tensor in tensors.items()})


def letterboxed(photograph, side=416):
    """The whole picture at the top left on grey; red, green, blue, 0 .. 1 by ImageNet's mean and deviation."""
    import numpy
    from PIL import Image
    image = Image.open(photograph).convert("RGB")
    scale = min(side / image.width, side / image.height)
    small = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BILINEAR)
    whole = Image.new("RGB", (side, side), (114, 114, 114))
    whole.paste(small, (0, 0))
    pixels = torch.from_numpy(numpy.array(whole)).permute(2, 0, 1).float() / 255
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    return ((pixels - mean[:, None, None]) / std[:, None, None])[None]


def make_real(folder, photograph):
    from safetensors.torch import load_file
    model = Yolox(16, 1, 80, True)
    missing = model.load_state_dict(load_file(pathlib.Path(folder) / "model.safetensors"), strict=False)
    assert not missing.unexpected_keys and all("num_batches" in key for key in missing.missing_keys), missing
    model.eval()
    with torch.no_grad():
        outputs = model(picture(1, 416))[0]
        found = find(model(letterboxed(photograph))[0], anchors_of(416), least=0.05)
    reference = {"photograph": pathlib.Path(photograph).name, "every": 199, "outputs": outputs[::199].tolist(), "found": found}
    (OUT / "real.json").write_text(json.dumps(rounded(reference)) + "\n")
    print("real", len(outputs), outputs.abs().mean(), [[round(v, 2) for v in box] for box in found])


def check(checkout):
    """Ours against upstream's own code."""
    import types
    sys.path.insert(0, str(checkout))
    for name in ("yolox", "yolox.models"):
        package = types.ModuleType(name)
        package.__path__ = [str(pathlib.Path(checkout) / name.replace(".", "/"))]
        sys.modules[name] = package
    for name in ("torchvision", "loguru", "cv2"):  # named by upstream's files, not used by what is asked of them here
        sys.modules.setdefault(name, types.ModuleType(name))
    sys.modules["loguru"].logger = None
    boxes, compat = load(checkout, "yolox/utils/boxes.py"), load(checkout, "yolox/utils/compat.py")
    utils = types.ModuleType("yolox.utils")
    utils.bboxes_iou, utils.cxcywh2xyxy, utils.meshgrid = boxes.bboxes_iou, boxes.cxcywh2xyxy, compat.meshgrid
    utils.visualize_assign = None
    sys.modules["yolox.utils"] = utils
    from yolox.models.yolo_head import YOLOXHead
    from yolox.models.yolo_pafpn import YOLOPAFPN
    for name, (stem, depth, depthwise, seed) in NETS.items():
        ours = tiny(name)
        width, channels = stem / 64, [256, 512, 1024]
        theirs = nn.Module()
        theirs.backbone = YOLOPAFPN(depth / 3, width, in_channels=channels, depthwise=depthwise)
        theirs.head = YOLOXHead(CLASSES, width, in_channels=channels, depthwise=depthwise)
        for module in theirs.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps = 1e-3
        theirs.load_state_dict(ours.state_dict())
        theirs.eval()
        anchors, pixels = anchors_of(SIDE), picture(2, SIDE)
        raw = ours(pixels)
        expected = torch.cat([boxes_of(raw, anchors), raw[..., 4:].sigmoid()], -1)
        got = theirs.head(theirs.backbone(pixels))
        truths = [random_truths(3, SIDE, CLASSES, torch.Generator().manual_seed(seed + i)) for i in range(2)]
        theirs.head.training = True
        loss = theirs.head(theirs.backbone(pixels), torch.stack(truths), pixels)[0]
        print(name, "outputs differ by", float(((expected - got) / (1 + got.abs())).abs().max().detach()),
              "losses", float(loss_of(raw, truths, anchors).detach()), float(loss.detach()))
    check_assign(YOLOXHead)


def load(checkout, path):
    import importlib.util
    spec = importlib.util.spec_from_file_location(pathlib.Path(path).stem, pathlib.Path(checkout) / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check_assign(head_class):
    for seed in range(20):
        outputs, truths, anchors = assign_case(seed=seed)
        classes = outputs.shape[2] - 5
        head = head_class(classes, 1 / 32)
        boxes = torch.cat([boxes_of(outputs, anchors), outputs[..., 4:]], -1)
        labels = torch.zeros(3, max(map(len, truths)), 5)
        for i, own in enumerate(truths):
            labels[i, :len(own)] = own
        shifts = [anchors[None, :, 0]], [anchors[None, :, 1]], [anchors[None, :, 2]]
        loss = head.get_losses(None, *shifts, labels, boxes, [], outputs.dtype)[0]
        assert math.isclose(float(loss), float(loss_of(outputs, truths, anchors)), rel_tol=1e-5), seed
    print("losses of 20 random batches are upstream's")


def main():
    torch.set_num_threads(1)
    if sys.argv[1:2] == ["--real"]:
        make_real(sys.argv[2], sys.argv[3])
    elif sys.argv[1:2] == ["--check"]:
        check(sys.argv[2])
    else:
        for name in NETS:
            make_net(name)
        make_assign()


if __name__ == "__main__":
    main()
