"""make bench: strop against Transformers + PEFT, timm, and for boxes PyTorch, ONNX Runtime and pycocotools, on the same
machine, in turn (A B A B), medians.

    build/venv/bin/python bench/run.py [--repeats 3] [--seeds 1,2] [ROW ...]

Each row (bench/rows.py; all without arguments) leaves bench/results/ROW.json; docs/benchmarks.md is rendered from
all of them. Long rows can be taken seed by seed: --seeds runs those alone and keeps the others that were left. Data:
SST-2 from STROP_DATA (default ../shared), else the movie lines of build/assets, and says so.
"""

import argparse
import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

import render
from detect_rows import DETECT_ROWS
from detect_sides import BCCD, SHARED, PeerBoxes, StropBoxes, missing
from image_rows import IMAGE_ROWS
from image_sides import PEER_ENV, PeerImages, StropImages, models, picture_data
from rows import ROWS as TEXT_ROWS
from sides import Peer, Strop

ROWS = TEXT_ROWS | IMAGE_ROWS | DETECT_ROWS

ROOT = pathlib.Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"


def prepare_data(work):
    """A folder with header-less train.tsv and dev.tsv, the same files for both sides, and beside it test.tsv, which no
    training sees. Returns (folder, name)."""
    folder = work / "data"
    folder.mkdir(parents=True, exist_ok=True)
    sst2 = pathlib.Path(os.environ.get("STROP_DATA", ROOT / ".." / "shared")) / "data" / "sst2"
    if (sst2 / "train.tsv").exists():
        for name in ("train.tsv", "dev.tsv", "test.tsv"):
            (work if name == "test.tsv" else folder).joinpath(name).write_bytes((sst2 / name).read_bytes())
        return folder, "SST-2"
    print(f"bench: no {sst2}/train.tsv (STROP_DATA); using the movie lines of vaderSentiment instead", file=sys.stderr)
    for source, name in (("train", "train.tsv"), ("validation", "dev.tsv"), ("test", "../test.tsv")):
        lines = (ROOT / f"build/assets/vader-movies/{source}.tsv").read_text(encoding="utf-8").splitlines()[1:]
        rows = [line.replace("\tnegative", "\t0").replace("\tpositive", "\t1") for line in lines]
        (folder / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder, "VADER movie lines"


def machine():
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
    names = [line.split(":", 1)[1].strip() for line in cpuinfo.splitlines() if line.startswith("model name")]
    flags = set(next((line for line in cpuinfo.splitlines() if line.startswith("flags")), "").split())
    abilities = [name for name in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16") if name in flags]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cpu": names[0] if names else platform.processor(), "cores": len(os.sched_getaffinity(0)),
            "abilities": " ".join(abilities), "memory_bytes": memory, "system": platform.platform()}


def versions(strop, name):
    line = subprocess.run([strop, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    peers = (("onnxruntime", "pycocotools", "numpy") if name in DETECT_ROWS else
             ("timm", "onnxruntime") if name in IMAGE_ROWS else ("transformers", "peft", "accelerate"))
    # The folder of the pictures' peer first, as PYTHONPATH has it.
    found = {one.metadata["Name"]: one.version
             for path in (sys.path, [PEER_ENV["PYTHONPATH"]]) for one in importlib.metadata.distributions(path=path)}
    return {"strop": line, "python": platform.python_version()} | {name: found[name] for name in ("torch", *peers)}


def measure_row(row, strop, peer, rounds):
    """Runs every side once in each round, so that a drift of the machine touches all alike."""
    # Where the processor has no bf16 the peer's products in it take twenty times as long: its best is not among them.
    here = machine()
    bf16 = any(name.endswith("bf16") for name in here["abilities"].split())
    peers = {name: settings for name, settings in row.peer.items() if bf16 or settings.get("precision") != "bf16"}
    runs = {name: [] for name in [*row.strop, *peers]}
    for round_ in rounds:
        seed = {"seed": round_} if row.seeds else {}
        for name in runs:
            side, settings = (strop, row.strop[name]) if name in row.strop else (peer, row.peer[name])
            measures = side(settings | seed)
            runs[name].append(measures | seed | {"cpu": here["cpu"]})
            shown = {k: round(v, 3) for k, v in measures.items() if isinstance(v, float)}
            print(f"  {name} {round_}: {shown}", file=sys.stderr)
    return runs


def with_other_seeds(runs, place):
    """The runs and those of other seeds that stand in the result at `place`."""
    found = json.loads(place.read_text()) if place.exists() else {"runs": {}, "machine": {}}
    for name, own in runs.items():
        taken = {run["seed"] for run in own}
        kept = [{"cpu": found["machine"].get("cpu")} | run for run in found["runs"].get(name, []) if run["seed"] not in taken]
        own[:] = sorted(own + kept, key=lambda run: run["seed"])


def numbers_of(runs, name, measure):
    return [run[measure] for run in runs[name] if measure in run]


def compare(comparison, runs):
    c = comparison
    own = numbers_of(runs, c.side, c.measure)
    others = {name: numbers_of(runs, name, c.measure) for name in c.others if name in runs}
    if c.kind == "level":
        level = statistics.mean(own)
        return {"what": c.what, "measure": c.measure, "against": "-", "strop": level, "other": None, "value": level, "aim": c.aim,
                "kind": c.kind, "met": level >= c.aim}
    better = max if c.kind in ("faster", "points") else min
    if c.kind == "points":
        middle = statistics.mean
    else:
        middle = statistics.median
    against = better(others, key=lambda name: middle(others[name]))
    mine, theirs = middle(own), middle(others[against])
    if c.kind == "points":
        both = [own, others[against]]
        spread = sum(statistics.variance(x) / len(x) for x in both if len(x) > 1) ** 0.5
        value, met = mine - theirs, None if c.aim is None else mine - theirs >= c.aim - spread
        return {"what": c.what, "measure": c.measure, "against": against, "strop": mine, "other": theirs, "value": value,
                "standard_error": spread, "aim": c.aim, "kind": c.kind, "met": met, "tie": abs(value) <= spread}
    value = theirs / mine if c.kind == "shorter" else mine / theirs
    met = None if c.aim is None else value <= c.aim if c.kind == "share" else value >= c.aim
    return {"what": c.what, "measure": c.measure, "against": against, "strop": mine, "other": theirs, "value": value, "aim": c.aim,
            "kind": c.kind, "met": met}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--strop", default=str(ROOT / "build/release/bin/strop"))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seeds", type=lambda text: [int(word) for word in text.split(",")], metavar="N,N")
    parser.add_argument("--model", default=str(ROOT / "build/assets/all-MiniLM-L6-v2"))
    args = parser.parse_args()
    unknown = [name for name in args.rows if name not in ROWS]
    if unknown:
        parser.error(f"unknown row {unknown[0]}; expected some of {', '.join(ROWS)}")
    if args.seeds and (without := [name for name in args.rows or ROWS if not ROWS[name].seeds]):
        parser.error(f"--seeds: {without[0]} has none; use --repeats")
    work = ROOT / "build" / "bench"
    RESULTS.mkdir(exist_ok=True)
    for name in args.rows or ROWS:
        row = ROWS[name]
        if name in DETECT_ROWS:
            if place := missing(row):
                print(f"{name}: left out: no {place}; put it into the folder that STROP_DATA names", file=sys.stderr)
                continue
            data, data_name = BCCD, {"coco_ap": "made-up boxes", "scenes_increment": "composed scenes"}.get(name, "BCCD")
            strop, peer = StropBoxes(args.strop, work), PeerBoxes(work)
        elif name in IMAGE_ROWS:
            data, data_name = picture_data()
            found = models(work)
            strop, peer = StropImages(args.strop, found, data, work), PeerImages(found, data)
        else:
            data, data_name = prepare_data(work)
            strop, peer = Strop(args.strop, args.model, data, work), Peer(args.model, data)
        print(f"{name}: {row.title}", file=sys.stderr)
        runs = measure_row(row, strop, peer, args.seeds or row.seeds or range(args.repeats))
        if args.seeds:
            with_other_seeds(runs, RESULTS / f"{name}.json")
        if row.derive:
            row.derive(runs)
        result = {"row": name, "title": row.title, "date": datetime.date.today().isoformat(), "data": data_name,
                  "machine": machine(), "versions": versions(args.strop, name),
                  "comparisons": [compare(c, runs) for c in row.compare], "runs": runs}
        text = json.dumps(result, indent=1).replace(str(ROOT) + "/", "")
        for place in {data, SHARED}:
            text = text.replace(str(place), os.path.relpath(place, ROOT))
        (RESULTS / f"{name}.json").write_text(text + "\n")
        render.write(RESULTS, ROOT / "docs" / "benchmarks.md")
        print(render.table(result))


if __name__ == "__main__":
    main()
