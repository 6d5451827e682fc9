"""The peer of `make bench` for boxes: YOLOX-Nano in PyTorch (tools/make_yolox_reference.py, equal to upstream's), as JSON.

    python bench/peer_detect.py --job step --weights model.safetensors --data BCCD --train full --norms train
    python bench/peer_detect.py --job branch --weights model.safetensors --data BCCD --layout channels_last --precision bf16
    python bench/peer_detect.py --job predict --weights model.safetensors --data BCCD

Jobs: step (forward, loss with its assignment, backward and SGD of a batch that is made before the clock starts), branch
(the same where all is frozen but a second head, for the classes of the data, on the frozen stems), predict (by ONNX Runtime
in fp32: from the picture's file to its boxes, decoded and suppressed by numpy as upstream's demo does, picture by picture).
Trained in step: full, or head (backbone and neck frozen and in evaluation mode). --norms: train (batch norms in training
mode, as upstream's trainer runs them) or frozen.

Printed: images_per_second (of the median batch; predict: of the mean picture), boxes (predict: of a picture), total_seconds,
peak_rss.
"""

import argparse
import contextlib
import copy
import math
import pathlib
import sys
import tempfile
import time
import xml.etree.ElementTree

from peer_image import median_rate
from peer_text import report

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))
SIDE = 416
LEAST, OVERLAP, MOST = 0.01, 0.65, 100


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--job", choices=["step", "branch", "predict"], required=True)
    parser.add_argument("--weights", required=True, help="YOLOX-Nano of COCO under upstream's names")
    parser.add_argument("--data", required=True, help="a folder as Pascal VOC lays it out")
    parser.add_argument("--train", choices=["full", "head"], default="full")
    parser.add_argument("--norms", choices=["train", "frozen"], default="frozen")
    parser.add_argument("--layout", choices=["contiguous", "channels_last"], default="contiguous")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--pictures", type=int, default=200)
    return parser.parse_args()


def load_model(args):
    from make_yolox_reference import Yolox
    from safetensors.torch import load_file

    model = Yolox(16, 1, 80, True)
    missing = model.load_state_dict(load_file(args.weights), strict=False)
    assert not missing.unexpected_keys and all("num_batches" in key for key in missing.missing_keys), missing
    return model


def for_classes(head, count):
    """The head with fresh rows for so many classes."""
    import torch

    for k, old in enumerate(head.cls_preds):
        head.cls_preds[k] = torch.nn.Conv2d(old.in_channels, count, 1)
        torch.nn.init.constant_(head.cls_preds[k].bias, -math.log(99))
    return head


def names_of(args, split):
    return [line.split()[0] for line in (pathlib.Path(args.data) / "ImageSets/Main" / f"{split}.txt").read_text().splitlines() if line]


def training_batch(args):
    """The first pictures of the training split as the network's inputs, and their boxes: label, centre, size."""
    import torch
    from make_yolox_reference import letterboxed

    folder, labels, pixels, truths = pathlib.Path(args.data), {}, [], []
    for name in names_of(args, "train")[:args.batch]:
        root = xml.etree.ElementTree.parse(folder / "Annotations" / f"{name}.xml").getroot()
        width, height = (float(root.find(f"size/{side}").text) for side in ("width", "height"))
        scale, rows = min(SIDE / width, SIDE / height), []
        for box in root.iter("object"):
            left, top, right, bottom = (float(box.find(f"bndbox/{side}").text) * scale for side in ("xmin", "ymin", "xmax", "ymax"))
            if right > left and bottom > top:
                label = labels.setdefault(box.find("name").text, len(labels))
                rows.append([label, (left + right) / 2, (top + bottom) / 2, right - left, bottom - top])
        pixels.append(letterboxed(folder / "JPEGImages" / f"{name}.jpg", SIDE))
        truths.append(torch.tensor(rows).view(-1, 5))
    return torch.cat(pixels), truths, len(labels)


def train_rate(args, model, trained, forward):
    """`forward`: pixels to raw numbers, in which `trained` has its part."""
    import torch
    from make_yolox_reference import anchors_of, loss_of

    pixels, truths, _ = args.batch_made
    pixels = pixels.contiguous(memory_format=memory_format(args))
    model.to(memory_format=memory_format(args))
    anchors = anchors_of(SIDE)
    optimizer = torch.optim.SGD([p for p in trained.parameters() if p.requires_grad], lr=1e-5, momentum=0.9, nesterov=True, weight_decay=5e-4)

    def once():
        with torch.autocast("cpu", torch.bfloat16, enabled=args.precision == "bf16"):
            outputs = forward(pixels)
        loss_of(outputs.float(), truths, anchors).backward()
        optimizer.step()
        optimizer.zero_grad()

    return median_rate(args, once)


def memory_format(args):
    import torch

    return torch.channels_last if args.layout == "channels_last" else torch.contiguous_format


def step_job(args):
    import torch

    args.batch_made = training_batch(args)
    model = load_model(args)
    for_classes(model.head, args.batch_made[2])
    model.train(args.norms == "train")
    if args.train == "full":
        return train_rate(args, model, model, model)
    model.backbone.eval().requires_grad_(False)

    def forward(pixels):
        with torch.no_grad():
            maps = model.backbone(pixels)
        return model.head(maps)

    return train_rate(args, model, model.head, forward)


def branch_job(args):
    import torch

    args.batch_made = training_batch(args)
    model = load_model(args).eval().requires_grad_(False)
    branch = for_classes(copy.deepcopy(model.head), args.batch_made[2]).requires_grad_(True)
    branch.stems.requires_grad_(False)
    branch.train(args.norms == "train")
    branch.stems.eval()
    whole = torch.nn.ModuleList([model, branch])

    def forward(pixels):
        with torch.no_grad():
            maps = model.backbone(pixels)
        return branch(maps)

    return train_rate(args, whole, branch, forward)


# --- one picture to its boxes, without PyTorch ---

def read_picture(file):
    import numpy
    from PIL import Image

    image = Image.open(file).convert("RGB")
    scale = min(SIDE / image.width, SIDE / image.height)
    small = numpy.asarray(image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BILINEAR))
    whole = numpy.full((SIDE, SIDE, 3), 114, dtype=numpy.uint8)
    whole[:small.shape[0], :small.shape[1]] = small
    mean, deviation = numpy.float32([0.485, 0.456, 0.406]), numpy.float32([0.229, 0.224, 0.225])
    pixels = (whole.astype(numpy.float32) / 255 - mean) / deviation
    return numpy.ascontiguousarray(pixels.transpose(2, 0, 1)[None]), scale


def suppressed(boxes, scores):
    """Of one class: the places of the boxes that stay, best first."""
    import numpy

    left, top, right, bottom = boxes.T
    areas, order, kept = (right - left) * (bottom - top), scores.argsort()[::-1], []
    while order.size:
        best, others = order[0], order[1:]
        kept.append(best)
        width = numpy.maximum(0, numpy.minimum(right[best], right[others]) - numpy.maximum(left[best], left[others]))
        height = numpy.maximum(0, numpy.minimum(bottom[best], bottom[others]) - numpy.maximum(top[best], top[others]))
        common = width * height
        order = others[common / (areas[best] + areas[others] - common) <= OVERLAP]
    return kept


def boxes_of(raw, anchors, scale):
    """Of every class above the least score: left, top, right, bottom, score, class."""
    import numpy

    scores = 1 / (1 + numpy.exp(-raw[:, 4:]))
    scores = scores[:, :1] * scores[:, 1:]
    near = scores.max(1) >= LEAST
    raw, anchors, scores = raw[near], anchors[near], scores[near]
    middle, half = (raw[:, :2] + anchors[:, :2]) * anchors[:, 2:], numpy.exp(raw[:, 2:4]) * anchors[:, 2:] / 2
    boxes, found = numpy.concatenate([middle - half, middle + half], 1) / scale, []
    for label in numpy.unique(numpy.nonzero(scores >= LEAST)[1]):
        own = scores[:, label] >= LEAST
        kept = suppressed(boxes[own], scores[own, label])
        found += [[*boxes[own][k], scores[own, label][k], label] for k in kept]
    return sorted(found, key=lambda one: -one[4])[:MOST]


def predict_job(args):
    import onnxruntime
    import torch
    from make_yolox_reference import anchors_of

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        torch.onnx.export(load_model(args).eval(), (torch.zeros(1, 3, SIDE, SIDE),), file.name, input_names=["pixels"], dynamo=False)
        session = onnxruntime.InferenceSession(file.name, options)
    anchors = anchors_of(SIDE).numpy()
    files = sorted((pathlib.Path(args.data) / "JPEGImages").glob("*.jpg"))[:args.pictures]

    def answer(file):
        pixels, scale = read_picture(file)
        return boxes_of(session.run(None, {"pixels": pixels})[0][0], anchors, scale)

    for file in files[:10]:
        answer(file)
    began = time.perf_counter()
    boxes = sum(len(answer(file)) for file in files)
    return {"images_per_second": len(files) / (time.perf_counter() - began), "boxes": boxes / len(files)}


def main():
    args = arguments()
    sys.stdout, out = sys.stderr, sys.stdout  # libraries print; stdout is for the one JSON object
    import torch

    torch.manual_seed(0)
    result = {"step": step_job, "branch": branch_job, "predict": predict_job}[args.job](args)
    with contextlib.suppress(AttributeError):
        del args.batch_made
    report(args, result, out)


if __name__ == "__main__":
    main()
