"""Detectors of COCO on photographs of which anybody sees what they show (scripts/fetch_assets.sh photographs)."""

import json
import os
import pathlib

import pytest
from conftest import ASSETS, ROOT, run

PHOTOGRAPHS = ASSETS / "photographs"
DATA = pathlib.Path(os.environ.get("STROP_DATA", ROOT / ".." / "shared"))
# File: what it shows, and its box as a person draws it: x, y, width, height.
SHOWN = {"astronaut.png": ("person", [15, 0, 360, 512]), "chelsea.png": ("cat", [0, 0, 430, 300]),
         "coffee.png": ("cup", [165, 15, 250, 250]), "motorcycle_left.png": ("motorbike", [105, 80, 580, 370])}


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photographs")
    for name in SHOWN:
        if not (PHOTOGRAPHS / name).exists():
            pytest.skip(f"no {PHOTOGRAPHS / name} (scripts/fetch_assets.sh photographs)")
        (folder / name).symlink_to(PHOTOGRAPHS / name)
    return folder


def found_in(folder, model, out):
    run("predict", "--model", model, "--data", folder, "--out", out, "threads=1", "conf=0.25")
    return json.loads(out.read_text())


def model_of(name):
    place = DATA / "models" / name
    return place if place.is_dir() else pytest.skip(f"no {place} (STROP_DATA)")


def overlap(a, b):
    sides = [min(a[i] + a[i + 2], b[i] + b[i + 2]) - max(a[i], b[i]) for i in (0, 1)]
    common = max(0, sides[0]) * max(0, sides[1])
    return common / (a[2] * a[3] + b[2] * b[3] - common)


@pytest.mark.parametrize("name", ["yolox-nano", "fastestdet"])
def test_the_best_box_is_what_a_photograph_shows(name, photographs, tmp_path):
    found = found_in(photographs, model_of(name), tmp_path / "found.json")
    for file, (what, where) in SHOWN.items():
        best = max((box for box in found if pathlib.Path(box["file"]).name == file), key=lambda box: box["score"])
        assert best["category_name"] == what
        assert best["score"] > 0.75
        assert overlap(best["bbox"], where) > 0.75, (file, best["bbox"])


@pytest.mark.parametrize("name", ["yolox-nano", "fastestdet"])
def test_added_classes_leave_what_was_found_before(name, photographs, tmp_path):
    model, cells = model_of(name), DATA / "data" / "bccd"
    if not cells.is_dir():
        pytest.skip(f"no {cells} (STROP_DATA)")
    before = found_in(photographs, model, tmp_path / "before.json")
    run("train", "--model", model, "--data", cells, "--out", tmp_path / "run", "--method", "incremental", "max_steps=3",
        "max_train_samples=24", "eval_strategy=no", "augment=none")
    after = found_in(photographs, tmp_path / "run", tmp_path / "after.json")
    added = {"RBC", "WBC", "Platelets"}
    kept = [box for box in after if box["category_name"] not in added]
    assert [(box["file"], box["category_name"], box["bbox"], box["score"]) for box in kept] == \
        [(box["file"], box["category_name"], box["bbox"], box["score"]) for box in before]
