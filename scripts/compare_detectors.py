"""What adding classes did to a detector, as a table.

usage: compare_detectors.py BEFORE.json AFTER.json BOXES_BEFORE.json BOXES_AFTER.json

BEFORE and AFTER are what `strop eval --json` says of the detector without and with the added classes, the other two what
`strop predict` finds on the same pictures. The old classes are those that BEFORE measures.
"""

import json
import pathlib
import sys


def ap50(text):
    """Class -> AP50 in per cent, of the classes with true boxes."""
    return {one["name"]: 100 * one["map_50"] for one in json.loads(text)["eval_box_classes"] if one["support"] > 0}


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def boxes(text, names):
    return [(one["file"], one["category_name"], one["bbox"], one["score"]) for one in json.loads(text)
            if one["category_name"] in names]


def table(before, after):
    rows = [(name, f"{before[name]:.1f}" if name in before else "-", f"{after[name]:.1f}") for name in after]
    old, new = [name for name in after if name in before], [name for name in after if name not in before]
    rows.append(("old classes", f"{mean(before[name] for name in old):.1f}", f"{mean(after[name] for name in old):.1f}"))
    if new:
        rows.append(("new classes", "-", f"{mean(after[name] for name in new):.1f}"))
        rows.append(("all classes", "-", f"{mean(after.values()):.1f}"))
    return [f"{name:<14}{left:>8}{right:>8}" for name, left, right in [("AP50", "before", "after"), *rows]]


def main():
    before, after, boxes_before, boxes_after = (pathlib.Path(name).read_text(encoding="utf-8") for name in sys.argv[1:])
    old = ap50(before)
    print("\n".join(["", *table(old, ap50(after))]))
    forgotten = mean(old.values()) - mean(value for name, value in ap50(after).items() if name in old)
    was, now = boxes(boxes_before, old), boxes(boxes_after, old)
    print(f"forgetting: {forgotten:.1f} points; boxes of the old classes on the test pictures: {len(was)} before, {len(now)} after, "
          + ("each the same in every digit" if was == now else "not the same"))


if __name__ == "__main__":
    main()
