"""What adding classes did to a detector: AP50 by class before and after, and whether the old answers stayed.

usage: compare_detectors.py RUN_BEFORE RUN_AFTER

Each run folder holds eval_results.json of `strop eval` and boxes.json of `strop predict`, both on the same pictures.
The old classes are those that the first run was measured on.
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
    rows.append(("old classes", *(f"{mean(figures[name] for name in old):.1f}" for figures in (before, after))))
    rows.append(("new classes", "-", f"{mean(after[name] for name in new):.1f}"))
    rows.append(("all classes", "-", f"{mean(after.values()):.1f}"))
    rows.insert(0, ("AP50", "before", "after"))
    return [f"{name:<14}{left:>8}{right:>8}" for name, left, right in rows]


def frozen(record):
    """A line about the blocks of a run's record whose weights did not train."""
    same = [one for one in record["blocks"] if one["frozen_hash_before"] and one["trained_parameters"] == 0]
    changed = [one["name"] for one in same if one["frozen_hash_before"] != one["frozen_hash_after"]]
    return (f"frozen blocks: {len(same)} of {len(record['blocks'])}, "
            + (f"CHANGED: {', '.join(changed)}" if changed else "the hash of each the same before and after"))


def main():
    (measured_before, found_before), (measured_after, found_after) = (
        [(pathlib.Path(run) / file).read_text(encoding="utf-8") for file in ("eval_results.json", "boxes.json")]
        for run in sys.argv[1:])
    before, after = ap50(measured_before), ap50(measured_after)
    print("\n".join(table(before, after)))
    print(f"forgetting: {mean(before.values()) - mean(after[name] for name in before):.1f} points")
    was, now = boxes(found_before, before), boxes(found_after, before)
    print(f"boxes of the old classes on the test pictures: {len(was)} before, {len(now)} after, "
          + ("each the same in every digit" if was == now else "NOT the same"))
    kept = frozen(json.loads((pathlib.Path(sys.argv[2]) / "strop.json").read_text(encoding="utf-8")))
    print(kept)
    if was != now or "CHANGED" in kept:
        sys.exit("compare_detectors.py: what should have stayed as it was did not")


if __name__ == "__main__":
    main()
