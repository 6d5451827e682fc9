"""Networks of pictures that strop trained, opened by Transformers from the folder that strop wrote: the same pictures
through its own image processor give the same answers."""

import json

import pytest
import torch
from conftest import assert_same, run
from transformers import (AutoImageProcessor, AutoModelForImageClassification, ConvNextConfig,
                          ConvNextForImageClassification, ResNetConfig, ResNetForImageClassification, ViTConfig,
                          ViTForImageClassification, ViTImageProcessor)

Image = pytest.importorskip("PIL.Image")
LABELS = ["cat", "dog", "owl"]
COLOURS = {"cat": (200, 60, 60), "dog": (60, 190, 70), "owl": (70, 80, 200)}
KINDS = {
    "vit": lambda: ViTForImageClassification(ViTConfig(
        image_size=32, patch_size=8, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
        num_labels=3)),
    "resnet": lambda: ResNetForImageClassification(ResNetConfig(
        embedding_size=8, hidden_sizes=[16, 32], depths=[1, 1], layer_type="basic", num_labels=3)),
    "convnext": lambda: ConvNextForImageClassification(ConvNextConfig(
        hidden_sizes=[8, 16], depths=[1, 1], num_stages=2, num_labels=3)),
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    generator = torch.Generator().manual_seed(0)
    for split, count in (("train", 8), ("validation", 4)):
        for label in LABELS:
            (folder / split / label).mkdir(parents=True)
            for i in range(count):
                noise = torch.randint(-50, 51, (40, 40, 3), generator=generator)
                pixels = (torch.tensor(COLOURS[label]) + noise).clamp(0, 255).to(torch.uint8)
                Image.fromarray(pixels.numpy()).save(folder / split / label / f"{i}.png")
    return folder


def base(kind, folder):
    torch.manual_seed(0)
    model = KINDS[kind]()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    model.save_pretrained(folder)
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["head", "full"])
def test_opens_without_a_flag(kind, method, pictures, tmp_path):
    out = tmp_path / "run"
    run("train", "--model", base(kind, tmp_path / "base"), "--data", pictures, "--out", out, f"method={method}",
        "max_steps=4", "precision=fp32", "learning_rate=1e-3", "save=full")
    model, loading = AutoModelForImageClassification.from_pretrained(out, output_loading_info=True)
    assert not loading["missing_keys"] and not loading["unexpected_keys"] and not loading["mismatched_keys"]
    assert [model.config.id2label[i] for i in range(3)] == LABELS
    processor = AutoImageProcessor.from_pretrained(out)
    lines = [json.loads(line) for line in
             run("predict", "--model", out, "--data", pictures / "validation").stdout.splitlines()]
    assert len(lines) == 12
    ours = torch.tensor([[line["scores"][label] for label in LABELS] for line in lines], dtype=torch.float64).log()
    model.eval()
    with torch.no_grad():
        theirs = torch.cat([model(**processor(Image.open(line["file"]), return_tensors="pt")).logits for line in lines])
    assert_same(ours, theirs.double().log_softmax(-1))
