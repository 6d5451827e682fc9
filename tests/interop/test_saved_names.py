"""What strop saves of timm's, torchvision's and lukemelas' networks has each tensor under the name and with the shape that its
library gave it, so that a strict load of a network with as many classes takes it; the rows of the head aside."""

import json

import pytest
import torch
from conftest import ROOT, run
from safetensors.torch import load_file

Image = pytest.importorskip("PIL.Image")
DATA = ROOT / "tests/data"
FOLDERS = sorted(path.parent for kind in ("conv", "convnext", "vit") for path in (DATA / kind).glob("*/reference.*"))
# A DeiT with a teacher is saved with one head for other labels, as Transformers tunes it: test_vision_transformers.py has it.
FOLDERS = [folder for folder in FOLDERS if folder.name != "deit_teacher"]
CLASSES = 4  # another number than any of the files


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder, generator = tmp_path_factory.mktemp("pictures"), torch.Generator().manual_seed(0)
    for number in range(CLASSES):
        (folder / f"class{number}").mkdir()
        for i in range(4):
            pixels = torch.randint(0, 255, (64, 64, 3), generator=generator).to(torch.uint8)
            Image.fromarray(pixels.numpy()).save(folder / f"class{number}" / f"{i}.png")
    return folder


def tensors_of(place):
    if (place / "model.safetensors").exists():
        return load_file(place / "model.safetensors")
    found = torch.load(place / "weights.pth", map_location="cpu")
    return found.get("state_dict", found)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_names_and_shapes_are_those_of_the_library(folder, pictures, tmp_path):
    weights, out = folder / "weights.pth", tmp_path / "run"
    run("train", "--model", weights if weights.exists() else folder, "--data", pictures, "--out", out, "method=full", "save=full",
        "max_steps=1", "eval_strategy=no", "augment=none")
    before, after = tensors_of(folder), tensors_of(out)
    assert set(after) == set(before)
    heads = {name for name in after if after[name].shape != before[name].shape}
    assert heads and all(after[name].shape[0] == CLASSES and after[name].shape[1:] == before[name].shape[1:] for name in heads)
    config = json.loads((out / "config.json").read_text())
    given = json.loads((folder / "config.json").read_text()) if (folder / "config.json").exists() else {}
    for key in ("architecture", "architectures", "model_type"):
        assert key not in given or config[key] == given[key]
