"""Rows of the benchmark that are about pictures, 224 x 224; rows.py says what a row is.

as_run: fp32 as PyTorch lays pictures out; best: the faster of channels-last in fp32 and in bf16.
"""

from rows import ACCURACY, MEMORY, NEARLY, STEPS, TOTAL, Comparison, Row, lever_comparisons

RATE = "images_per_second"
LAYOUTS = {"as_run": {"layout": "contiguous"}, "channels_last": {"layout": "channels_last"},
           "channels_last_bf16": {"layout": "channels_last", "precision": "bf16"}}
BEST = ["channels_last", "channels_last_bf16"]


def peers(**settings):
    return {name: settings | layout for name, layout in LAYOUTS.items()}


def rate(title, model, job, as_run, best=None, peer=None, **strop):
    compare = [Comparison(RATE, "strop", ["as_run"], as_run, "images/s, against as run")]
    if best:
        compare.append(Comparison(RATE, "strop", BEST, best, "images/s, against its best"))
    return Row(title, {"strop": {"model": model, "job": job} | strop}, peers(model=model, job=job, **(peer or {})), compare)


def whole_job(title, strop, train, as_run, best, model="lite0", **more):
    compare = [Comparison(TOTAL, "strop", ["as_run"], as_run, "whole job, against as run", "shorter"),
               Comparison(TOTAL, "strop", BEST, best, "whole job, against its best", "shorter"),
               Comparison(ACCURACY, "strop", ["as_run", *BEST], 0.0, "validation accuracy", "points"),
               Comparison(MEMORY, "strop", ["as_run", *BEST], 0.4, "peak resident memory", "share")]
    if model == "vit_small":  # made-up weights: what they learn says nothing
        compare = [one for one in compare if one.measure != ACCURACY]
    return Row(title, {"strop": {"model": model, "job": "train"} | strop}, peers(model=model, job="train", train=train), compare,
               **more)


FORWARD = rate("EfficientNet-Lite0, frozen forward, batches of 32", "lite0", "forward", 6, 1.7)
FORWARD.peer["onnxruntime"] = {"model": "lite0", "job": "forward", "engine": "onnxruntime"}
FORWARD.compare.append(Comparison(RATE, "strop", ["onnxruntime"], 0.95, "images/s, against ONNX Runtime in fp32"))

FULL = {"method": "full", "augment": "none"}
# The last two stages of EfficientNet-Lite0 are five blocks; the top convolution above them trains too.
TOP = {"method": "layerwise", "top_k": 6, "num_train_epochs": 5}

# Both at most five minutes from the launch; which settings strop takes was chosen on the validation pictures.
MINUTES = {"model": "lite0", "job": "train"}
FIVE = Row("clothing-small, test accuracy, EfficientNet-Lite0 in five minutes, 3 seeds",
           {"strop": MINUTES | {"method": "layerwise", "top_k": 6, "num_train_epochs": 15}},
           {"full": MINUTES | {"train": "full", "layout": "channels_last", "seconds": 280},
            "head": MINUTES | {"train": "head", "layout": "channels_last", "seconds": 280}},
           [Comparison("test_accuracy", "strop", ["full", "head"], 0.0, "test accuracy", "points")], seeds=(1, 2, 3))


def few_pictures(**settings):
    """The last two stages on 200 pictures, prefix kept: what a change of the pictures is worth there. Where the steps end below the
    solved head by the validation pictures, that one is the result: mixing and smoothing, in most of the seeds."""
    return TOP | {"model": "lite0", "job": "train", "max_train_samples": 200, "num_train_epochs": 10, "lp_ft": "true",
            "eval_strategy": "no"} | settings


# PatchDropout has no row: it is for vision transformers, of which no trained one is at hand.
IMAGE_AUGMENT = {name: few_pictures(augment=name)
                 for name in ("none", "light", "medium", "strong", "crop", "flip", "jitter", "affine", "randaugment", "rand-m9-mstd0.5",
                              "trivialaugment", "erasing", "mixup", "cutmix")}
IMAGE_AUGMENT |= {
    "hue": few_pictures(augment="none", color_jitter="0,0,0,0.1"),
    "label_smoothing": few_pictures(augment="none", label_smoothing_factor=0.1),
    # Sizes that grow ask for gradient steps alone and no cache: against the same without them.
    "one_size": few_pictures(augment="none", lp_ft="false", cache="none"),
    "progressive_resizing": few_pictures(augment="none", lp_ft="false", cache="none", progressive_resizing=0.5),
}


def start(**settings):
    """The last two stages on 60 pictures of classes that are new to the network, looked at every other step."""
    return {"model": "lite0", "job": "train", "part": "new", "max_train_samples": 60, "method": "layerwise", "top_k": 6,
            "augment": "none", "num_train_epochs": 20, "eval_strategy": "steps", "eval_steps": 2} | settings


TWO_STAGES = {"pretrain_data": "known", "pretrain_method": "layerwise", "pretrain_top_k": 6, "pretrain_epochs": 5}
IMAGE_STARTS = {
    "cold": start(head_init="random"),
    "closed_form": start(head_init="closed_form"),
    "pretrained_rows": start(head_init="pretrained"),
    "two_stages": start(**TWO_STAGES),
    "two_stages_closed_form": start(head_init="closed_form", **TWO_STAGES),
}


def steps_to_cold(runs):
    """Adds to each run the steps until it was as right as the cold start of its seed became, and nine tenths of that, for on so
    few pictures the best of many looks is luck in part; all steps where it never was."""
    goals = {run["seed"]: max(accuracy for _, accuracy in run["evaluations"]) for run in runs["cold"]}
    for run in (run for side in runs.values() for run in side):
        for measure, share in ((STEPS, 1), (NEARLY, 0.9)):
            reached = [step for step, accuracy in run["evaluations"] if accuracy >= share * goals[run["seed"]]]
            run[measure] = min(reached, default=run["evaluations"][-1][0])


def lever(**settings):
    return TOP | {"model": "lite0", "job": "train", "augment": "none", "num_train_epochs": 12} | settings


IMAGE_LEVERS = {
    "off": lever(),
    "two_thirds_steps": lever(num_train_epochs=8),
    "infobatch_0.75": lever(infobatch=0.75),
    "fresh_two_thirds": lever(data_fraction=0.67, resample="epoch"),
    "periods_1_2_4": lever(update_period="1,1,2,2,4,4,4"),
    "cyclic_2": lever(block_cycle=2),
}

IMAGE_ROWS = {
    "lite0_forward": FORWARD,
    "lite0_head": whole_job("EfficientNet-Lite0, head tuning, launch to evaluated model, against 5 epochs of the peer",
                            {"method": "head"}, "head", 12, 5),
    "lite0_top2": whole_job("EfficientNet-Lite0, last two stages, 5 epochs, launch to evaluated model, 3 seeds", TOP, "top2", 4, 2,
                            seeds=(1, 2, 3)),
    "lite0_step": rate("EfficientNet-Lite0, full step", "lite0", "step", 1.5, peer={"train": "full"}, **FULL),
    "inputs": Row("Decode, random crop, resize, flip, normalise: pictures a second of one core",
                  {"strop": {"model": "lite0", "job": "inputs", "threads": 1, "augment": "light"}},
                  {"pil": {"model": "lite0", "job": "inputs"}},
                  [Comparison(RATE, "strop", ["pil"], 2, "pictures/s, against PIL and torchvision")]),
    "vit_small_forward": rate("ViT-S/16, frozen forward", "vit_small", "forward", 2.5, 1.2),
    "five_minutes": FIVE,
    "image_augment": Row("Augmentation of pictures: last two stages on 200 pictures behind a solved head, the better of both kept, 3 seeds", IMAGE_AUGMENT, {},
                         [Comparison(ACCURACY, name, ["one_size" if name == "progressive_resizing" else "none"], 0.0, name, "points")
                          for name in IMAGE_AUGMENT if name not in ("none", "one_size")],
                         seeds=(1, 2, 3)),
    "image_starts": Row("What a start saves: last two stages on 60 pictures of new classes, 3 seeds", IMAGE_STARTS, {},
                        [Comparison(measure, name, ["cold"], aim, f"{name}: {what}", kind)
                         for name in IMAGE_STARTS if name != "cold"
                         for measure, aim, what, kind in ((NEARLY, 0.5, "steps to 90 % of the cold start's best accuracy", "share"),
                                                          (STEPS, 0.5, "steps to all of it", "share"),
                                                          (ACCURACY, 0.0, "validation accuracy", "points"))],
                        seeds=(1, 2, 3), derive=steps_to_cold),
    "image_levers": Row("Each lever alone against off on pictures: last two stages, 12 epochs, 3 seeds", IMAGE_LEVERS, {},
                        lever_comparisons(IMAGE_LEVERS, "test_accuracy", -0.005, "test accuracy"), seeds=(1, 2, 3)),
    "vit_small_top3": whole_job("ViT-S/16, last three blocks, 5 epochs, launch to evaluated model (two views of each picture kept)",
                                {"method": "layerwise", "top_k": 3, "num_train_epochs": 5, "views": 2}, "top3", 4, 1.8,
                                "vit_small"),
    "vit_small_step": rate("ViT-S/16, full step", "vit_small", "step", 1.15, peer={"train": "full"}, **FULL),
}
