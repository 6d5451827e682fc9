"""docs/benchmarks.md from bench/results/*.json."""

import json

from rows import NEARLY, STEPS

ORDER = ("lora_fp32", "lora_best", "head", "top2", "accuracy", "levers", "fresh_levers", "block_levers", "augment",
         "lite0_forward", "lite0_head", "lite0_top2", "lite0_step", "inputs", "five_minutes", "image_augment",
         "image_starts", "image_levers", "vit_small_forward", "vit_small_top3", "vit_small_step", "coco_ap",
         "yolox_nano_step", "yolox_nano_head_step", "yolox_nano_predict", "yolox_branch", "bccd", "bccd_added",
         "bccd_increment", "scenes_increment", "box_levers", "box_levers_24")
INTRO = """# Benchmarks

Made by `make bench` (`bench/run.py`): strop and Transformers + PEFT on the same machine, in turn (A B A B); medians of
the repeats, means over the seeds for accuracies. *As run*: fp32, shuffled batches padded to their longest row. *Best*:
the faster of its length-grouped fp32 and bf16 runs. For pictures the peer is timm: as run in fp32 and PyTorch's usual
layout, best the faster of channels-last in fp32 and in bf16. For boxes it is YOLOX in PyTorch: as run with batch norms
in training mode, as upstream has them, best channels-last with frozen ones; and pycocotools, timed from the two files to
the figures, without its imports. Whole jobs are timed from the launch of the process to the evaluated model; memory is
the peak resident set that the kernel reports for the process. A difference within one standard error is called a tie; a
row without an aim is a measure alone. The numbers of every single run are in `bench/results/`.
"""

OUTRO = """## The tokenizer

`build/release/bin/text_test --gtest_filter='TokenizerSpeed.*'`, one core, MiniLM's `tokenizer.json`, the lines of SST-2's
`train.tsv`; medians of nine runs by CPU time, least and most behind them; 2026-11-28, AMD EPYC, 2 cores that others used too.

| what | rate |
| --- | --- |
| ids of ASCII texts | 11.3 million tokens/s (9.5 to 12.8) |
| ids of texts with one word that is not ASCII | 2.7 million tokens/s (1.9 to 3.0) |
| ids with offsets | 3.1 million tokens/s (2.6 to 3.6) |
| reading `tokenizer.json` | 25 ms (20 to 28) |
"""


def shown(entry, number):
    if number is None:
        return "-"
    if entry["kind"] in ("points", "level"):
        return f"{100 * number:.1f} %"
    if entry.get("measure") in (STEPS, NEARLY):
        return f"{number:.0f}"
    if "memory" in entry["what"]:
        return f"{number / 2**20:.0f} MiB"
    return f"{number:.1f}" + ("" if "/s," in entry["what"] else " s")


def verdict(entry):
    """Value, aim, whether it is met; a row without an aim is a measure alone."""
    aimless, kind = entry["aim"] is None, entry["kind"]
    if kind == "points":
        value = f"{100 * entry['value']:+.1f} points ± {100 * entry['standard_error']:.1f}"
        aim = "-" if aimless else f"at least {100 * entry['aim']:+.1f}"
    elif kind == "level":
        value, aim = f"{100 * entry['value']:.1f} %", f"at least {100 * entry['aim']:.0f} %"
    elif kind == "share":
        value, aim = f"{100 * entry['value']:.0f} %", "-" if aimless else f"at most {100 * entry['aim']:.0f} %"
    else:
        value, aim = f"{entry['value']:.2f} x", "-" if aimless else f"at least {entry['aim']:g} x"
    return value, aim, "tie" if entry.get("tie") else "-" if aimless else "yes" if entry["met"] else "no"


def table(result):
    lines = [f"## {result['title']}", "", "| what | strop | other | | result | aim | met |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for entry in result["comparisons"]:
        value, aim, word = verdict(entry)
        lines.append(f"| {entry['what']} | {shown(entry, entry['strop'])} | {shown(entry, entry['other'])} | "
                     f"{entry['against'].replace('_', ' ')} | **{value}** | {aim} | {word} |")
    machine, versions = result["machine"], result["versions"]
    packages = ", ".join(f"{name} {version}" for name, version in versions.items() if name not in ("strop", "python"))
    counts = sorted({len(runs) for runs in result["runs"].values()})
    repeats = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else counts[0]
    cpus = {run.get("cpu", machine["cpu"]) for runs in result["runs"].values() for run in runs}
    lines += ["", f"{result['data']}, {repeats} runs a side, {result['date']}; {' and '.join(sorted(cpus))}, {machine['cores']} "
              f"cores ({machine['abilities']}), {machine['memory_bytes'] / 2**30:.0f} GiB; {versions['strop']}; "
              f"{packages}, Python {versions['python']}.", ""]
    return "\n".join(lines)


def write(results, target):
    found = {path.stem: json.loads(path.read_text()) for path in results.glob("*.json")}
    names = [name for name in ORDER if name in found] + sorted(set(found) - set(ORDER))
    target.write_text("\n".join([INTRO, *(table(found[name]) for name in names), OUTRO]), encoding="utf-8")
