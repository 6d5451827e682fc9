"""Composes pictures with boxes from Fashion-MNIST's items on textured backgrounds, written as COCO.

usage: compose_scenes.py ITEMS_FOLDER TARGET_FOLDER [--seed 7] [--size 224] [--base 1000] [--added 500] [--test 300]

ITEMS_FOLDER holds the four *-ubyte.gz files. What is made, each JSON file beside its images/:

  base/{train,validation}.json   pictures of the six base classes, all labelled
  added/{train,validation}.json  a new class on most pictures; what there is of the base classes is not labelled
  test/all.json, test/old.json   the same pictures of all eight classes, all labelled, or only the base ones

A picture holds one to five items of 56 to 140 pixels, cut out, tinted and perhaps mirrored; of two boxes the smaller is
covered by at most a tenth. Training uses the items of the set's training part alone, the others those of its test part
(validation the even ones, test the odd ones). Validation has a tenth as many pictures as training. Each picture depends
on seed, set and number alone: the same everywhere. Standard library only.
"""

import argparse
import colorsys
import concurrent.futures
import gzip
import json
import pathlib
import random
import struct
import zlib

NAMES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
BASE = (0, 1, 3, 4, 5, 7)  # pullovers and shirts are left out: at this size even people take them for coats
ADDED = (8, 9)
SIDE = 28  # of an item
LEAST, MOST = 56, 140  # pixels of an item's longer side on the picture
MOST_ITEMS = 5
MOST_COVERED = 0.1
FAINT = 24  # values up to this are background where they reach the border


def read_idx(path, head):
    data = gzip.decompress(path.read_bytes())
    magic, count = struct.unpack(">ii", data[:8])
    if magic != (2051 if head == 16 else 2049):
        raise SystemExit(f"compose_scenes: {path}: begins with {magic}; expected an idx file of bytes")
    return count, data[head:]


def read_items(folder, part):
    """Class -> list of items, each SIDE * SIDE bytes."""
    count, pixels = read_idx(folder / f"{part}-images-idx3-ubyte.gz", 16)
    _, labels = read_idx(folder / f"{part}-labels-idx1-ubyte.gz", 8)
    items = {label: [] for label in range(len(NAMES))}
    for i in range(count):
        items[labels[i]].append(pixels[i * SIDE * SIDE:(i + 1) * SIDE * SIDE])
    return items


def cut_out(item):
    """Rows of values and rows of the mask (0 or 255), as large as what is seen; None for an empty item."""
    open_places = [p for p in range(SIDE * SIDE) if p % SIDE in (0, SIDE - 1) or p // SIDE in (0, SIDE - 1)]
    outside = set()
    while open_places:
        p = open_places.pop()
        if p in outside or item[p] > FAINT:
            continue
        outside.add(p)
        x = p % SIDE
        open_places += [q for q, inside in ((p - 1, x > 0), (p + 1, x < SIDE - 1), (p - SIDE, p >= SIDE),
                                            (p + SIDE, p < SIDE * (SIDE - 1))) if inside]
    seen = [p for p in range(SIDE * SIDE) if p not in outside]
    if not seen:
        return None
    left, right = min(p % SIDE for p in seen), max(p % SIDE for p in seen) + 1
    rows = range(seen[0] // SIDE, seen[-1] // SIDE + 1)
    mask = bytes(0 if p in outside else 255 for p in range(SIDE * SIDE))
    return tuple([plane[y * SIDE + left:y * SIDE + right] for y in rows] for plane in (item, mask))


def places(source, target):
    """For each of `target` pixels the two of `source` between which it lies, and the second's share of 256."""
    for i in range(target):
        at = min(max((i + 0.5) * source / target - 0.5, 0), source - 1)
        first = int(at)
        yield first, min(first + 1, source - 1), int(256 * (at - first))


def stretched(rows, width, height):
    """Rows of numbers 0 .. 255 as rows of bytes, bilinear."""
    columns = list(places(len(rows[0]), width))
    wide = [[(row[i] * (256 - f) + row[j] * f) >> 8 for i, j, f in columns] for row in rows]
    return [bytes([(a * (256 - f) + b * f) >> 8 for a, b in zip(wide[i], wide[j])])
            for i, j, f in places(len(rows), height)]


def whole(rng, least, most):
    """Of least .. most. The generator's own random() alone is used: the same in every version of Python."""
    return least + int(rng.random() * (most - least + 1))


def colour(rng, least_value):
    return [255 * part for part in colorsys.hsv_to_rgb(rng.random(), 0.15 + 0.7 * rng.random(),
                                                      least_value + (1 - least_value) * rng.random())]


def ramps(dark, light):
    """For each channel the table that maps 0 .. 255 from one colour to the other."""
    return [bytes(int(a + (b - a) * value / 255) for value in range(256)) for a, b in zip(dark, light)]


def smooth_plane(rng, size):
    """0 .. 191: a gradient, stripes, checks or clouds."""
    kind = whole(rng, 0, 3)
    if kind == 3:
        lattice = [[whole(rng, 0, 191) for _ in range(width)] for width in [whole(rng, 3, 12)] for _ in range(width)]
        return b"".join(stretched(lattice, size, size))
    slope = 2 * rng.random()
    length = int(size * (1 + slope)) + 1
    if kind == 0:
        wave = bytes(191 * k // length for k in range(length))
    else:
        period = whole(rng, 8, 48)
        wave = bytes(abs(2 * (k % period) - period) * 191 // period for k in range(length))
    if kind == 2:
        turned = wave.translate(bytes(191 - min(k, 191) for k in range(256)))
        return b"".join((turned if y // period % 2 else wave)[:size] for y in range(size))
    return b"".join(wave[int(slope * y):int(slope * y) + size] for y in range(size))


def background(rng, size):
    """Three planes of size * size bytes."""
    depth = whole(rng, 4, 63)
    grain = rng.randbytes(size * size).translate(bytes(value * depth // 256 for value in range(256)))
    # No byte of the sum exceeds 254: the planes add up as two long numbers.
    both = int.from_bytes(smooth_plane(rng, size), "big") + int.from_bytes(grain, "big")
    plane = both.to_bytes(size * size, "big")
    return [bytearray(plane.translate(table)) for table in ramps(colour(rng, 0.1), colour(rng, 0.3))]


def paste(planes, size, cut, at, sides, tables):
    """Draws an item at `at` = (x, y); returns its box [x, y, width, height] and its pixels."""
    values, mask = (stretched(rows, *sides) for rows in cut)
    threshold = bytes(1 if value >= 128 else 0 for value in range(256))
    left, right, top, bottom, area = size, 0, size, 0, 0
    for row, (numbers, seen) in enumerate(zip(values, mask)):
        seen = seen.translate(threshold)
        begin = seen.find(1)
        while begin >= 0:
            end = seen.find(0, begin)
            end = len(seen) if end < 0 else end
            start = (at[1] + row) * size + at[0]
            for plane, table in zip(planes, tables):
                plane[start + begin:start + end] = numbers[begin:end].translate(table)
            left, right = min(left, begin), max(right, end)
            top, bottom, area = min(top, row), row + 1, area + end - begin
            begin = seen.find(1, end)
    return [at[0] + left, at[1] + top, right - left, bottom - top], area


def covered(a, b):
    """The common area of two boxes over the smaller one's."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(width, 0) * max(height, 0) / min(a[2] * a[3], b[2] * b[3])


def compose(rng, size, items, classes, first_classes):
    """One picture as three planes, and its (class, box, area) list. The first item is one of `first_classes`."""
    planes = background(rng, size)
    found = []
    for number in range(whole(rng, 1, MOST_ITEMS)):
        among = first_classes if number == 0 else classes
        label = among[whole(rng, 0, len(among) - 1)]
        cut = cut_out(items[label][whole(rng, 0, len(items[label]) - 1)])
        if cut is None:
            continue
        if rng.random() < 0.5:
            cut = tuple([row[::-1] for row in rows] for rows in cut)
        longer = min(size, LEAST * (MOST / LEAST) ** rng.random())
        scale = longer / max(len(cut[0]), len(cut[0][0]))
        sides = [max(1, round(scale * len(cut[0][0]))), max(1, round(scale * len(cut[0])))]
        light = colour(rng, 0.6)
        tables = ramps([0.15 * part for part in light], light)
        for _ in range(30):
            at = [whole(rng, 0, size - side) for side in sides]
            if all(covered(at + sides, box) <= MOST_COVERED for _, box, _ in found):
                found.append((label, *paste(planes, size, cut, at, sides, tables)))
                break
    return planes, found


def png(planes, size):
    pixels = bytearray(3 * size * size)
    for channel, plane in enumerate(planes):
        pixels[channel::3] = plane
    lines = b"".join(b"\0" + pixels[3 * size * y:3 * size * (y + 1)] for y in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 3)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks)


class Split:
    """Pictures of one kind."""

    def __init__(self, name, count, part, classes, first_classes, labelled):
        self.name, self.count, self.part = name, count, part
        self.classes, self.first_classes = classes, first_classes
        self.labelled = labelled  # JSON file -> the classes that it labels

    def file_name(self, number):
        return f"{self.name.split('/')[1]}-{number:05d}.png"


def splits(options):
    every = BASE + ADDED
    mostly_added = 6 * ADDED + BASE  # pictures without a new class teach what is none
    tenth = lambda count: max(1, count // 10)
    return [
        Split("base/train", options.base, "train", BASE, BASE, {"base/train.json": BASE}),
        Split("base/validation", tenth(options.base), "validation", BASE, BASE, {"base/validation.json": BASE}),
        Split("added/train", options.added, "train", every, mostly_added, {"added/train.json": ADDED}),
        Split("added/validation", tenth(options.added), "validation", every, mostly_added,
              {"added/validation.json": ADDED}),
        Split("test/scene", options.test, "test", every, every, {"test/all.json": every, "test/old.json": BASE}),
    ]


def items_of(folder, part):
    items = read_items(folder, "train" if part == "train" else "t10k")
    if part == "train":
        return items
    return {label: own[(0 if part == "validation" else 1)::2] for label, own in items.items()}


ITEMS = {}  # part -> items, in each process


def make(target, options, split, number):
    """Writes one picture; returns what is on it."""
    if split.part not in ITEMS:
        ITEMS[split.part] = items_of(options.items, split.part)
    rng = random.Random(f"{options.seed}/{split.name}/{number}")
    planes, found = compose(rng, options.size, ITEMS[split.part], split.classes, split.first_classes)
    (target / split.name).parent.joinpath("images", split.file_name(number)).write_bytes(png(planes, options.size))
    return found


def coco(split, labelled, scenes, size):
    """With every class among the categories: an added class joins those that were there under one numbering."""
    known = BASE if labelled == BASE else BASE + ADDED
    annotations = []
    for number, found in enumerate(scenes):
        for label, box, area in found:
            if label in labelled:
                annotations.append({"id": len(annotations) + 1, "image_id": number + 1, "category_id": label + 1,
                                    "bbox": box, "area": area, "iscrowd": 0})
    return {"images": [{"id": number + 1, "file_name": split.file_name(number), "width": size, "height": size}
                       for number in range(len(scenes))],
            "annotations": annotations,
            "categories": [{"id": label + 1, "name": NAMES[label]} for label in known]}


def counts(root):
    names = {one["id"]: one["name"] for one in root["categories"]}
    found = [names[one["category_id"]] for one in root["annotations"]]
    return ", ".join(f"{found.count(name)} {name}" for name in names.values() if name in found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("items", type=pathlib.Path)
    parser.add_argument("target", type=pathlib.Path)
    for key, default in (("seed", 7), ("size", 224), ("base", 1000), ("added", 500), ("test", 300)):
        parser.add_argument("--" + key, type=int, default=default)
    options = parser.parse_args()
    with concurrent.futures.ProcessPoolExecutor() as workers:
        for split in splits(options):
            (options.target / split.name).parent.joinpath("images").mkdir(parents=True, exist_ok=True)
            repeat = lambda what: [what] * split.count
            scenes = list(workers.map(make, repeat(options.target), repeat(options), repeat(split), range(split.count),
                                      chunksize=16))
            for file, labelled in split.labelled.items():
                root = coco(split, labelled, scenes, options.size)
                (options.target / file).write_text(json.dumps(root), encoding="utf-8")
                print(f"{file}: {split.count} pictures, {len(root['annotations'])} boxes: {counts(root)}")


if __name__ == "__main__":
    main()
