"""The rows of the benchmark: who runs with which settings, what is compared, and what is aimed at.

as_run is the peer as people run it (fp32, shuffled batches padded to their longest row); best is the fastest of its
length-grouped fp32 and bf16 runs. A comparison is (measure, side, other side, aim, "higher" or "lower"): the ratio that
strop must reach over the peer, or the share it must stay under.
"""

from dataclasses import dataclass, field

SPEED, TOTAL = "train_samples_per_second", "total_seconds"
FIRST, MEMORY, ACCURACY = "launch_to_first_step", "peak_rss", "eval_accuracy"
STEPS, NEARLY = "steps_to_cold_accuracy", "steps_to_nine_tenths_of_it"

AS_RUN = {"precision": "fp32", "batching": "random"}
GROUPED = {"precision": "fp32", "batching": "grouped"}
GROUPED_BF16 = {"precision": "bf16", "batching": "grouped"}

# LoRA of rank 8 on query and value with the pooler head: what both sides train.
FRESH_HEAD = {"pooling": "pooler", "head_init": "random"}
LORA = {"method": "lora", "lora_r": 8, "lora_alpha": 16, "target_modules": "query,value"} | FRESH_HEAD
SPEED_ONLY = {"num_train_epochs": 1, "eval_strategy": "no", "logging_steps": 1, "load_best_model_at_end": "false"}
ONE_EPOCH = {"epochs": 1}


@dataclass
class Comparison:
    measure: str
    side: str
    others: list  # the best of these is the one compared with
    aim: float | None  # None: none was set
    what: str
    # "faster": side / other of a rate; "shorter": other / side of a time; "share": side / other, at most the aim;
    # "points": side - other of the means, at least the aim or within one standard error; "level": the mean itself, at
    # least the aim, without another side
    kind: str = "faster"


@dataclass
class Row:
    title: str
    strop: dict  # side name -> settings
    peer: dict
    compare: list = field(default_factory=list)
    seeds: tuple = ()  # one run a seed instead of repeats of one
    derive: object = None  # called with all runs, by side, to add measures that follow from several of them


def peers(extra, *names):
    all_peers = {"as_run": AS_RUN, "grouped": GROUPED, "grouped_bf16": GROUPED_BF16}
    return {name: all_peers[name] | extra for name in names or all_peers}


def whole_job(title, strop, peer, as_run, best, **more):
    others = ["grouped", "grouped_bf16"]
    return Row(title, {"strop": strop} | more, peers(peer),
               [Comparison(TOTAL, "strop", ["as_run"], as_run, "whole job, against as run", "shorter"),
                Comparison(TOTAL, "strop", others, best, "whole job, against its best", "shorter"),
                Comparison(ACCURACY, "strop", ["as_run", *others], 0.0, "dev accuracy", "points")])


def lever(method=LORA, **settings):
    return method | {"num_train_epochs": 3, "test": True} | settings


FULL = {"method": "full", "max_train_samples": 3000} | FRESH_HEAD
LEVERS = {
    "off": lever(),
    "two_thirds_steps": lever(num_train_epochs=2),
    "infobatch_0.75": lever(infobatch=0.75),
}
FRESH_LEVERS = {"off": lever(), "fresh_0.72": lever(data_fraction=0.72, resample="epoch")}
# Blocks updated seldom or in turn save the gradients of weights, so they are held against full tuning (as BAdam and LISA
# are), on fewer rows.
BLOCK_LEVERS = {
    "off": lever(FULL),
    "periods_1_1_1_3": lever(FULL, update_period="1,1,1,3"),
    "cyclic_2": lever(FULL, block_cycle=2),
}
AUGMENTATIONS = ("none", "aeda", "swap", "delete", "mixup", "rdrop")
AUGMENT_EPOCHS = {50: 20, 200: 10, 1000: 4}


def few_rows(rows, method, **settings):
    return {"method": method, "max_train_samples": rows, "num_train_epochs": AUGMENT_EPOCHS[rows],
            "eval_strategy": "no"} | settings


AUGMENT = {
    f"{name}_{rows}": few_rows(rows, "head" if name == "mixup" else "lora", **{} if name == "none" else {"augment": name})
    for rows in AUGMENT_EPOCHS for name in AUGMENTATIONS
}
AUGMENT |= {f"none_head_{rows}": few_rows(rows, "head") for rows in AUGMENT_EPOCHS}


def lever_comparisons(sides, quality, aim, what):
    """Each lever of `sides` against the one without: time saved, and what it costs in `quality`."""
    return [Comparison(measure, name, ["off"], least, f"{name}: {words}", kind)
            for name in sides if name != "off"
            for measure, least, words, kind in ((TOTAL, 0.75, "time, share of off", "share"), (quality, aim, what, "points"))]


def levers(title, sides, seeds=(1, 2, 3)):
    """Accuracy on the test rows: twice as many as of dev, and no checkpoint was chosen by them."""
    return Row(title, sides, {}, lever_comparisons(sides, "test_accuracy", -0.005, "test accuracy"), seeds=seeds)


ROWS = {
    "lora_fp32": Row(
        "LoRA r8 query/value, fp32: training steps, one epoch",
        {"strop": LORA | SPEED_ONLY | {"precision": "fp32"}}, peers(ONE_EPOCH | {"no-eval": True}, "as_run", "grouped"),
        [Comparison(SPEED, "strop", ["as_run"], 2.8, "samples/s, against as run"),
         Comparison(SPEED, "strop", ["grouped"], 1.25, "samples/s, against length-grouped"),
         Comparison(FIRST, "strop", ["as_run"], 8, "launch to first optimizer step", "shorter"),
         Comparison(MEMORY, "strop", ["as_run"], 0.4, "peak resident memory", "share")]),
    "lora_best": Row(
        "LoRA r8 query/value, best safe precision: training steps, one epoch",
        {"strop": LORA | SPEED_ONLY}, peers(ONE_EPOCH | {"no-eval": True}, "grouped", "grouped_bf16"),
        [Comparison(SPEED, "strop", ["grouped", "grouped_bf16"], 1.6, "samples/s, against its best"),
         Comparison(MEMORY, "strop", ["grouped", "grouped_bf16"], 0.4, "peak resident memory", "share")]),
    # The peer's head: pooler and classifier by gradients, of which epochs cost next to nothing here. "default" is what
    # strop does when nothing but the method is said: the closed form on mean-pooled features.
    "head": whole_job("Head tuning, launch to evaluated model, against 3 epochs of the peer",
                      {"method": "head", "pooling": "pooler", "head_solver": "sgd", "num_train_epochs": 20},
                      {"method": "head"}, 10, 3.5, default={"method": "head"}),
    "top2": whole_job("Top-2 blocks, 3 epochs, launch to evaluated model",
                      {"method": "layerwise", "top_k": 2, "pooling": "pooler"}, {"method": "top2"}, 6, 2.5),
    "accuracy": Row(
        "LoRA r8 query/value, 3 epochs, 3 seeds", {"strop": lever()}, peers({}, "grouped"),
        [Comparison(ACCURACY, "strop", ["grouped"], 0.0, "dev accuracy", "points")], seeds=(1, 2, 3)),
    "levers": levers("Fewer steps and rows, each alone against off, LoRA, 3 epochs, 3 seeds", LEVERS),
    "fresh_levers": levers("Fresh subsets against off, LoRA, 3 epochs, 6 seeds", FRESH_LEVERS, (1, 2, 3, 4, 5, 6)),
    "block_levers": levers("Blocks seldom or in turn, each alone against off, full tuning on 3,000 rows, 3 epochs",
                           BLOCK_LEVERS),
    "augment": Row(
        "Text augmentation, few rows, 3 seeds", AUGMENT, {},
        [Comparison(ACCURACY, f"{name}_{rows}", [f"none_head_{rows}" if name == "mixup" else f"none_{rows}"], 0.0,
                    f"{name}, {rows} rows", "points")
         for rows in AUGMENT_EPOCHS for name in AUGMENTATIONS if name != "none"], seeds=(1, 2, 3)),
}
