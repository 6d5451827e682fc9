"""The two sides of a row of pictures, as sides.py has them for text. Settings name a model and a job (forward, step, train,
inputs).

Where the weights change nothing but the values (speed), ViT-S is made up; EfficientNet-Lite0 is the real one.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

from measure import last_json, run

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
LITE0 = ROOT / "build/assets/efficientnet_lite0/efficientnet-lite0-57934424.pth"
TIMM = {"lite0": "tf_efficientnet_lite0", "vit_small": "vit_small_patch16_224"}
# timm wants torchvision, which breaks Transformers where both are installed: it stands apart.
PEER_ENV = os.environ | {"PYTHONPATH": str(ROOT / "build/venv/timm")}


def peer(*more):
    return [sys.executable, HERE / "peer_image.py", *more]


def picture_data():
    """A folder with train/ and validation/, and its name."""
    clothing = pathlib.Path(os.environ.get("STROP_DATA", ROOT / ".." / "shared")) / "data" / "clothing-small"
    if clothing.is_dir():
        return clothing, "clothing-small"
    subprocess.run([ROOT / "scripts/fetch_assets.sh", "textile"], check=True)
    folder = ROOT / "build/bench/textile"
    if not folder.exists():
        print(f"bench: no {clothing} (STROP_DATA); using the textile pictures instead", file=sys.stderr)
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        for place in sorted((ROOT / "build/assets/textile").glob("*/*")):
            split = "validation" if int("".join(filter(str.isdigit, place.stem)) or 0) % 4 == 0 else "train"
            (part / split / place.parent.name).mkdir(parents=True, exist_ok=True)
            shutil.copy(place, part / split / place.parent.name)
        part.rename(folder)
    return folder, "textile"


def class_parts(data, work):
    """Every other class of `data` by itself: the larger set to train on first (known), and the classes to come (new)."""
    classes = sorted(place.name for place in (data / "train").iterdir() if place.is_dir())
    if len(classes) < 4:
        print(f"bench: {data} has too few classes to set some apart: known and new are the same", file=sys.stderr)
        return {"known": data, "new": data}
    parts = {"known": work / "classes-known", "new": work / "classes-new"}
    for number, folder in enumerate(parts.values()):
        shutil.rmtree(folder, ignore_errors=True)
        for split in ("train", "validation"):
            (folder / split).mkdir(parents=True)
            for name in classes[number::2]:
                (folder / split / name).symlink_to((data / split / name).resolve(), target_is_directory=True)
    return parts


def models(work):
    """Where strop finds each model; fetched or made on first use."""
    subprocess.run([ROOT / "scripts/fetch_assets.sh", "efficientnet_lite0"], check=True)
    vit = work / "vit_small"
    if not (vit / "config.json").exists():
        subprocess.run(peer("--job", "save", "--model", TIMM["vit_small"], "--data", vit), check=True, env=PEER_ENV,
                       stdout=subprocess.DEVNULL)
    return {"lite0": LITE0, "vit_small": vit}


class StropImages:
    def __init__(self, program, models, data, work):
        self.program, self.models, self.data, self.work = program, models, data, work

    def __call__(self, settings):
        settings = dict(settings)
        job, model = settings.pop("job"), self.models[settings.pop("model")]
        data = self.data
        if "part" in settings:
            parts = class_parts(self.data, self.work)
            data = parts[settings.pop("part")]
            if "pretrain_data" in settings:
                settings["pretrain_data"] = parts[settings["pretrain_data"]]
        common = ["--model", model, "--data", data, "--json", *(f"{key}={value}" for key, value in settings.items())]
        if job == "train":
            out = self.work / "strop-image-run"
            shutil.rmtree(out, ignore_errors=True)
            command = [self.program, "train", "--out", out, *common]
            _, measures = run(command)
            results = json.loads((out / "all_results.json").read_text())
            measures |= {key: results[key] for key in ("eval_accuracy", "test_accuracy") if key in results}
            if settings.get("eval_strategy") == "steps":
                log = [json.loads(line) for line in (out / "trainer_log.jsonl").read_text().splitlines()]
                measures["evaluations"] = [[line["current_steps"], line["eval_accuracy"]] for line in log if "eval_accuracy" in line]
        else:  # inputs are made before the clock starts, as the peer's are
            frozen = ["method=head", "head_solver=sgd"] if job in ("forward", "inputs") else []
            command = [self.program, "bench", "--steps", "8", *common, *frozen]
            out, measures = run(command)
            result = last_json(out)
            measures["images_per_second"] = (result["input_samples_per_second"] if job == "inputs"
                                             else 32 / result["median_step_seconds"])
        measures["command"] = " ".join(map(str, command[1:]))
        return measures


class PeerImages:
    def __init__(self, models, data):
        self.models, self.data = models, data

    def __call__(self, settings):
        settings = dict(settings)
        model = settings.pop("model")
        command = peer("--model", TIMM[model], *(part for key, value in settings.items() for part in (f"--{key}", value)))
        if settings["job"] in ("train", "inputs"):
            command += ["--data", self.data]
        if settings["job"] == "train":
            weights = self.models[model]
            command += ["--weights", weights / "model.safetensors" if weights.is_dir() else weights]
        out, measures = run(command, env=PEER_ENV)
        result = last_json(out)
        measures["command"] = " ".join(map(str, command[2:]))
        return measures | {key: result[key] for key in ("images_per_second", "eval_accuracy", "test_accuracy") if key in result}
