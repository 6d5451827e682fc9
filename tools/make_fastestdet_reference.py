"""Makes tests/data/fastestdet: a tiny random FastestDet in upstream's file form, and what a plain PyTorch one computes.

    python tools/make_fastestdet_reference.py                  (torch)
    python tools/make_fastestdet_reference.py --real FILE      (upstream's weights, .pth)
    python tools/make_fastestdet_reference.py --check FOLDER   (holds all this against upstream's own code, a checkout of
                                                                dog-qiuqiu/FastestDet, and its weights in it)

tiny/weights.pth      the network
tiny/reference.json   outputs: raw numbers of picture(2, side); truths; loss; gradients of it, for each tensor its norm and
                      its product with wave(numel); losses: of ten steps of SGD; found: boxes (x, y, width, height, label,
                      score) of each picture, multi_label and best_class
loss.safetensors      random raw numbers and truths (a crowd, none, border places, two boxes on one place); the loss of the
                      batch and its gradient
real.json             of upstream's weights: some raw numbers of picture(1, 352) and the boxes that they are
"""

import json
import math
import pathlib
import sys

import torch
from make_yolox_reference import iou_of, picture, random_truths, rounded, settle, wave
from torch import nn
from torch.nn import functional as F

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "fastestdet"
SIDE, CLASSES, CELL = 96, 3, 16
TINY = {"stem": 8, "channels": (16, 24, 32), "repeats": (2, 3, 2)}
RELEASED = {"stem": 24, "channels": (48, 96, 192), "repeats": (4, 8, 4)}


# --- the network: attribute names are those on disk ---

def unit(inputs, outputs, kernel=1, stride=1, groups=1, act=True):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]
    return layers + [nn.ReLU()] if act else layers


class Shuffle(nn.Module):
    def __init__(self, inputs, outputs, middle, stride):
        super().__init__()
        self.branch_main = nn.Sequential(*unit(inputs, middle), *unit(middle, middle, 3, stride, middle, act=False),
                                         *unit(middle, outputs - inputs))
        if stride == 2:
            self.branch_proj = nn.Sequential(*unit(inputs, inputs, 3, stride, inputs, act=False), *unit(inputs, inputs))
        self.stride = stride

    def forward(self, x):
        if self.stride == 2:
            return torch.cat([self.branch_proj(x), self.branch_main(x)], 1)
        return torch.cat([x[:, ::2], self.branch_main(x[:, 1::2])], 1)


class Backbone(nn.Module):
    def __init__(self, stem, channels, repeats):
        super().__init__()
        self.first_conv, inputs = nn.Sequential(*unit(3, stem, 3, 2)), stem
        for number, (width, count) in enumerate(zip(channels, repeats)):
            blocks = [Shuffle(inputs, width, width // 2, 2)]
            blocks += [Shuffle(width // 2, width, width // 2, 1) for _ in range(count - 1)]
            setattr(self, f"stage{number + 2}", nn.Sequential(*blocks))
            inputs = width

    def forward(self, x):
        x = F.max_pool2d(self.first_conv(x), 3, 2, 1)
        maps = []
        for stage in (self.stage2, self.stage3, self.stage4):
            x = stage(x)
            maps.append(x)
        return maps


class Narrow(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1x1 = nn.Sequential(*unit(inputs, outputs))

    def forward(self, x):
        return self.conv1x1(x)


class Pyramid(nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        self.Conv1x1 = Narrow(inputs, width)
        for depth in (1, 2, 3):
            setattr(self, f"S{depth}", nn.Sequential(*sum([unit(width, width, 5, 1, width) for _ in range(depth)], [])))
        self.output = nn.Sequential(*unit(3 * width, width, act=False))

    def forward(self, x):
        x = self.Conv1x1(x)
        return F.relu(x + self.output(torch.cat([self.S1(x), self.S2(x), self.S3(x)], 1)))


class Answer(nn.Module):
    def __init__(self, width, outputs):
        super().__init__()
        self.conv5x5 = nn.Sequential(*unit(width, width, 5, 1, width), *unit(width, outputs, act=False))

    def forward(self, x):
        return self.conv5x5(x)


class Head(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.conv1x1 = Narrow(width, width)
        self.obj_layers, self.reg_layers, self.cls_layers = Answer(width, 1), Answer(width, 4), Answer(width, classes)

    def forward(self, x):
        x = self.conv1x1(x)
        return torch.cat([self.obj_layers(x), self.reg_layers(x), self.cls_layers(x)], 1)


class FastestDet(nn.Module):
    """Raw numbers, N x (1 of objectness + 4 of the box + classes) x H x W."""

    def __init__(self, stem, channels, repeats, classes):
        super().__init__()
        self.backbone = Backbone(stem, channels, repeats)
        self.SPP, self.detect_head = Pyramid(sum(channels), channels[1]), Head(channels[1], classes)

    def forward(self, x):
        fine, middle, coarse = self.backbone(x)
        joined = [F.avg_pool2d(fine, 3, 2, 1), middle, F.interpolate(coarse, scale_factor=2, mode="nearest")]
        return self.detect_head(self.SPP(torch.cat(joined, 1)))


# --- boxes and losses ---

def boxes_of(raw, x, y, width, height):
    """Centre x, y, width, height in places, from rows of raw numbers at the places x, y."""
    return torch.stack([raw[:, 1].tanh() + x, raw[:, 2].tanh() + y, raw[:, 3].sigmoid() * width, raw[:, 4].sigmoid() * height], 1)


def siou_of(a, b):
    """Overlap less half of what angle, distance and shape cost (arXiv 2205.12740, as upstream has it)."""
    low = torch.minimum(a[:, :2] - a[:, 2:] / 2, b[:, :2] - b[:, 2:] / 2)
    high = torch.maximum(a[:, :2] + a[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2)
    apart = b[:, :2] - a[:, :2]
    sine = (apart.abs() / apart.norm(dim=1, keepdim=True)).amin(1)
    angle = torch.sin(2 * torch.arcsin(sine))
    distance = sum(1 - torch.exp((angle - 2) * (apart[:, i] / (high - low)[:, i]) ** 2) for i in (0, 1))
    shape = sum((1 - torch.exp(-(a[:, i] - b[:, i]).abs() / torch.maximum(a[:, i], b[:, i]))) ** 4 for i in (2, 3))
    return iou_of(a, b) - (distance + shape) / 2


def loss_of(outputs, truths):
    """Of a batch. truths: of each picture rows of label, centre x, y, width, height in pixels."""
    samples, _, height, width = outputs.shape
    raw = outputs.permute(0, 2, 3, 1).reshape(-1, outputs.shape[1])
    wanted, weights = torch.zeros(len(raw)), torch.full((len(raw),), 0.75)
    asked = [(i, box) for i, own in enumerate(truths) for box in own]
    places = []
    for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
        for i, box in asked:
            x, y = int(box[1] / CELL) + right, int(box[2] / CELL) + down
            if 1 <= x < width and 1 <= y < height:
                places.append((i, x, y, box))
    loss = 0
    if places:
        sample, x, y = (torch.tensor([place[k] for place in places]) for k in (0, 1, 2))
        rows, boxes = (sample * height + y) * width + x, torch.stack([place[3] for place in places])
        ious = siou_of(boxes_of(raw[rows], x, y, width, height), boxes[:, 1:] / CELL)
        better = (ious > ious.mean()).nonzero()[:, 0]
        if len(better):
            rows, ious, sample = rows[better], ious[better], sample[better]
            loss = 8 * (1 - ious).mean() + F.nll_loss(raw[rows, 5:].log_softmax(1), boxes[better, 0].long())
            wanted = wanted.index_put((rows,), ious)
            weights[rows] = 0.25 * height * width / torch.bincount(sample, minlength=samples)[sample]
    return loss + 16 * (F.smooth_l1_loss(raw[:, 0].sigmoid(), wanted, reduction="none") * weights).mean()


@torch.no_grad()
def find(raw, least=0.01, overlap=0.65, most=100, best_class=False):
    """Boxes of one picture, best first: x, y, width, height, label, score."""
    _, height, width = raw.shape
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    rows = raw.flatten(1).T
    boxes = boxes_of(rows, x.flatten(), y.flatten(), width, height) * CELL
    shares = rows[:, 5:].softmax(1)
    scores = rows[:, :1].sigmoid() ** 0.6 * shares ** 0.4
    if best_class:
        scores = scores * F.one_hot(shares.argmax(1), shares.shape[1])
    found = sorted(((float(scores[p, c]), p, c) for p, c in (scores >= least).nonzero().tolist()), key=lambda f: -f[0])
    kept = []
    for score, p, c in found:
        if len(kept) < most and all(k[2] != c or iou_of(boxes[k[1]], boxes[p]) <= overlap for k in kept):
            kept.append((score, p, c))
    return [[*(boxes[p, :2] - boxes[p, 2:] / 2).tolist(), *boxes[p, 2:].tolist(), c, score] for score, p, c in kept]


# --- the files ---

def spread(model, seed):
    """Weights as far from those at birth as trained ones are, and the statistics that they make, somewhat moved."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in model.parameters():
            random = torch.randn(tensor.shape, generator=generator)
            if tensor.dim() == 1:
                tensor.add_(random * 0.3)
            else:
                tensor.copy_(random / tensor[0].numel() ** 0.5)
        hooks = [module.register_forward_pre_hook(lambda norm, inputs: settle(norm, inputs[0], generator))
                 for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
        model.eval()(picture(2, SIDE))
        for hook in hooks:
            hook.remove()
    return model


def make_tiny(seed=3):
    model = spread(FastestDet(**TINY, classes=CLASSES), seed)
    (OUT / "tiny").mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), OUT / "tiny" / "weights.pth")
    generator = torch.Generator().manual_seed(seed)
    truths = [random_truths(count, SIDE, CLASSES, generator) for count in (3, 2)]
    pixels = picture(2, SIDE)
    outputs = model(pixels)
    loss = loss_of(outputs, truths)
    loss.backward()
    reference = {
        "side": SIDE, "outputs": outputs.tolist(), "truths": [own.tolist() for own in truths], "loss": float(loss.detach()),
        "gradients": {key: [float(p.grad.norm()), float((p.grad.flatten() * wave(p.numel())).sum())]
                      for key, p in model.named_parameters()},
        "found": {kind: [find(raw, best_class=kind == "best_class") for raw in outputs]
                  for kind in ("multi_label", "best_class")},
    }
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = loss_of(model(pixels), truths)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    reference["losses"] = losses
    (OUT / "tiny" / "reference.json").write_text(json.dumps(rounded(reference)) + "\n")
    print("tiny", sum(p.numel() for p in model.parameters()), "parameters, losses", [round(v, 3) for v in losses],
          "boxes", [len(found) for found in reference["found"]["multi_label"]])


def loss_case(side=224, classes=5, seed=9):
    """Random raw numbers; the first picture crowded, the second empty, the third with boxes at the border and of a pixel."""
    generator = torch.Generator().manual_seed(seed)
    outputs = torch.randn(3, 5 + classes, side // CELL, side // CELL, generator=generator)
    truths = [random_truths(14, side, classes, generator), torch.zeros(0, 5), random_truths(5, side, classes, generator)]
    truths[0][1, 1:3] = truths[0][0, 1:3] + 1  # two boxes on one place
    truths[2][0, 1:3], truths[2][1, 1:3] = 3.0, side - 3.0
    truths[2][2, 3:] = 1
    return outputs, truths


def make_loss():
    from safetensors.torch import save_file
    outputs, truths = loss_case()
    outputs.requires_grad_()
    loss = loss_of(outputs, truths)
    loss.backward()
    padded = torch.full((3, max(map(len, truths)), 5), -1.0)
    for i, own in enumerate(truths):
        padded[i, :len(own)] = own
    save_file({"outputs": outputs.detach(), "targets": padded, "loss": loss.detach().view(1), "gradient": outputs.grad},
              OUT / "loss.safetensors")
    print("loss", float(loss.detach()))


def make_real(file):
    model = FastestDet(**RELEASED, classes=80)
    model.load_state_dict(torch.load(file, weights_only=True, map_location="cpu"))
    with torch.no_grad():
        outputs = model.eval()(picture(1, 352))[0]
    reference = {"every": 53, "outputs": outputs.flatten()[::53].tolist(), "found": find(outputs, least=0.1)}
    (OUT / "real.json").write_text(json.dumps(rounded(reference)) + "\n")
    print("real", tuple(outputs.shape), float(outputs.abs().mean()), len(reference["found"]), reference["found"][:2])


def check(checkout):
    """Ours against upstream's own code: outputs of its weights, boxes, losses and their gradients."""
    sys.path.insert(0, str(checkout))
    from module.detector import Detector
    from module.loss import DetectorLoss
    weights = next(pathlib.Path(checkout).glob("weights/*.pth"))
    ours, theirs = FastestDet(**RELEASED, classes=80), Detector(80, True)
    for model in (ours, theirs):
        model.load_state_dict(torch.load(weights, weights_only=True, map_location="cpu"))
        model.eval()
    raw, got = ours(picture(2, 352)), theirs(picture(2, 352))
    expected = torch.cat([raw[:, :1].sigmoid(), raw[:, 1:5], raw[:, 5:].softmax(1)], 1)
    print("outputs differ by", float((expected - got).abs().max().detach()))
    for seed in range(20):
        outputs, truths = loss_case(seed=seed)
        mine, other = outputs.clone().requires_grad_(), outputs.clone().requires_grad_()
        loss = loss_of(mine, truths)
        loss.backward()
        side = outputs.shape[2] * CELL
        targets = torch.cat([torch.cat([torch.full((len(own), 1), float(i)), own[:, :1], own[:, 1:] / side], 1)
                             for i, own in enumerate(truths)])
        said = torch.cat([other[:, :1].sigmoid(), other[:, 1:5], other[:, 5:].softmax(1)], 1)
        upstream = DetectorLoss(torch.device("cpu"))(said, targets)[3]
        upstream.sum().backward()
        assert math.isclose(float(loss.detach()), float(upstream.detach()), rel_tol=1e-5), seed
        assert (mine.grad - other.grad).abs().max() < 1e-5 * other.grad.abs().max(), seed
    print("losses of 20 random batches and their gradients are upstream's")


def main():
    torch.set_num_threads(1)
    if sys.argv[1:2] == ["--real"]:
        make_real(sys.argv[2])
    elif sys.argv[1:2] == ["--check"]:
        check(sys.argv[2])
    else:
        make_tiny()
        make_loss()


if __name__ == "__main__":
    main()
