"""Makes tests/data/conv: tiny random convolutional networks in every library's files, and what the library computes.

    python tools/make_conv_reference.py [NAME ...]      (torch, timm, torchvision, transformers, safetensors)
    python tools/make_conv_reference.py --real FOLDER   (efficientnet-lite0-57934424.pth, mobilenet_v2-b0353104.pth)

NAME/weights.pth or model.safetensors (+ config.json)   the network
NAME/reference.json   logits of picture(2, side); of the mean cross entropy with the labels [0, 1]: for each tensor the
                      norm of its gradient and its product with wave(numel)
real/NAME.json        logits of picture(1, 224)
"""

import json
import pathlib
import sys

import torch

import cpu_torchvision  # noqa: F401
import timm
import torchvision
import transformers
from timm.models import _efficientnet_builder as builder
from timm.models import efficientnet as timm_efficientnet
from timm.models import mobilenetv3 as timm_v3
from timm.models import resnet as timm_resnet
from torchvision.models import efficientnet as tv_efficientnet
from torchvision.models import mobilenetv2 as tv_v2
from torchvision.models import mobilenetv3 as tv_v3

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "conv"
CLASSES, SIDE = 3, 33


def wave(count):
    return torch.sin(torch.arange(count, dtype=torch.float64) * 0.7).float()


def picture(count, side):
    return (wave(count * 3 * side * side) * 1.5).view(count, 3, side, side)


def spread(model, gain, seed=5):
    """Weights and statistics as far from those at birth as trained ones are."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if not tensor.is_floating_point():
                continue
            random = torch.randn(tensor.shape, generator=generator)
            if name.endswith("running_mean"):
                tensor.copy_(random * 0.2)
            elif name.endswith("running_var"):
                tensor.copy_(random.abs() + 0.5)
            elif tensor.dim() == 1:
                tensor.add_(random * 0.3)
            else:
                fan = tensor[0].numel()
                tensor.copy_(random * (gain / fan**0.5))
    return model.eval()


def arch(stages):
    return builder.decode_arch_def([[one] for one in stages])


def timm_net(stages, act, eps, pad, cls=timm_efficientnet.EfficientNet, **more):
    from functools import partial
    return cls(arch(stages), num_classes=CLASSES, stem_size=8, act_layer=act, pad_type=pad,
               norm_layer=partial(torch.nn.BatchNorm2d, eps=eps), **more)


LITE = ["ds_r1_k3_s1_e1_c8", "ir_r2_k3_s2_e3_c16", "ir_r1_k5_s2_e3_c24", "ir_r2_k3_s2_e3_c32", "ir_r1_k5_s1_e2_c40"]
B = ["ds_r1_k3_s1_e1_c8_se0.25", "ir_r2_k3_s2_e3_c12_se0.25", "ir_r1_k5_s2_e3_c16_se0.25"]
V2 = ["ds_r1_k3_s1_c8", "ir_r2_k3_s2_e3_c12", "ir_r2_k3_s2_e3_c16"]
V3_LARGE = ["ds_r1_k3_s1_e1_c8_nre", "ir_r2_k3_s2_e3_c12_nre", "ir_r1_k5_s2_e3_c16_se0.25_nre", "ir_r2_k3_s2_e3_c16",
            "ir_r1_k3_s1_e3_c20_se0.25", "cn_r1_k1_s1_c32"]
V3_SMALL = ["ds_r1_k3_s2_e1_c8_se0.25_nre", "ir_r2_k3_s2_e3_c12_nre", "ir_r2_k5_s2_e3_c16_se0.25", "cn_r1_k1_s1_c32"]


def timm_lite(eps, pad):
    return timm_net(LITE, torch.nn.ReLU6, eps, pad, num_features=32)


def timm_b():
    return timm_net(B, torch.nn.SiLU, 1e-5, "", num_features=32)


def timm_mobilenet_v3(stages):
    return timm_net(stages, torch.nn.Hardswish, 1e-5, "", cls=timm_v3.MobileNetV3, num_features=24,
                    se_layer=_hard_squeeze())


def _hard_squeeze():
    from functools import partial
    return partial(timm_efficientnet.SqueezeExcite, gate_layer="hard_sigmoid", force_act_layer=torch.nn.ReLU,
                   rd_round_fn=timm_efficientnet.round_channels)


def lukemelas_names(state):
    """timm's names as EfficientNet-PyTorch spells them: blocks are counted through, every part has one name."""
    blocks = []
    for name in state:
        if name.startswith("blocks."):
            place = tuple(name.split(".")[1:3])
            if place not in blocks:
                blocks.append(place)
    parts = {"conv_pw": "_expand_conv", "bn1": "_bn0", "conv_dw": "_depthwise_conv", "bn2": "_bn1",
             "conv_pwl": "_project_conv", "bn3": "_bn2"}
    first = {"conv_dw": "_depthwise_conv", "bn1": "_bn1", "conv_pw": "_project_conv", "bn2": "_bn2"}
    ends = {"conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head", "bn2": "_bn1", "classifier": "_fc"}
    renamed = {}
    for name, tensor in state.items():
        head, _, rest = name.partition(".")
        if head == "blocks":
            stage, place, part, rest = name.split(".")[1:]
            table = first if stage == "0" else parts
            renamed[f"_blocks.{blocks.index((stage, place))}.{table[part]}.{rest}"] = tensor
        else:
            renamed[f"{ends[head]}.{rest}"] = tensor
    return renamed


def torchvision_v2():
    model = tv_v2.MobileNetV2(CLASSES, inverted_residual_setting=[[1, 8, 1, 1], [3, 12, 2, 2], [3, 16, 2, 2]],
                              round_nearest=4)
    model.features[-1] = torchvision.ops.Conv2dNormActivation(16, 32, 1, activation_layer=torch.nn.ReLU6)
    model.classifier[1] = torch.nn.Linear(32, CLASSES)
    model.features[0] = torchvision.ops.Conv2dNormActivation(3, 8, 3, 2, activation_layer=torch.nn.ReLU6)
    model.features[1] = tv_v2.InvertedResidual(8, 8, 1, 1)
    model.features[1] = tv_v2.InvertedResidual(8, 8, 1, 1)
    return model


def torchvision_v3():
    from functools import partial
    conf = partial(tv_v3.InvertedResidualConfig, width_mult=1.0)
    settings = [conf(8, 3, 8, 8, True, "RE", 2, 1), conf(8, 3, 24, 16, False, "RE", 2, 1),
                conf(16, 5, 40, 24, True, "HS", 2, 1), conf(24, 5, 40, 24, True, "HS", 1, 1)]
    return tv_v3.MobileNetV3(settings, last_channel=40, num_classes=CLASSES)


def torchvision_efficientnet():
    from functools import partial
    conf = partial(tv_efficientnet.MBConvConfig, width_mult=1.0, depth_mult=1.0)
    settings = [conf(1, 3, 1, 8, 8, 1), conf(3, 3, 2, 8, 16, 2), conf(3, 5, 2, 16, 24, 1)]
    return tv_efficientnet.EfficientNet(settings, dropout=0.2, num_classes=CLASSES, last_channel=40)


def transformers_v2():
    config = transformers.MobileNetV2Config(depth_multiplier=0.1, finegrained_output=False, image_size=32, num_labels=CLASSES)
    return transformers.MobileNetV2ForImageClassification(config)


def transformers_efficientnet():
    config = transformers.EfficientNetConfig(
        width_coefficient=0.1, depth_coefficient=1.0, image_size=32, in_channels=[80, 80, 120], out_channels=[80, 160, 240],
        kernel_sizes=[3, 3, 5], strides=[1, 2, 2], num_block_repeats=[1, 2, 1], expand_ratios=[1, 3, 3], hidden_dim=128,
        depthwise_padding=[], num_labels=CLASSES)
    return transformers.EfficientNetForImageClassification(config)


def timm_resnet_tiny(block):
    return timm_resnet.ResNet(block, [1, 2, 1, 1], num_classes=CLASSES, channels=(4, 8, 8, 12))


def transformers_resnet(kind):
    config = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16, 16, 24], depths=[1, 2, 1, 1], layer_type=kind,
                                       num_labels=CLASSES)
    return transformers.ResNetForImageClassification(config)


def timm_config(name, **cfg):
    return {"architecture": name, "num_classes": CLASSES,
            "pretrained_cfg": {"input_size": [3, SIDE, SIDE], "interpolation": "bicubic", "crop_pct": 0.9,
                               "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4], "num_classes": CLASSES,
                               "label_names": ["cat", "dog", "cow"]} | cfg}


# name -> (model, side of its pictures, how it is saved: "pth", "legacy", a timm config, or Transformers' own way)
MODELS = {
    "timm_lite": (lambda: timm_lite(1e-5, ""), SIDE, "pth"),
    "timm_tf_lite": (lambda: timm_lite(1e-3, "same"), SIDE, timm_config("tf_efficientnet_lite0")),
    "lukemelas_lite": (lambda: timm_lite(1e-3, "same"), SIDE, "lukemelas"),
    "timm_b": (timm_b, SIDE, timm_config("efficientnet_b0")),
    "timm_v2": (lambda: timm_net(V2, torch.nn.ReLU6, 1e-5, "", num_features=32), SIDE, "pth"),
    "timm_v3_large": (lambda: timm_mobilenet_v3(V3_LARGE), SIDE, timm_config("mobilenetv3_large_100")),
    "timm_v3_small": (lambda: timm_mobilenet_v3(V3_SMALL), SIDE, "pth"),
    "torchvision_v2": (torchvision_v2, SIDE, "legacy"),
    "torchvision_v3": (torchvision_v3, SIDE, "pth"),
    "torchvision_efficientnet": (torchvision_efficientnet, SIDE, "pth"),
    "transformers_v2": (transformers_v2, SIDE, "transformers"),
    "transformers_efficientnet": (transformers_efficientnet, 32, "transformers"),
    "timm_resnet": (lambda: timm_resnet_tiny(timm_resnet.BasicBlock), SIDE, "pth"),
    "timm_resnet_bottleneck": (lambda: timm_resnet_tiny(timm_resnet.Bottleneck), SIDE, timm_config("resnet50")),
    "transformers_resnet": (lambda: transformers_resnet("basic"), SIDE, "transformers"),
    "transformers_resnet_bottleneck": (lambda: transformers_resnet("bottleneck"), SIDE, "transformers"),
}


def logits_of(model, x):
    result = model(x)
    return result.logits if hasattr(result, "logits") else result


def save(model, folder, how):
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    if how == "transformers":
        model.save_pretrained(folder)
    elif isinstance(how, dict):
        from safetensors.torch import save_file
        save_file(model.state_dict(), folder / "model.safetensors", metadata={"format": "pt"})
        (folder / "config.json").write_text(json.dumps(how, indent=1) + "\n")
    elif how == "lukemelas":
        torch.save(lukemelas_names(model.state_dict()), folder / "weights.pth", _use_new_zipfile_serialization=False)
    else:
        torch.save(model.state_dict(), folder / "weights.pth", _use_new_zipfile_serialization=how != "legacy")


def make(name):
    builder_of, side, how = MODELS[name]
    torch.manual_seed(1)
    # SiLU behind squeeze-excite shrinks what flows: such networks would say the same of every picture.
    model = spread(builder_of(), 2.0 if name in ("timm_b", "torchvision_efficientnet", "transformers_efficientnet") else 1.4)
    folder = OUT / name
    save(model, folder, how)
    logits = logits_of(model, picture(2, side))
    torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1])).backward()
    gradients = {key: parameter.grad for key, parameter in model.named_parameters()}
    if how == "lukemelas":
        gradients = lukemelas_names(gradients)
    reference = {"side": side, "logits": logits.tolist(),
                 "gradients": {key: [float(g.norm()), float((g.flatten() * wave(g.numel())).sum())] for key, g in gradients.items()}}
    (folder / "reference.json").write_text(json.dumps(reference) + "\n")
    print(name, sum(p.numel() for p in model.parameters()), [round(v, 3) for v in logits.flatten().tolist()])


def make_real(folder):
    folder = pathlib.Path(folder)
    (OUT / "real").mkdir(parents=True, exist_ok=True)
    lite = timm.create_model("tf_efficientnet_lite0")
    weights = torch.load(folder / "efficientnet-lite0-57934424.pth", weights_only=True)
    ours, theirs = list(lite.state_dict().items()), list(weights.items())
    assert len(ours) == len(theirs) and all(a[1].shape == b[1].shape for a, b in zip(ours, theirs))
    lite.load_state_dict({a[0]: b[1] for a, b in zip(ours, theirs)})
    v2 = torchvision.models.mobilenet_v2()
    v2.load_state_dict(torch.load(folder / "mobilenet_v2-b0353104.pth", weights_only=True))
    for name, model in (("efficientnet_lite0", lite), ("mobilenet_v2", v2)):
        with torch.no_grad():
            logits = model.eval()(picture(1, 224))[0]
        (OUT / "real" / f"{name}.json").write_text(json.dumps([round(v, 6) for v in logits.tolist()]) + "\n")
        print(name, logits[:4], logits.argmax())


def main():
    if sys.argv[1:2] == ["--real"]:
        make_real(sys.argv[2])
        return
    for name in sys.argv[1:] or MODELS:
        make(name)


if __name__ == "__main__":
    main()
