"""The peer of `make bench` for pictures: a timm network in PyTorch, as JSON.

    python bench/peer_image.py --job forward --model tf_efficientnet_lite0
    python bench/peer_image.py --job step --model vit_small_patch16_224 --train full --layout channels_last
    python bench/peer_image.py --job train --model tf_efficientnet_lite0 --weights efficientnet-lite0-57934424.pth \
        --data FOLDER --train head

Jobs: forward (inference mode), step (forward, backward and optimizer step on made-up pictures), train (launch to
evaluated model on FOLDER/train and FOLDER/validation, as timm's own script would: random resized crops, flips, two
workers). Trained: head (the rest frozen, its batch norms too), top2 (the last two stages of EfficientNet, the top
convolution and the head), top3 (the last three blocks of a ViT of twelve, the last norm and the head), full. inputs is what the loader of train does, by one thread: decode, crop, resize, flip.
--engine onnxruntime runs the forward job there. save writes the network, made up, into --data as timm's folders are.

Printed: images_per_second (median batch), total_seconds (launch to the end), peak_rss, eval_accuracy.
"""

import argparse
import contextlib
import json
import math
import pathlib
import statistics
import sys
import time

from peer_text import report, since_launch


# What trains beside the head, by the beginnings of names.
TOPS = {"top2": ("blocks.5.", "blocks.6.", "conv_head.", "bn2."), "top3": ("blocks.9.", "blocks.10.", "blocks.11.", "norm.")}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--job", choices=["forward", "step", "train", "inputs", "save"], required=True)
    parser.add_argument("--model", required=True, help="timm's name")
    parser.add_argument("--weights", help="EfficientNet-Lite0 as lukemelas has it, or a .safetensors with timm's names")
    parser.add_argument("--data")
    parser.add_argument("--train", choices=["head", *TOPS, "full"], default="full")
    parser.add_argument("--layout", choices=["contiguous", "channels_last"], default="contiguous")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--engine", choices=["pytorch", "onnxruntime"], default="pytorch")
    parser.add_argument("--lr", type=float, help="default: 1e-2 head, 1e-3 top2 and top3, 3e-4 full")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0, help="train so long instead of epochs, launch included")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--device", default="cpu", help="of the jobs forward and step; cuda for a GPU")
    return parser.parse_args()


def load_timm():
    import torch

    with contextlib.suppress(RuntimeError):  # CPU builds of torch lack two operators that torchvision names
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor a) -> Tensor")
        load_timm.kept = library
    import timm

    return timm


def make_model(args, timm, classes):
    import torch

    model = timm.create_model(args.model, num_classes=1000)
    if args.weights and args.weights.endswith(".safetensors"):
        from safetensors.torch import load_file

        model.load_state_dict(load_file(args.weights))
    elif args.weights:  # another spelling of the same layers in the same order
        stored, own = torch.load(args.weights, weights_only=True), model.state_dict()
        values = list(stored.values())
        assert [value.shape for value in values] == [value.shape for value in own.values()]
        model.load_state_dict(dict(zip(own, values)))
    if classes:
        model.reset_classifier(classes)
    head = [id(p) for p in model.get_classifier().parameters()]
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(args.train == "full" or id(parameter) in head or name.startswith(TOPS.get(args.train, ())))
    return model.to(args.device, memory_format=memory_format(args))


def memory_format(args):
    import torch

    return torch.channels_last if args.layout == "channels_last" else torch.contiguous_format


def autocast(args):
    import torch

    return torch.autocast(args.device, torch.bfloat16, enabled=args.precision == "bf16")


def set_to_train(args, model):
    """Batch norms of what is frozen keep their statistics."""
    model.train()
    if args.train != "full":
        for module in model.modules():
            if any(True for _ in module.parameters(recurse=False)) and not any(
                    p.requires_grad for p in module.parameters(recurse=False)):
                module.eval()


def optimizer_of(args, model):
    import torch

    rate = args.lr or {"head": 1e-2, "top2": 1e-3, "top3": 1e-3, "full": 3e-4}[args.train]
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=rate, weight_decay=0.01)
    for group in optimizer.param_groups:
        group["initial_lr"] = rate
    return optimizer


def train_step(args, model, optimizer, pixels, labels):
    import torch

    with autocast(args):
        loss = torch.nn.functional.cross_entropy(model(pixels), labels)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


def median_rate(args, once, device="cpu"):
    import torch

    seconds = []
    for step in range(args.steps + 2):
        began = time.perf_counter()
        once()
        if device != "cpu":
            torch.cuda.synchronize()
        if step >= 2:
            seconds.append(time.perf_counter() - began)
    return {"images_per_second": args.batch / statistics.median(seconds)}


def forward_job(args, timm):
    import torch

    model = make_model(args, timm, 0).eval()
    pixels = torch.randn(args.batch, 3, 224, 224).to(args.device, memory_format=memory_format(args))
    if args.engine == "onnxruntime":
        return onnx_forward(args, model, pixels)
    with torch.inference_mode(), autocast(args):
        return median_rate(args, lambda: model(pixels), args.device)


def onnx_forward(args, model, pixels):
    import tempfile

    import onnxruntime
    import torch

    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        torch.onnx.export(model, (pixels,), file.name, input_names=["pixels"], dynamo=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        session = onnxruntime.InferenceSession(file.name, options)
    given = {"pixels": pixels.numpy()}
    return median_rate(args, lambda: session.run(None, given))


def step_job(args, timm):
    import torch

    model = make_model(args, timm, 10)
    set_to_train(args, model)
    optimizer = optimizer_of(args, model)
    pixels = torch.randn(args.batch, 3, 224, 224).to(args.device, memory_format=memory_format(args))
    labels = torch.arange(args.batch, device=args.device) % 10
    return median_rate(args, lambda: train_step(args, model, optimizer, pixels, labels), args.device)


def pictures(args, model, split, training):
    from timm.data import create_transform, resolve_data_config
    from torchvision.datasets import ImageFolder

    # The crops of strop's augment=light.
    transform = create_transform(**resolve_data_config({}, model=model), is_training=training, auto_augment=None,
                                 color_jitter=None, re_prob=0.0, scale=(0.5, 1.0), train_crop_mode="rrc")
    return ImageFolder(f"{args.data}/{split}", transform)


def inputs_job(args, timm):
    import random

    import torch

    torch.set_num_threads(1)
    data = pictures(args, make_model(args, timm, 0), "train", training=True)
    rows = random.Random(args.seed)
    return median_rate(args, lambda: torch.stack([data[rows.randrange(len(data))][0] for _ in range(args.batch)]))


def train_job(args, timm):
    import torch

    def loader(split, training):
        return torch.utils.data.DataLoader(pictures(args, model, split, training), args.batch, shuffle=training,
                                           num_workers=2, generator=torch.Generator().manual_seed(args.seed))

    classes = sum(1 for entry in (pathlib.Path(args.data) / "train").iterdir() if entry.is_dir())
    model = make_model(args, timm, classes)
    train = loader("train", True)
    optimizer = optimizer_of(args, model)
    losses, steps, done = [], args.epochs * len(train), 0.0
    while done < 1:  # the rate falls to zero along half a cosine, by steps or by the clock
        set_to_train(args, model)
        for pixels, labels in train:
            losses.append(train_step(args, model, optimizer, pixels.to(memory_format=memory_format(args)), labels))
            done = since_launch() / args.seconds if args.seconds else len(losses) / steps
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] * (1 + math.cos(math.pi * min(done, 1))) / 2
            if done >= 1:
                break
    model.eval()

    def accuracy(split):
        right = count = 0
        with torch.inference_mode(), autocast(args):
            for pixels, labels in loader(split, False):
                right += (model(pixels.to(memory_format=memory_format(args))).argmax(-1) == labels).sum().item()
                count += len(labels)
        return right / count

    result = {"eval_accuracy": accuracy("validation"), "losses": losses}
    if (pathlib.Path(args.data) / "test").is_dir():
        result["test_accuracy"] = accuracy("test")
    return result


def save_job(args, timm):
    from safetensors.torch import save_file

    folder = pathlib.Path(args.data)
    folder.mkdir(parents=True, exist_ok=True)
    model = make_model(args, timm, 0)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, folder / "model.safetensors")
    config = {"architecture": args.model, "num_classes": 1000, "num_features": model.num_features}
    (folder / "config.json").write_text(json.dumps(config) + "\n")
    return {}


def main():
    args = arguments()
    sys.stdout, out = sys.stderr, sys.stdout  # libraries print; stdout is for the one JSON object
    timm = load_timm()
    import torch

    torch.manual_seed(args.seed)
    result = {"forward": forward_job, "step": step_job, "train": train_job, "inputs": inputs_job, "save": save_job}[args.job](args, timm)
    report(args, result, out)


if __name__ == "__main__":
    main()
