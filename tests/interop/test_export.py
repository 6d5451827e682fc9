"""Networks of pictures as ONNX files: ONNX Runtime computes from them what the libraries computed whose files they were."""

import json
import pathlib

import pytest
import torch
from conftest import ROOT, from_apart, run, save_base
from safetensors.torch import load_file
from test_detection import paint

Image = pytest.importorskip("PIL.Image")
DATA = ROOT / "tests/data"
FOLDERS = sorted(path.parent for kind in ("conv", "convnext", "vit") for path in (DATA / kind).glob("*/reference.*"))


@pytest.fixture(scope="module")
def onnxruntime():
    return from_apart("onnxruntime")


def reference(folder):
    """Pixels and logits: stored, or for convolutional networks the wave that tools/make_conv_reference.py made."""
    if (folder / "reference.safetensors").exists():
        tensors = load_file(folder / "reference.safetensors")
        return tensors["pixels"], tensors["logits"]
    stored = json.loads((folder / "reference.json").read_text())
    side, logits = stored["side"], torch.tensor(stored["logits"])
    wave = (torch.arange(len(logits) * 3 * side * side, dtype=torch.float64) * 0.7).sin().float() * 1.5
    return wave.view(len(logits), 3, side, side), logits


def export(out, *arguments):
    run("export", "--out", out, *arguments)
    return out


def session(onnxruntime, file):
    return onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])


def answers(opened, pixels):
    return torch.from_numpy(opened.run(["logits"], {"pixels": pixels.contiguous().numpy()})[0])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_runtime_computes_the_same(folder, onnxruntime, tmp_path):
    pixels, logits = reference(folder)
    weights = folder / "weights.pth"
    size = ["--image-size", pixels.shape[-1]] if pixels.shape[-1] == pixels.shape[-2] else []
    file = export(tmp_path / "model.onnx", "--model", weights if weights.exists() else folder, *size)
    opened = session(onnxruntime, file)
    assert logits.std() > 1e-3, "the network says the same to everything: nothing is compared"
    limits = dict(rtol=1e-4, atol=1e-4 * max(1, logits.abs().max().item()))
    torch.testing.assert_close(answers(opened, pixels), logits, **limits)
    torch.testing.assert_close(answers(opened, pixels[:1]), logits[:1], **limits)  # the batch is free
    about = opened.get_modelmeta().custom_metadata_map
    assert len(json.loads(about["labels"])) == logits.shape[1]
    form = json.loads(about["input"])
    assert [form["height"], form["width"]] == list(pixels.shape[-2:])
    assert len(form["mean"]) == len(form["std"]) == 3


def wave(side):
    numbers = torch.arange(2 * 3 * side * side, dtype=torch.float64)
    return (numbers * 0.7).sin().float().mul(1.5).view(2, 3, side, side)


def grid(side, stride):
    """The places of a map, row by row: x, y."""
    return torch.tensor([[x, y] for y in range(side // stride) for x in range(side // stride)])


def corner_boxes(middle, size):
    return torch.cat([middle - size / 2, size], 2)


def yolox(folder):
    stored = json.loads((folder / "reference.json").read_text())
    side, raw = stored["side"], torch.tensor(stored["outputs"])
    strides = torch.cat([torch.full((len(grid(side, stride)), 1), stride) for stride in (8, 16, 32)])
    places = torch.cat([grid(side, stride) for stride in (8, 16, 32)])
    boxes = corner_boxes((raw[..., :2] + places) * strides, raw[..., 2:4].exp() * strides)
    return wave(side), boxes, raw[..., 4:5].sigmoid() * raw[..., 5:].sigmoid()


def fastestdet(folder):
    stored = json.loads((folder / "reference.json").read_text())
    side, raw = stored["side"], torch.tensor(stored["outputs"]).flatten(2).transpose(1, 2)
    boxes = corner_boxes((raw[..., 1:3].tanh() + grid(side, 16)) * 16, raw[..., 3:5].sigmoid() * side)
    return wave(side), boxes, raw[..., :1].sigmoid() ** 0.6 * raw[..., 5:].softmax(2) ** 0.4


def yolos(folder):
    stored = load_file(folder / "reference.safetensors")
    pixels, found = stored["pixels"], stored["pred_boxes"] * stored["pixels"].shape[-1]
    return pixels, corner_boxes(found[..., :2], found[..., 2:]), stored["logits"].softmax(2)[..., :-1]


DETECTORS = [(yolox, "nano"), (yolox, "deep"), (fastestdet, "tiny"), (yolos, "tiny"), (yolos, "mid")]


@pytest.mark.parametrize("family, name", DETECTORS, ids=lambda one: one if isinstance(one, str) else one.__name__)
def test_detectors_are_written_with_their_decoding(family, name, onnxruntime, tmp_path):
    folder = DATA / family.__name__ / name
    pixels, expected_boxes, expected_scores = family(folder)
    weights = folder / "weights.pth"
    file = export(tmp_path / "model.onnx", "--model", weights if weights.exists() else folder,
                  "--image-size", pixels.shape[-1])
    opened = session(onnxruntime, file)
    for count in (2, 1):  # the batch is free
        found = opened.run(["boxes", "scores"], {"pixels": pixels[:count].contiguous().numpy()})
        boxes, scores = (torch.from_numpy(one) for one in found)
        torch.testing.assert_close(boxes, expected_boxes[:count], rtol=1e-3, atol=1e-2)
        torch.testing.assert_close(scores, expected_scores[:count], rtol=1e-3, atol=1e-4)
    assert expected_scores.std() > 1e-4 and expected_boxes.std() > 1
    assert len(json.loads(opened.get_modelmeta().custom_metadata_map["labels"])) == scores.shape[2]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Of the network's own size, so that nothing is resized."""
    folder, generator = tmp_path_factory.mktemp("pictures"), torch.Generator().manual_seed(0)
    for split, count in (("train", 8), ("validation", 3)):
        for number, label in enumerate(["cat", "dog", "owl"]):
            (folder / split / label).mkdir(parents=True)
            for i in range(count):
                pixels = torch.randint(0, 200, (32, 32, 3), generator=generator)
                pixels[..., number] += 40
                Image.fromarray(pixels.to(torch.uint8).numpy()).save(folder / split / label / f"{i}.png")
    return folder


def prepared(file, form):
    """As the metadata says, for a picture of the right size."""
    pixels = torch.tensor(list(Image.open(file).convert("RGB").tobytes())).view(form["height"], form["width"], 3) / 255
    pixels = (pixels - torch.tensor(form["mean"])) / torch.tensor(form["std"])
    return pixels.permute(2, 0, 1).float()


@pytest.mark.parametrize("base, method", [("vit/vit", "lora"), ("conv/timm_b", "lora"), ("convnext/timm", "full")])
def test_a_run_is_exported_with_its_adapter_and_labels(base, method, pictures, onnxruntime, tmp_path):
    out = tmp_path / "run"
    run("train", "--model", DATA / base, "--data", pictures, "--out", out, f"method={method}", "max_steps=4",
        "precision=fp32", "learning_rate=1e-3", "eval_strategy=no", "augment=none", "image_size=32", "crop_pct=1")
    opened = session(onnxruntime, export(tmp_path / "model.onnx", "--model", out))
    about = opened.get_modelmeta().custom_metadata_map
    labels, form = json.loads(about["labels"]), json.loads(about["input"])
    assert labels == ["cat", "dog", "owl"]
    lines = [json.loads(line) for line in
             run("predict", "--model", out, "--data", pictures / "validation").stdout.splitlines()]
    ours = torch.tensor([[line["scores"][label] for label in labels] for line in lines]).log()
    theirs = answers(opened, torch.stack([prepared(pathlib.Path(line["file"]), form) for line in lines]))
    torch.testing.assert_close(theirs.log_softmax(-1).clamp(min=-20), ours.clamp(min=-20), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("base, method", [("yolox/nano/weights.pth", "incremental"), ("fastestdet/tiny/weights.pth", "incremental"),
                                          ("conv/timm_resnet", "head")])
def test_what_training_made_of_detectors_is_written_with_its_decoding(base, method, onnxruntime, tmp_path):
    """Added classes beside the old ones, and a detector on a classifier: each box that strop finds is among the file's."""
    side = 64
    scenes, out = paint(tmp_path / "scenes", side), tmp_path / "run"
    run("train", "--task", "object-detection", "--model", DATA / base, "--data", scenes, "--out", out, f"method={method}", "save=full",
        "max_steps=4", "precision=fp32", "learning_rate=1e-3", "eval_strategy=no", "augment=none", f"image_size={side}", "mean=0.5",
        "std=0.5")  # levels of 0 .. 255 are too much for a chance network
    opened = session(onnxruntime, export(tmp_path / "model.onnx", "--model", out))
    about = opened.get_modelmeta().custom_metadata_map
    labels, form = json.loads(about["labels"]), json.loads(about["input"])
    parts = sorted({one.name.partition(".")[2] for one in opened.get_outputs()})
    assert parts == (["", "0"] if method == "incremental" else [""])
    found = json.loads(run("predict", "--model", out, "--data", scenes / "val", "conf=0", "nms_iou=1", "max_det=1000").stdout)
    assert {one["category_name"] for one in found} == set(labels)
    for file in {one["file"] for one in found}:
        pixels = prepared(scenes / "val" / pathlib.Path(file).name, {**form, "mean": [0] * 3, "std": [1] * 3})
        if form["channel_order"] == "bgr":
            pixels = pixels.flip(0)
        pixels = (pixels - torch.tensor(form["mean"]).view(3, 1, 1)) / torch.tensor(form["std"]).view(3, 1, 1)
        rows, first = {}, 0
        for part in parts:
            ending = f".{part}" if part else ""
            boxes, scores = (torch.from_numpy(one)[0] for one in opened.run([f"boxes{ending}", f"scores{ending}"],
                                                                            {"pixels": pixels[None].contiguous().numpy()}))
            low, high = boxes[:, :2].clamp(0, side), (boxes[:, :2] + boxes[:, 2:]).clamp(0, side)
            for label in range(scores.shape[1]):
                rows[labels[first + label]] = torch.cat([low, high - low, 1e4 * scores[:, label:label + 1]], 1)
            first += scores.shape[1]
        assert first == len(labels)
        own = [one for one in found if one["file"] == file]
        assert len(own) > 20
        for one in own:
            answer = torch.tensor([*one["bbox"], 1e4 * one["score"]])  # a chance network's largest boxes are rounded to half a pixel
            assert (rows[one["category_name"]] - answer).abs().amax(1).min() < 1, one


def test_what_can_not_be_exported_is_said(tokenizer, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    texts = save_base(tmp_path / "texts", tokenizer, "classifier")
    told = run("export", "--model", texts, "--out", out / "text.onnx", expect=4)
    assert "a model of family bert can't be exported to ONNX yet" in told.stderr
    told = run("export", "--model", DATA / "vit/vit", "--out", out, expect=2)
    assert "expected one for the network" in told.stderr
    assert list(out.iterdir()) == []
