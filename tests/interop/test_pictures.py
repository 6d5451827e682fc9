"""Networks of pictures that strop trained, opened by Transformers from the folder that strop wrote: the same pictures
through its own image processor give the same answers."""

import json

import pytest
import torch
from conftest import assert_same, run
from transformers import (AutoImageProcessor, AutoModelForImageClassification, ConvNextConfig, ConvNextForImageClassification,
                          ConvNextImageProcessor, EfficientNetConfig, EfficientNetForImageClassification,
                          EfficientNetImageProcessor, DeiTConfig, DeiTForImageClassification,
                          DeiTImageProcessor, MobileNetV2Config, MobileNetV2ForImageClassification,
                          MobileNetV2ImageProcessor, ResNetConfig, ResNetForImageClassification, ViTConfig,
                          ViTForImageClassification, ViTImageProcessor)

Image = pytest.importorskip("PIL.Image")
LABELS = ["cat", "dog", "owl"]
COLOURS = {"cat": (200, 60, 60), "dog": (60, 190, 70), "owl": (70, 80, 200)}
SQUARE = {"height": 32, "width": 32}
KINDS = {
    "vit": lambda: ViTForImageClassification(ViTConfig(
        image_size=32, patch_size=8, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
        num_labels=3)),
    "deit": lambda: DeiTForImageClassification(DeiTConfig(
        image_size=32, patch_size=8, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
        num_labels=3)),
    "resnet": lambda: ResNetForImageClassification(ResNetConfig(
        embedding_size=8, hidden_sizes=[16, 32], depths=[1, 1], layer_type="basic", num_labels=3)),
    "convnext": lambda: ConvNextForImageClassification(ConvNextConfig(
        hidden_sizes=[8, 16], depths=[1, 1], num_stages=2, num_labels=3)),
    "efficientnet": lambda: EfficientNetForImageClassification(EfficientNetConfig(
        image_size=32, width_coefficient=0.25, depth_coefficient=0.1, hidden_dim=320, num_labels=3)),
    "mobilenet_v2": lambda: MobileNetV2ForImageClassification(MobileNetV2Config(
        image_size=32, depth_multiplier=0.25, num_labels=3)),
}
# Each in the ways that files of its family come with; resnet's as its first files had it.
PROCESSORS = {
    "vit": [ViTImageProcessor(size=SQUARE)],
    "deit": [DeiTImageProcessor(size={"height": 36, "width": 36}, crop_size=SQUARE), DeiTImageProcessor(size=SQUARE, do_center_crop=False)],
    "resnet": [ConvNextImageProcessor(size={"shortest_edge": 32}, crop_pct=0.875, resample=3)],
    "convnext": [ConvNextImageProcessor(size={"shortest_edge": 32}, crop_pct=0.95), ConvNextImageProcessor(size={"shortest_edge": 384})],
    "efficientnet": [EfficientNetImageProcessor(size={"height": 37, "width": 37}, resample=3, image_std=[0.4785, 0.4733, 0.4743],
                                                do_center_crop=True, crop_size=SQUARE),
                     EfficientNetImageProcessor(size=SQUARE, resample=3, include_top=False)],
    "mobilenet_v2": [MobileNetV2ImageProcessor(size={"shortest_edge": 36}, crop_size=SQUARE)],
}
# The deep ones say the same to all pictures with less, and rounding grows in them.
NOISE, LIMITS = {"efficientnet": 0.3, "mobilenet_v2": 0.3}, {"efficientnet": 5e-4, "mobilenet_v2": 5e-4}
CASES = [(kind, number) for kind, forms in PROCESSORS.items() for number in range(len(forms))]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    generator = torch.Generator().manual_seed(0)
    for split, count in (("train", 8), ("validation", 4)):
        for label in LABELS:
            (folder / split / label).mkdir(parents=True)
            for i in range(count):
                noise = torch.randint(-50, 51, (40, 48, 3), generator=generator)
                pixels = (torch.tensor(COLOURS[label]) + noise).clamp(0, 255).to(torch.uint8)
                Image.fromarray(pixels.numpy()).save(folder / split / label / f"{i}.png")
    return folder


def base(kind, folder, number=0):
    torch.manual_seed(0)
    model = KINDS[kind]()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * NOISE.get(kind, 0.05))
        for norm in (one for one in model.modules() if isinstance(one, torch.nn.BatchNorm2d)):
            norm.momentum = 1  # statistics of one batch: else the answers of so deep a network are all alike
        model.train()(torch.randn(16, 3, 32, 32))
    model.save_pretrained(folder)
    PROCESSORS[kind][number].save_pretrained(folder)
    return folder


def assert_same_answers(kind, folder, model, pictures, labels):
    processor = AutoImageProcessor.from_pretrained(folder)
    lines = [json.loads(line) for line in
             run("predict", "--model", folder, "--data", pictures / "validation").stdout.splitlines()]
    assert len(lines) == 12
    ours = torch.tensor([[line["scores"][label] for label in labels] for line in lines], dtype=torch.float64).log()
    model.eval()
    with torch.no_grad():
        theirs = torch.cat([model(**processor(Image.open(line["file"]), return_tensors="pt")).logits for line in lines])
    assert_same(ours, theirs.double().log_softmax(-1), LIMITS.get(kind, 1e-5))


@pytest.mark.parametrize("kind, number", CASES)
def test_pictures_are_prepared_as_the_files_say(kind, number, pictures, tmp_path):
    folder = base(kind, tmp_path / "base", number)
    model = AutoModelForImageClassification.from_pretrained(folder)
    assert_same_answers(kind, folder, model, pictures, [model.config.id2label[i] for i in range(3)])


@pytest.mark.parametrize("kind, number", CASES)
@pytest.mark.parametrize("method", ["head", "full"])
def test_opens_without_a_flag(kind, number, method, pictures, tmp_path):
    out = tmp_path / "run"
    run("train", "--model", base(kind, tmp_path / "base", number), "--data", pictures, "--out", out, f"method={method}",
        "max_steps=4", "precision=fp32", "learning_rate=1e-3", "save=full")
    model, loading = AutoModelForImageClassification.from_pretrained(out, output_loading_info=True)
    assert not loading["missing_keys"] and not loading["unexpected_keys"] and not loading["mismatched_keys"]
    assert [model.config.id2label[i] for i in range(3)] == LABELS
    assert_same_answers(kind, out, model, pictures, LABELS)
