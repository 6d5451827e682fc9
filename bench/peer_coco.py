"""The peer of the row coco_ap: pycocotools on two files, as JSON; and the maker of those files.

    python bench/peer_coco.py --make FOLDER                       (annotations.json and found.json, always the same)
    python bench/peer_coco.py --truth annotations.json --found found.json

Printed: eval_seconds (from the two files to the twelve figures: COCO, loadRes, evaluate, accumulate, summarize; starting
Python and importing numpy are left out), total_seconds (launch to the end), peak_rss, figures.
"""

import argparse
import contextlib
import io
import json
import pathlib
import random
import sys
import time

from peer_text import report

PICTURES, CLASSES, TRUTHS, FOUND = 2000, 80, 7, 30


def make(folder):
    """As many pictures, classes and boxes as a good part of COCO's validation set; found boxes near the true ones, repeated
    ones, other classes, and some where nothing is."""
    chance = random.Random(1)

    def box():
        width, height = 2 ** chance.uniform(3, 8), 2 ** chance.uniform(3, 8)
        return [chance.uniform(0, 640 - width), chance.uniform(0, 480 - height), width, height]

    annotations, found = [], []
    for image in range(1, PICTURES + 1):
        own = [(box(), chance.randint(1, CLASSES)) for _ in range(chance.randint(0, 2 * TRUTHS))]
        for rect, category in own:
            annotations.append({"id": len(annotations) + 1, "image_id": image, "category_id": category, "bbox": rect,
                                "area": rect[2] * rect[3], "iscrowd": int(chance.random() < 0.02)})
        for _ in range(FOUND):
            if own and chance.random() < 0.6:
                (x, y, width, height), category = chance.choice(own)
                rect = [x + chance.gauss(0, 0.1) * width, y + chance.gauss(0, 0.1) * height,
                        width * 2 ** chance.gauss(0, 0.2), height * 2 ** chance.gauss(0, 0.2)]
                category = category if chance.random() < 0.8 else chance.randint(1, CLASSES)
            else:
                rect, category = box(), chance.randint(1, CLASSES)
            found.append({"image_id": image, "category_id": category, "bbox": [round(v, 2) for v in rect], "score": round(chance.random(), 5)})
    images = [{"id": i, "file_name": f"{i}.jpg", "width": 640, "height": 480} for i in range(1, PICTURES + 1)]
    categories = [{"id": c, "name": f"class {c}"} for c in range(1, CLASSES + 1)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "annotations.json").write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    (folder / "found.json").write_text(json.dumps(found))


def evaluate(args):
    import numpy  # noqa: F401: imported before the clock starts
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(args.truth)
        judge = COCOeval(truth, truth.loadRes(args.found), "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return {"eval_seconds": time.perf_counter() - began, "figures": list(map(float, judge.stats))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--make", type=pathlib.Path)
    parser.add_argument("--truth")
    parser.add_argument("--found")
    args = parser.parse_args()
    if args.make:
        make(args.make)
    else:
        report(args, evaluate(args), sys.stdout)


if __name__ == "__main__":
    main()
