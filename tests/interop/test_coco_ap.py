"""`strop eval --predictions` against pycocotools on random sets: the twelve figures are equal to 1e-9."""

import contextlib
import io
import json
import random

import pytest
from conftest import run
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

FIGURES = ("map", "map_50", "map_75", "map_small", "map_medium", "map_large",
           "mar_1", "mar_10", "mar_100", "mar_small", "mar_medium", "mar_large")
# Sides whose squares are the bounds of small, medium and large, and others.
SIDES = (9.0, 20.5, 32.0, 60.0, 96.0, 150.0)


def near(chance, box, spread):
    x, y, width, height = box
    return [x + chance.gauss(0, spread) * width, y + chance.gauss(0, spread) * height,
            width * 2 ** chance.gauss(0, spread), height * 2 ** chance.gauss(0, spread)]


def random_set(seed, pictures=60, classes=6, crowds=0.1, ties=False, masks=False, many=False):
    """Annotations and results as COCO's files hold them. Ids are neither sorted nor dense; every seventh picture is empty,
    some have no found boxes; the last class has found boxes alone."""
    chance = random.Random(seed)

    def score():
        return chance.randint(1, 4) / 4 if ties else chance.random()

    def box():
        if chance.random() < 0.4:
            side = chance.choice(SIDES)
            return [float(chance.randint(0, 300)), float(chance.randint(0, 300)), side, side]
        return [chance.uniform(0, 300), chance.uniform(0, 300), chance.uniform(4, 200), chance.uniform(4, 200)]

    image_ids = chance.sample(range(1, 10 * pictures), pictures)
    category_ids = sorted(chance.sample(range(1, 91), classes))
    annotations, found = [], []
    for number, image in enumerate(image_ids):
        for _ in range(0 if number % 7 == 6 else chance.randint(1, 40 if many else 9)):
            rect, category = box(), chance.choice(category_ids[:-1])
            area = rect[2] * rect[3] * (chance.uniform(0.3, 0.9) if masks else 1)
            annotations.append({"id": len(annotations) + 1, "image_id": image, "category_id": category, "bbox": rect,
                                "area": area, "iscrowd": int(chance.random() < crowds)})
            for _ in range(chance.randint(0, 8 if many else 3)):
                # Exact copies tie in overlap, and halves overlap by just 0.5.
                kind = chance.random()
                other = rect if kind < 0.2 else [*rect[:3], rect[3] / 2] if kind < 0.3 else near(chance, rect, chance.choice((0.03, 0.1, 0.3)))
                own = category if chance.random() < 0.85 else chance.choice(category_ids)
                found.append({"image_id": image, "category_id": own, "bbox": other, "score": score()})
        for _ in range(chance.randint(0, 4)):
            found.append({"image_id": image, "category_id": chance.choice(category_ids), "bbox": box(), "score": score()})
    chance.shuffle(annotations)
    found = [one for one in found if one["image_id"] != image_ids[3]]
    images = [{"id": image, "file_name": f"{image}.jpg", "width": 640, "height": 480} for image in image_ids]
    categories = [{"id": category, "name": f"class {category}"} for category in category_ids]
    chance.shuffle(categories)
    return {"images": images, "annotations": annotations, "categories": categories}, found


def reference(truth_file, found_file):
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(truth_file))
        judge = COCOeval(truth, truth.loadRes(str(found_file)), "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return dict(zip(FIGURES, map(float, judge.stats)))


@pytest.mark.parametrize("seed, settings", [
    *((seed, {}) for seed in range(6)),
    (11, {"crowds": 0.5}), (12, {"ties": True}), (13, {"ties": True, "crowds": 0.3}), (14, {"masks": True}),
    (15, {"classes": 2, "many": True}), (16, {"classes": 2, "many": True, "ties": True}), (17, {"pictures": 8, "classes": 40}),
])
def test_equals_pycocotools(seed, settings, tmp_path):
    truths, found = random_set(seed, **settings)
    truth_file, found_file = tmp_path / "annotations.json", tmp_path / "found.json"
    truth_file.write_text(json.dumps(truths))
    found_file.write_text(json.dumps(found))
    expected = reference(truth_file, found_file)
    assert 0.05 < expected["map"] < 0.95, "an extreme set compares little"
    ours = json.loads(run("eval", "--predictions", found_file, "--data", truth_file, "--json").stdout)
    for figure, value in expected.items():
        assert abs(ours[f"eval_{figure}"] - value) < 1e-9, figure


def test_the_twelve_figures_are_printed(tmp_path):
    truths, found = random_set(1)
    (tmp_path / "annotations.json").write_text(json.dumps(truths))
    (tmp_path / "found.json").write_text(json.dumps(found))
    out = run("eval", "--predictions", tmp_path / "found.json", "--data", tmp_path / "annotations.json").stdout
    assert [line.split()[0] for line in out.splitlines()][:12] == [f"eval_{figure}" for figure in FIGURES]


def test_boxes_of_another_data_set_are_refused(tmp_path):
    truths, found = random_set(1)
    (tmp_path / "annotations.json").write_text(json.dumps(truths))
    (tmp_path / "found.json").write_text(json.dumps([*found, found[0] | {"image_id": 10**9}]))
    done = run("eval", "--predictions", tmp_path / "found.json", "--data", tmp_path / "annotations.json", expect=3)
    assert f"[{len(found)}]: image_id 1000000000 is none of the pictures" in done.stderr
