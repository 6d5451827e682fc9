"""The two sides of a row of boxes, as image_sides.py has them for pictures. Settings name a job (step, branch, predict, train,
increment, ap); the model is YOLOX-Nano of COCO, the data BCCD, both in the folder that STROP_DATA names; increment on scenes
takes what the demo does, a detector on EfficientNet-Lite0 and scenes that are composed; ap takes files that peer_coco.py makes.
"""

import json
import math
import os
import pathlib
import shutil
import subprocess
import sys

from image_sides import LITE0, PEER_ENV
from measure import last_json, run

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SHARED = pathlib.Path(os.environ.get("STROP_DATA", ROOT / ".." / "shared"))
NANO, BCCD = SHARED / "models" / "yolox-nano", SHARED / "data" / "bccd"
BATCH, EPOCHS, FEW, MANY = 16, 5, 20, 220
OLD, NEW = ["RBC", "WBC"], ["Platelets"]


def missing(row):
    """What a row needs and is not there; no registry holds these."""
    if all(settings["job"] == "ap" or settings.get("data") == "scenes" for settings in (row.strop | row.peer).values()):
        return None
    return next((place for place in (NANO, BCCD) if not place.is_dir()), None)


def coco_files(work):
    folder = work / "coco-ap"
    if not (folder / "found.json").exists():
        subprocess.run([sys.executable, HERE / "peer_coco.py", "--make", folder], check=True)
    return folder / "annotations.json", folder / "found.json"


def some_pictures(work, count):
    """A folder with links to the first pictures of the data."""
    folder = work / f"bccd-{count}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in sorted((BCCD / "JPEGImages").glob("*.jpg"))[:count]:
        (folder / file.name).symlink_to(file.resolve())
    return folder


def bccd_of(program, work, classes):
    """BCCD's splits in COCO's form with the boxes of these classes alone; the pictures are links."""
    folder = work / ("bccd-" + "-".join(classes))
    if folder.is_dir():
        return folder
    subprocess.run([program, "inspect", "--data", BCCD, "--write", folder, "--format", "coco"], check=True, capture_output=True)
    for file in (folder / "annotations").glob("*.json"):
        data = json.loads(file.read_text())
        data["categories"] = [one for one in data["categories"] if one["name"] in classes]
        ids = {one["id"] for one in data["categories"]}
        data["annotations"] = [one for one in data["annotations"] if one["category_id"] in ids]
        file.write_text(json.dumps(data))
    return folder


def scenes_of(work):
    """The demo's scenes, composed on first use."""
    folder = work / "scenes"
    if not folder.is_dir():
        subprocess.run([ROOT / "scripts/fetch_assets.sh", "efficientnet_lite0", "fashion_mnist"], check=True)
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        subprocess.run([sys.executable, ROOT / "scripts/compose_scenes.py", ROOT / "build/assets/fashion-mnist", part], check=True)
        part.rename(folder)
    return folder


class StropBoxes:
    def __init__(self, program, work):
        self.program, self.work = program, work

    def __call__(self, settings):
        settings = dict(settings)
        return getattr(self, settings.pop("job"))(settings)

    def call(self, verb, data, settings, *more):
        """`verb` on the model and `data`: standard output, measures."""
        command = [self.program, verb, "--model", NANO, "--data", data, *more, *(f"{key}={value}" for key, value in settings.items())]
        out, measures = run(command)
        measures["command"] = " ".join(map(str, command[1:]))
        return out, measures

    def fresh_folder(self):
        out = self.work / "strop-box-run"
        shutil.rmtree(out, ignore_errors=True)
        return out

    def step(self, settings):
        common = {"image_size": 416, "per_device_train_batch_size": BATCH, "augment": "none"}
        out, measures = self.call("bench", BCCD, common | settings, "--steps", "8", "--json")
        return measures | {"images_per_second": BATCH / last_json(out)["median_step_seconds"]}

    def branch(self, settings):
        """Samples a second of all epochs but the first, in which the cache is filled."""
        out = self.fresh_folder()
        common = {"image_size": 416, "per_device_train_batch_size": BATCH, "augment": "none", "num_train_epochs": EPOCHS,
                  "eval_strategy": "no", "logging_steps": 1, "load_best_model_at_end": "false"}
        _, measures = self.call("train", BCCD, common | settings, "--out", out, "--json")
        rows = next(split["rows"] for split in json.loads((out / "strop.json").read_text())["splits"] if split["name"] == "train")
        lines = [json.loads(line) for line in (out / "trainer_log.jsonl").read_text().splitlines()]
        ends = {line["current_steps"]: line["elapsed_time"] for line in lines if "loss" in line}
        per_epoch = math.ceil(rows / BATCH)
        return measures | {"images_per_second": (EPOCHS - 1) * rows / (ends[EPOCHS * per_epoch] - ends[per_epoch])}

    def predict(self, settings):
        """From files to boxes, picture by picture: what MANY pictures take beyond FEW, start and loading thus left out."""
        seconds, measures = {}, {}
        for count in (FEW, MANY):
            file = self.work / "found.json"
            _, measures = self.call("predict", some_pictures(self.work, count), {"per_device_eval_batch_size": 1} | settings, "--out", file)
            seconds[count] = measures["total_seconds"]
            boxes = len(json.loads(file.read_text()))
        return measures | {"images_per_second": (MANY - FEW) / (seconds[MANY] - seconds[FEW]), "boxes": boxes / MANY}

    def train(self, settings):
        out = self.fresh_folder()
        _, measures = self.call("train", BCCD, settings, "--out", out, "--json")
        results = json.loads((out / "all_results.json").read_text())
        measures |= {key: results[key] for key in ("test_map", "test_map_50", "eval_map", "eval_map_50", "total_steps")}
        own = [one["map_50"] for one in results["test_box_classes"] if one["support"] > 0]
        return measures | {"test_least_map_50": min(own)}

    def increment(self, settings):
        """One of three runs, each on the one before it: old classes alone, new ones added, all of it tuned as a whole."""
        part, place = settings.pop("part"), {name: self.work / f"increment-{name}" for name in ("base", "added", "joined")}
        if settings.pop("data") == "scenes":
            scenes, first = scenes_of(self.work), LITE0
            old, new = scenes / "base", scenes / "added"
            settings |= {"test_file": scenes / "test" / ("old.json" if part == "base" else "all.json")}
        else:
            old, new, every = (bccd_of(self.program, self.work, classes) for classes in (OLD, NEW, OLD + NEW))
            first = NANO
            settings |= {} if part == "base" else {"test_file": every / "annotations" / "instances_test.json"}
        model = {"base": first, "added": place["base"], "joined": place["added"]}[part]
        shutil.rmtree(place[part], ignore_errors=True)
        settings |= {"replay_data": old} if part == "joined" else {}
        command = [self.program, "train", "--model", model, "--data", old if part == "base" else new, "--out", place[part], "--json",
                   *(f"{key}={value}" for key, value in settings.items())]
        _, measures = run(command)
        results = json.loads((place[part] / "all_results.json").read_text())
        if part == "base":
            return measures | {"old_map": results["test_map"], "old_map_50": results["test_map_50"]}
        return measures | {"old_map": results["test_base_map"], "old_map_50": results["test_base_map_50"],
                           "new_map_50": results["test_novel_map_50"], "all_map_50": results["test_map_50"]}

    def ap(self, _):
        truth, found = coco_files(self.work)
        out, measures = run([self.program, "eval", "--predictions", found, "--data", truth, "--json"])
        return measures | {key: last_json(out)[key] for key in ("eval_seconds", "eval_map")}


class PeerBoxes:
    def __init__(self, work):
        self.work = work

    def __call__(self, settings):
        if settings["job"] == "ap":
            truth, found = coco_files(self.work)
            out, measures = run([sys.executable, HERE / "peer_coco.py", "--truth", truth, "--found", found])
            result = last_json(out)
            return measures | {"eval_seconds": result["eval_seconds"], "eval_map": result["figures"][0]}
        command = [sys.executable, HERE / "peer_detect.py", "--weights", NANO / "model.safetensors", "--data", BCCD,
                   *(part for key, value in settings.items() for part in (f"--{key}", value))]
        out, measures = run(command, env=PEER_ENV)
        result = last_json(out)
        measures["command"] = " ".join(map(str, command[2:]))
        return measures | {key: result[key] for key in ("images_per_second", "boxes") if key in result}
