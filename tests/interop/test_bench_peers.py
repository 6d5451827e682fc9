"""The peers of the benchmark still run: each job once, on a batch of two. What they measure is the benchmark's affair."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
from conftest import ASSETS, ROOT

sys.path.append(str(ROOT / "bench"))
from image_sides import PEER_ENV  # noqa: E402

DATA = pathlib.Path(os.environ.get("STROP_DATA", ROOT / ".." / "shared"))


def measured(peer, *arguments):
    command = [sys.executable, str(ROOT / "bench" / peer), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=PEER_ENV)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def at(place):
    return place if place.exists() else pytest.skip(f"no {place}")


@pytest.mark.parametrize("job", [["step", "--train", "full", "--norms", "train"], ["step", "--train", "head"],
                                 ["branch", "--layout", "channels_last"], ["predict", "--pictures", 2]])
def test_of_boxes(job):
    weights, data = at(DATA / "models/yolox-nano/model.safetensors"), at(DATA / "data/bccd")
    found = measured("peer_detect.py", "--job", *job, "--weights", weights, "--data", data, "--batch", 2, "--steps", 1)
    assert found["images_per_second"] > 0


@pytest.mark.parametrize("job", ["forward", "step"])
def test_of_pictures(job):
    at(ROOT / "build/venv/timm/timm")
    weights = at(ASSETS / "efficientnet_lite0/efficientnet-lite0-57934424.pth")
    found = measured("peer_image.py", "--job", job, "--model", "tf_efficientnet_lite0", "--weights", weights,
                     *([] if job == "forward" else ["--train", "full"]), "--batch", 2, "--steps", 1)
    assert found["images_per_second"] > 0
