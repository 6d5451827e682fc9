"""Writes tests/data/eval/coco.json: random sets of true and found boxes with the figures of COCO's own evaluation.

Needs numpy and pycocotools. Run: python tools/make_coco_reference.py
A truth is [x, y, width, height, label, crowd, area], a found box [x, y, width, height, label, score].
"""
import contextlib
import io
import json
import pathlib

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

OUT = pathlib.Path(__file__).parent.parent / "tests" / "data" / "eval" / "coco.json"
FIGURES = ("map", "map_50", "map_75", "map_small", "map_medium", "map_large",
           "mar_1", "mar_10", "mar_100", "mar_small", "mar_medium", "mar_large")


def evaluate(pictures, classes):
    """COCOeval of the pictures; labels are category ids from 1 there."""
    truths, found = [], []
    for number, picture in enumerate(pictures, 1):
        for x, y, w, h, label, crowd, area in picture["truths"]:
            truths.append({"id": len(truths) + 1, "image_id": number, "category_id": label + 1, "bbox": [x, y, w, h],
                           "area": area, "iscrowd": crowd})
        for x, y, w, h, label, score in picture["found"]:
            found.append({"image_id": number, "category_id": label + 1, "bbox": [x, y, w, h], "score": score})
    truth = COCO()
    truth.dataset = {"images": [{"id": i} for i in range(1, len(pictures) + 1)], "annotations": truths,
                     "categories": [{"id": c + 1, "name": f"class {c}"} for c in range(classes)]}
    truth.createIndex()
    judge = COCOeval(truth, truth.loadRes(found), "bbox")
    judge.evaluate()
    judge.accumulate()
    judge.summarize()
    return judge


def mean(values):
    values = values[values > -1]
    return float(values.mean()) if values.size else -1.0


def case(name, pictures, classes):
    with contextlib.redirect_stdout(io.StringIO()):
        judge = evaluate(pictures, classes)
    precision, recall = judge.eval["precision"], judge.eval["recall"]  # [T, R, K, A, M] and [T, K, A, M]
    result = {"name": name, "classes": classes, "pictures": pictures}
    result.update(zip(FIGURES, map(float, judge.stats)))
    result["of_class"] = [
        {"map": mean(precision[:, :, c, 0, 2]), "map_50": mean(precision[0, :, c, 0, 2]),
         "mar_100": mean(recall[:, c, 0, 2]),
         "precision_50": [round(float(p), 12) for p in precision[0, ::10, c, 0, 2]]}
        for c in range(classes)]
    return result


def truth(rect, label, crowd=0, area=None):
    return [*rect, label, crowd, rect[2] * rect[3] if area is None else area]


def random_rect(rng):
    side = rng.choice([20, 32, 60, 96, 150])
    size = side * rng.uniform(0.8, 1.25, 2) if rng.random() < 0.8 else np.array([side, side])
    return [round(float(v), 2) for v in (*rng.uniform(0, 400, 2), *size)]


def near(rng, rect, spread):
    x, y, w, h = rect
    shift = rng.normal(0, spread, 4)
    moved = (x + shift[0] * w, y + shift[1] * h, w * np.exp(shift[2]), h * np.exp(shift[3]))
    return [round(float(v), 2) for v in moved]


def random_pictures(rng, classes, score, crowds=0.0, most=8, masks=False):
    pictures = []
    for number in range(12):
        truths, found = [], []
        for _ in range(0 if number % 5 == 4 else rng.integers(1, most)):
            rect, label = random_rect(rng), int(rng.integers(classes))
            crowd = int(rng.random() < crowds)
            area = round(rect[2] * rect[3] * float(rng.uniform(0.3, 0.9)), 3) if masks else None
            truths.append(truth(rect, label, crowd, area))
            for _ in range(rng.integers(0, 4)):
                own = label if rng.random() < 0.85 else int(rng.integers(classes))
                found.append([*near(rng, rect, rng.choice([0.02, 0.08, 0.2])), own, score()])
        for _ in range(rng.integers(0, 4)):
            found.append([*random_rect(rng), int(rng.integers(classes)), score()])
        if number == 7:
            found = []
        pictures.append({"truths": truths, "found": found})
    return pictures


def edges():
    """Overlaps of exactly 0.5 and 0.75, areas of exactly 32 x 32 and 96 x 96, one truth between two found boxes."""
    half = {"truths": [truth([0, 0, 40, 40], 0), truth([100, 0, 40, 40], 1)],
            "found": [[0, 0, 40, 20, 0, 0.9], [100, 0, 40, 30, 1, 0.8], [100, 0, 40, 20, 1, 0.8]]}
    areas = {"truths": [truth([0, 0, 32, 32], 0), truth([50, 50, 96, 96], 0), truth([200, 0, 32, 32], 2)],
             "found": [[0, 0, 32, 32, 0, 0.7], [50, 50, 96, 96, 0, 0.6], [300, 300, 32, 32, 0, 0.95],
                       [300, 0, 96, 96, 2, 0.5], [200, 0, 32, 31, 2, 0.4]]}
    between = {"truths": [truth([0, 0, 100, 50], 1), truth([10, 0, 100, 50], 1), truth([0, 0, 400, 200], 1, crowd=1)],
               "found": [[5, 0, 100, 50, 1, 0.9], [5, 0, 100, 50, 1, 0.9], [6, 0, 100, 50, 1, 0.3],
                         [200, 100, 50, 50, 1, 0.99]]}
    return [half, {"truths": [], "found": []}, areas, between, {"truths": [], "found": [[0, 0, 9, 9, 0, 0.99]]}]


def crowded(rng):
    """More than a hundred found boxes of a class on one picture; the truths' own come last."""
    truths = [truth(random_rect(rng), 0) for _ in range(20)]
    found = [[*random_rect(rng), 0, round(float(rng.uniform(0.3, 0.9)), 3)] for _ in range(85)]
    found += [[*near(rng, one[:4], 0.03), 0, round(float(rng.uniform(0.2, 0.6)), 3)] for one in truths + truths]
    return [{"truths": truths, "found": found}]


def main():
    rng = np.random.default_rng(11)
    smooth = lambda: round(float(rng.random()), 6)
    tied = lambda: float(rng.integers(1, 5)) / 4
    cases = [
        case("random", random_pictures(rng, 3, smooth), 3),
        case("crowds", random_pictures(rng, 4, smooth, crowds=0.3), 4),
        case("tied scores", random_pictures(rng, 3, tied, crowds=0.1), 3),
        case("areas of masks", random_pictures(rng, 3, smooth, masks=True), 3),
        case("a class without truths", random_pictures(rng, 3, smooth, most=4) +
             [{"truths": [], "found": [[5, 5, 20, 20, 3, 0.9]]}], 4),
        case("edges", edges(), 3),
        case("over a hundred", crowded(rng), 1),
    ]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")


if __name__ == "__main__":
    main()
