"""Rows of the benchmark that are about boxes; rows.py says what a row is, detect_sides.py what its jobs are.

as_run: eager PyTorch in fp32 as upstream's trainer runs it, batch norms in training mode; best: the faster of
channels-last in fp32 and in bf16, batch norms frozen, as strop's are.
"""

from image_rows import BEST, RATE
from rows import MEMORY, TOTAL, Comparison, Row, lever_comparisons

EVALUATION = "eval_seconds"
LAYOUTS = {"as_run": {"layout": "contiguous", "norms": "train"}, "channels_last": {"layout": "channels_last"},
           "channels_last_bf16": {"layout": "channels_last", "precision": "bf16"}}


def peers(**settings):
    return {name: settings | layout for name, layout in LAYOUTS.items()}


def step(title, method, train, as_run, best):
    return Row(title, {"strop": {"job": "step"} | method}, peers(job="step", train=train),
               [Comparison(RATE, "strop", ["as_run"], as_run, "images/s, against as run"),
                Comparison(RATE, "strop", BEST, best, "images/s, against its best")])


HEAD_STEP = step("YOLOX-Nano, step with backbone and neck frozen, 416 px, batches of 16", {"method": "head"}, "head", 3, 1.8)
HEAD_STEP.peer["all_trained"] = {"job": "step", "train": "full"} | LAYOUTS["as_run"]
HEAD_STEP.compare.append(Comparison(MEMORY, "strop", ["all_trained"], 0.4, "peak resident memory, against training all", "share"))


TEN = {"job": "train", "time": "10m", "threads": 2}
BCCD_SIDES = {"frozen_backbone": TEN | {"method": "head"}, "full": TEN | {"method": "full"},
              "incremental": TEN | {"method": "incremental"}}


def box_levers(epochs, steps, infobatch, fraction, period):
    """Each lever alone against off, all of it tuned: so many epochs, a share left out, a share of the pictures each epoch, steps
    between updates of the backbone."""
    def lever(**settings):
        return {"job": "train", "method": "full", "augment": "light", "num_train_epochs": epochs} | settings

    sides = {"off": lever(),
             f"steps_{steps}_epochs": lever(num_train_epochs=steps),
             f"infobatch_{infobatch}": lever(infobatch=infobatch),
             f"fresh_{fraction}": lever(data_fraction=fraction, resample="epoch"),
             f"periods_backbone_{period}": lever(update_period=f"1,1,1,1,1,{period}")}
    return Row(f"Each lever alone against off on boxes: YOLOX-Nano on BCCD in full, {epochs} epochs, 3 seeds", sides, {},
               lever_comparisons(sides, "test_map", -0.01, "AP on test"), seeds=(1, 2, 3))


INCREMENT = {"base": {"part": "base", "method": "full", "num_train_epochs": 12},
             "added": {"part": "added", "method": "incremental", "num_train_epochs": 60},
             "joined": {"part": "joined", "method": "join", "num_train_epochs": 4, "replay_samples": 50}}

SCENES = {"image_size": 224, "augment": "none", "views": 1, "per_device_train_batch_size": 8}
SCENE_INCREMENT = {"base": SCENES | {"part": "base", "task": "object-detection", "method": "head", "num_train_epochs": 8},
                   "added": SCENES | {"part": "added", "method": "incremental", "num_train_epochs": 10},
                   "joined": SCENES | {"part": "joined", "method": "join", "num_train_epochs": 3, "replay_samples": 50}}


def increment(title, data, sides, new, least):
    """Classes `new` added behind old ones, then all joined: what each keeps of the old ones, and reaches on the new."""
    return Row(title, {name: {"job": "increment", "data": data} | settings for name, settings in sides.items()}, {},
               [Comparison("new_map_50", "added", [], least, f"AP50 of {new}, added", "level"),
                Comparison("old_map", "added", ["base"], 0, f"AP of the old classes, {new} added", "points"),
                Comparison("old_map", "joined", ["base"], -0.01, "AP of the old classes, joined", "points"),
                Comparison("new_map_50", "joined", ["added"], None, f"AP50 of {new}, joined", "points")], seeds=(1, 2, 3))


DETECT_ROWS = {
    "coco_ap": Row("COCO AP of 2,000 pictures, 80 classes, 60,000 found boxes, from two files",
                   {"strop": {"job": "ap"}}, {"pycocotools": {"job": "ap"}},
                   [Comparison(EVALUATION, "strop", ["pycocotools"], 5, "from the files to the figures", "shorter"),
                    Comparison(TOTAL, "strop", ["pycocotools"], None, "whole process, start and imports included", "shorter")]),
    "yolox_nano_step": step("YOLOX-Nano, full step, 416 px, batches of 16", {"method": "full"}, "full", 1.5, 1.1),
    "yolox_nano_head_step": HEAD_STEP,
    "yolox_nano_predict": Row("YOLOX-Nano, file to boxes, picture by picture, against ONNX Runtime with numpy's suppression",
                              {"strop": {"job": "predict"}}, {"onnxruntime": {"job": "predict"}},
                              [Comparison(RATE, "strop", ["onnxruntime"], 0.95, "images/s, against ONNX Runtime in fp32")]),
    "yolox_branch": Row("YOLOX-Nano, branch for 3 added classes, cached features, from the second epoch on",
                        {"strop": {"job": "branch", "method": "incremental"}}, peers(job="branch"),
                        [Comparison(RATE, "strop", ["as_run"], 6, "images/s, against as run"),
                         Comparison(RATE, "strop", BEST, None, "images/s, against its best")]),
    "bccd": Row("BCCD, YOLOX-Nano from COCO weights, ten minutes on 2 cores, 3 seeds", BCCD_SIDES, {},
                [Comparison("test_map_50", "full", [], 0.85, "full: AP50 on test", "level"),
                 Comparison("test_map", "full", [], 0.5, "full: AP on test", "level"),
                 Comparison("test_map_50", "incremental", [], 0.6, "incremental: AP50 on test", "level")] +
                [Comparison(measure, name, [against], None, f"{name} over frozen backbone: {what}", "points")
                 for name, against in (("full", "frozen_backbone"), ("incremental", "frozen_backbone"))
                 for measure, what in (("test_map_50", "AP50 on test"), ("test_map", "AP on test"))], seeds=(1, 2, 3)),
    "bccd_added": Row("BCCD, its three classes added to COCO's 80 on the frozen network, 60 epochs, 3 seeds",
                      {"incremental": {"job": "train", "method": "incremental", "num_train_epochs": 60}}, {},
                      [Comparison("test_map_50", "incremental", [], 0.6, "AP50 of the added classes on test", "level"),
                       Comparison("test_least_map_50", "incremental", [], 0.4, "AP50 of the worst of them", "level")],
                      seeds=(1, 2, 3)),
    "bccd_increment": increment("BCCD, red and white cells first, then platelets added, then joined with 50 pictures of replay, 3 seeds",
                                "bccd", INCREMENT, "platelets", 0.4),
    "scenes_increment": increment("Composed scenes, six classes first, then two added, then joined with 50 pictures of replay, 3 seeds",
                                  "scenes", SCENE_INCREMENT, "bag and ankle boot", 0.5),
    "box_levers": box_levers(12, 8, 0.75, 0.67, 4),
    "box_levers_24": box_levers(24, 16, 0.75, 0.67, 4),
}
