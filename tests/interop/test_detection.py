"""Detectors of Transformers (YOLOS): their models in strop, and what strop trained of them in Transformers and PEFT."""

import json
import warnings

import numpy
import pytest
import torch
from conftest import run
from peft import PeftModel
from PIL import Image
from safetensors.torch import load_file
from transformers import AutoModelForObjectDetection, YolosConfig, YolosForObjectDetection

NAMES = ["cat", "dog", "owl"]
IDS = [3, 7, 9]  # COCO's numbers of them
SIZE, LARGE, QUERIES = 48, 64, 6
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
SHAPE = dict(hidden_size=32, num_hidden_layers=3, num_attention_heads=4, intermediate_size=48, image_size=[40, 64], patch_size=8,
             num_detection_tokens=QUERIES, id2label=dict(enumerate(NAMES)), label2id={name: i for i, name in enumerate(NAMES)})
KINDS = {"plain": dict(use_mid_position_embeddings=False), "mid": dict(use_mid_position_embeddings=True)}
FORM = {"image_processor_type": "YolosImageProcessor", "format": "coco_detection", "do_resize": True, "resample": 2,
        "size": {"shortest_edge": SIZE, "longest_edge": 2 * SIZE}, "do_rescale": True, "rescale_factor": 1 / 255,
        "do_normalize": True, "image_mean": MEAN, "image_std": STD}


@pytest.fixture(scope="module", params=KINDS)
def base(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    torch.manual_seed(0)
    model = YolosForObjectDetection(YolosConfig(**SHAPE, **KINDS[request.param]))
    with torch.no_grad():  # the usual start is so near zero that wrong layers would go unseen
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.15)
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(FORM))
    return folder


def paint(folder, size):
    """Noise with a bright box on each picture, of the size that the network sees, so that nothing is resized; COCO's form."""
    generator = numpy.random.default_rng(size)
    for split, count in (("train", 12), ("val", 4)):
        (folder / split).mkdir(parents=True)
        images, boxes = [], []
        for i in range(count):
            pixels = generator.integers(0, 120, (size, size, 3))
            x, y, width, height = (int(value) for value in (*generator.integers(0, size // 2, 2), *generator.integers(8, size // 2, 2)))
            pixels[y:y + height, x:x + width, i % 3] += 130
            Image.fromarray(pixels.astype(numpy.uint8)).save(folder / split / f"{i}.png")
            images.append({"id": i + 1, "file_name": f"{i}.png", "width": size, "height": size})
            boxes.append({"id": i + 1, "image_id": i + 1, "category_id": IDS[i % 3], "bbox": [x, y, width, height],
                          "area": width * height, "iscrowd": 0})
        categories = [{"id": number, "name": name} for number, name in zip(IDS, NAMES)]
        (folder / f"instances_{split}.json").write_text(json.dumps(
            {"images": images, "annotations": boxes, "categories": categories}))
    return folder


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    return paint(tmp_path_factory.mktemp("scenes"), SIZE)


@pytest.fixture(scope="module")
def large_scenes(tmp_path_factory):
    return paint(tmp_path_factory.mktemp("large"), LARGE)


def ours(scenes, model, *more):
    """Of each picture, by falling score: rows of x, y, width, height, score; and the names."""
    done = run("predict", "--model", model, "--data", scenes / "val", "conf=0", "nms_iou=1", "max_det=1000", *more)
    found = {}
    for one in json.loads(done.stdout):
        found.setdefault(one["file"].rsplit("/")[-1], []).append((one["score"], *one["bbox"], one["category_name"]))
    result = []
    for file in sorted(found):
        rows = sorted(found[file], reverse=True)
        result.append((torch.tensor([[*row[1:5], row[0]] for row in rows]), [row[5] for row in rows]))
    return result


def theirs(scenes, model, names=NAMES):
    """The same by Transformers: every class but "nothing" of every query is a box."""
    result = []
    for file in sorted((scenes / "val").glob("*.png")):
        pixels = torch.from_numpy(numpy.array(Image.open(file).convert("RGB"))).permute(2, 0, 1).float() / 255
        pixels = (pixels - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)
        with torch.no_grad():
            answer = model.eval()(pixels[None])
        side = pixels.shape[1]
        centre, sides = answer.pred_boxes[0, :, :2] * side, answer.pred_boxes[0, :, 2:] * side
        low, high = (centre - sides / 2).clamp(0, side), (centre + sides / 2).clamp(0, side)
        scores = answer.logits[0].softmax(-1)[:, :-1]
        rows = [(float(scores[query, label]), *torch.cat([low, high - low], 1)[query].tolist(), names[label])
                for query in range(scores.shape[0]) for label in range(scores.shape[1])]
        rows.sort(reverse=True)
        result.append((torch.tensor([[*row[1:5], row[0]] for row in rows]), [row[5] for row in rows]))
    return result


def assert_same_boxes(found, expected):
    assert len(found) == len(expected) > 1
    assert (expected[0][0] - expected[1][0]).abs().max() > 1e-2, "the same for every picture: nothing is compared"
    for (rows, names), (other, other_names) in zip(found, expected):
        assert names == other_names
        torch.testing.assert_close(rows[:, 4], other[:, 4], rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(rows[:, :4], other[:, :4], rtol=0, atol=2e-3)  # printed to a thousandth of a pixel


def train(base, scenes, out, *settings):
    run("train", "--model", base, "--data", scenes, "--out", out, "max_steps=4", "precision=fp32", "learning_rate=1e-3",
        "eval_strategy=no", "augment=none", *settings)
    return out


def opened(folder):
    model, loading = AutoModelForObjectDetection.from_pretrained(folder, output_loading_info=True)
    assert not loading["missing_keys"] and not loading["unexpected_keys"] and not loading["mismatched_keys"]
    assert isinstance(model, YolosForObjectDetection)
    return model


def test_their_model_says_the_same_in_ours(base, scenes):
    assert_same_boxes(ours(scenes, base), theirs(scenes, opened(base)))


@pytest.mark.parametrize("method", ["full", "head"])
def test_whole_models_open_in_transformers(base, scenes, method, tmp_path):
    out = train(base, scenes, tmp_path / "run", f"method={method}", "save=full")
    model = opened(out)
    assert [model.config.id2label[i] for i in range(len(NAMES))] == NAMES
    assert_same_boxes(ours(scenes, out), theirs(scenes, model))
    before, after = load_file(base / "model.safetensors"), load_file(out / "model.safetensors")
    changed = {name for name in after if before[name].shape == after[name].shape and not before[name].equal(after[name])}
    assert any(name.startswith("class_labels_classifier.") for name in changed)
    # The tables of positions have become those of the pictures' size.
    assert any(name.startswith("vit.") and "position" not in name for name in changed) == (method == "full")


def test_models_of_other_classes_open_in_transformers(base, scenes, tmp_path):
    other = tmp_path / "scenes"
    paint(other, SIZE)
    for file in other.glob("*.json"):
        file.write_text(file.read_text().replace('"owl"', '"fox"').replace('"cat"', '"ant"'))
    out = train(base, other, tmp_path / "run", "method=full", "save=full")
    model = opened(out)
    names = [model.config.id2label[i] for i in range(3)]
    assert names == ["ant", "dog", "fox"]
    assert_same_boxes(ours(other, out), theirs(other, model, names))


def test_whole_models_open_at_the_size_that_they_were_trained_at(base, large_scenes, tmp_path):
    out = train(base, large_scenes, tmp_path / "run", "method=full", "save=full", f"image_size={LARGE}")
    model = opened(out)
    assert list(model.config.image_size) == [LARGE, LARGE]
    assert_same_boxes(ours(large_scenes, out), theirs(large_scenes, model))


def test_our_adapter_opens_in_peft(base, scenes, tmp_path):
    out = train(base, scenes, tmp_path / "run", "method=lora", "lora_r=4")
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*(missing|unexpected|not found).*")
        model = PeftModel.from_pretrained(AutoModelForObjectDetection.from_pretrained(base), out)
    assert_same_boxes(ours(scenes, out), theirs(scenes, model))
    run("merge", "--model", out, "--out", tmp_path / "merged")
    assert_same_boxes(ours(scenes, tmp_path / "merged"), theirs(scenes, opened(tmp_path / "merged")))


def test_added_classes_leave_the_old_answers(base, scenes, tmp_path):
    other = paint(tmp_path / "scenes", SIZE)
    for file in other.glob("*.json"):
        for name in NAMES:
            file.write_text(file.read_text().replace(f'"{name}"', f'"young {name}"'))
    out = train(base, other, tmp_path / "run", "method=incremental", "save=full")
    expected = theirs(scenes, opened(base))
    old = []
    for rows, names in ours(scenes, out):
        kept = [i for i, name in enumerate(names) if name in NAMES]
        assert len(kept) == len(names) // 2
        old.append((rows[kept], [names[i] for i in kept]))
    assert_same_boxes(old, expected)
