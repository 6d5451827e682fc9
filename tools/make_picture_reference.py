"""Makes tests/data/vit and tests/data/convnext: tiny random networks, and what Transformers, timm and
torchvision compute from them.

    python tools/make_picture_reference.py        (transformers, timm, safetensors; a torchvision that fits torch)

<case>/model.safetensors, config.json   as the library saves them
<case>/reference.safetensors            pixels, labels, logits; grad/<name on disk> of the mean cross entropy, every
                                        fourth number of it; wide, wide_logits: pictures of another size
"""

import json
import pathlib
import shutil

import torch

import cpu_torchvision  # noqa: F401

import timm
from safetensors.torch import load_file, save_file
from torchvision.models import vision_transformer
from torchvision.models.convnext import CNBlockConfig, ConvNeXt
from transformers import (ConvNextConfig, ConvNextForImageClassification, DeiTConfig, DeiTForImageClassification,
                          DeiTForImageClassificationWithTeacher, Dinov2Config, Dinov2ForImageClassification, ViTConfig,
                          ViTForImageClassification)

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data"
LABELS = {0: "cat", 1: "dog", 2: "owl"}
NAMED = dict(id2label=LABELS, label2id={name: i for i, name in LABELS.items()})
SIZE, WIDE = (16, 16), (20, 12)
HF = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, image_size=16, patch_size=4,
          **NAMED)
TIMM = dict(img_size=16, patch_size=4, embed_dim=16, depth=2, num_heads=2, mlp_ratio=1.5, num_classes=3)


def spread(model):
    """Weights at birth make every layer all but linear: nothing would be tested of softmax and GELU."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.15)
    return model.train()


def pictures(size, count, seed):
    return torch.randn(count, 3, *size, generator=torch.Generator().manual_seed(seed))


def on_disk(folder, gradients, in_memory):
    """Gradients under the names of the saved file, whose tensors are `in_memory`'s in another order."""
    by_bytes = {tensor.detach().numpy().tobytes(): name for name, tensor in in_memory.items()}
    return {name: gradients[by_bytes[tensor.numpy().tobytes()]] for name, tensor in load_file(folder / "model.safetensors").items()
            if by_bytes.get(tensor.numpy().tobytes()) in gradients}


def write(folder, model, logits_of, wide_logits, size=SIZE, wide=WIDE):
    pixels, labels = pictures(size, 3, 1), torch.tensor([2, 0, 1])
    logits = logits_of(model, pixels)
    torch.nn.functional.cross_entropy(logits, labels).backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters() if parameter.grad is not None}
    reference = {"pixels": pixels, "labels": labels, "logits": logits.detach(), "wide": pictures(wide, 2, 2)}
    with torch.no_grad():
        reference["wide_logits"] = wide_logits(reference["wide"])
    for name, gradient in on_disk(folder, gradients, dict(model.named_parameters())).items():
        reference["grad/" + name] = gradient.flatten()[::4]
    save_file({name: tensor.contiguous() for name, tensor in reference.items()}, folder / "reference.safetensors")


def transformers_case(name, kind, config):
    torch.manual_seed(5)
    model, folder = spread(kind(config)), OUT / name
    model.save_pretrained(folder)
    model.eval()  # the mean of the teacher's two heads is given in evaluation alone
    interpolate = {} if name == "vit/dinov2" else {"interpolate_pos_encoding": True}
    write(folder, model, lambda model, pixels: model(pixel_values=pixels).logits,
          lambda pixels: model(pixel_values=pixels, **interpolate).logits)


def timm_model(name, architecture, pool, arguments, size, first_conv, classifier):
    torch.manual_seed(5)
    model, folder = spread(timm.create_model(architecture, **arguments)), OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    state = {key: tensor.contiguous() for key, tensor in model.state_dict().items()}
    save_file(state, folder / "model.safetensors")
    config = {"architecture": architecture, "num_classes": 3, "num_features": model.num_features, "global_pool": pool,
              "label_names": list(LABELS.values()), "model_args": arguments,
              "pretrained_cfg": {"input_size": [3, *size], "interpolation": "bicubic", "crop_pct": 0.9,
                                 "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "num_classes": 3,
                                 "first_conv": first_conv, "classifier": classifier}}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    return model.eval(), folder, state


def timm_vit_case(name, architecture, **arguments):
    arguments = TIMM | arguments
    model, folder, state = timm_model(name, architecture, arguments.get("global_pool", "token"), arguments, SIZE,
                                      "patch_embed.proj", "head")

    def wide_logits(pixels):
        wide = timm.create_model(architecture, **(arguments | {"img_size": WIDE})).eval()
        # as timm loads a file for another size
        wide.load_state_dict(timm.models.vision_transformer.checkpoint_filter_fn(dict(state), wide))
        return wide(pixels)

    write(folder, model, lambda model, pixels: model(pixels), wide_logits)


def convnext_cases():
    sizes, wide = (32, 32), (48, 32)
    torch.manual_seed(5)
    model, folder = spread(ConvNextForImageClassification(
        ConvNextConfig(hidden_sizes=[6, 8, 10, 12], depths=[1, 1, 2, 1], layer_scale_init_value=0.5, **NAMED))), OUT / "convnext/hf"
    model.save_pretrained(folder)
    write(folder, model.eval(), lambda model, pixels: model(pixels).logits, lambda pixels: model(pixels).logits, sizes, wide)
    for name, conv_mlp in (("timm", False), ("timm_conv_mlp", True)):
        arguments = dict(dims=[6, 8, 10, 12], depths=[1, 1, 2, 1], ls_init_value=0.5, conv_mlp=conv_mlp, num_classes=3)
        model, folder, _ = timm_model("convnext/" + name, "convnext_tiny", "avg", arguments, sizes, "stem.0", "head.fc")
        write(folder, model, lambda model, pixels: model(pixels), model, sizes, wide)


def torchvision_cases():
    def save(name, model):
        folder, model = OUT / name, spread(model).eval()
        folder.mkdir(parents=True, exist_ok=True)
        return folder, model, {key: tensor.contiguous() for key, tensor in model.state_dict().items()}

    def vit(side):
        return vision_transformer.VisionTransformer(image_size=side, patch_size=4, num_layers=2, num_heads=2, hidden_dim=16,
                                                    mlp_dim=24, num_classes=3)

    for name, old in (("vit/torchvision", False), ("vit/torchvision_old", True)):
        torch.manual_seed(5)
        folder, model, state = save(name, vit(16))
        new_to_old = {".mlp.0.": ".mlp.linear_1.", ".mlp.3.": ".mlp.linear_2."} if old else {}

        def renamed(key):
            return next((key.replace(new, before) for new, before in new_to_old.items() if new in key), key)

        save_file({renamed(key): tensor for key, tensor in state.items()}, folder / "model.safetensors")
        (folder / "config.json").write_text(json.dumps({"id2label": LABELS, "num_attention_heads": 2}) + "\n")

        def wide_logits(pixels):
            wide = vit(24).eval()
            wide.load_state_dict(vision_transformer.interpolate_embeddings(24, 4, dict(state)))
            return wide(pixels)

        write(folder, model, lambda model, pixels: model(pixels), wide_logits, SIZE, (24, 24))

    torch.manual_seed(5)
    sizes = [CNBlockConfig(6, 8, 1), CNBlockConfig(8, 10, 1), CNBlockConfig(10, 12, 2), CNBlockConfig(12, None, 1)]
    folder, model, state = save("convnext/torchvision", ConvNeXt(sizes, layer_scale=0.5, num_classes=3))
    save_file(state, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"id2label": LABELS}) + "\n")
    write(folder, model, lambda model, pixels: model(pixels), model, (32, 32), (48, 32))


def main():
    for family in ("vit", "convnext"):
        shutil.rmtree(OUT / family, ignore_errors=True)
    transformers_case("vit/vit", ViTForImageClassification, ViTConfig(**HF))
    transformers_case("vit/deit", DeiTForImageClassification, DeiTConfig(**HF))
    transformers_case("vit/deit_teacher", DeiTForImageClassificationWithTeacher, DeiTConfig(**HF))
    dinov2 = {key: value for key, value in HF.items() if key != "intermediate_size"}
    transformers_case("vit/dinov2", Dinov2ForImageClassification, Dinov2Config(**dinov2, mlp_ratio=2))
    timm_vit_case("vit/timm_vit", "vit_small_patch16_224")
    timm_vit_case("vit/timm_average", "vit_small_patch16_224", global_pool="avg")
    timm_vit_case("vit/timm_distilled", "deit_small_distilled_patch16_224")
    timm_vit_case("vit/timm_dinov2", "vit_small_patch14_dinov2", init_values=0.5)
    timm_vit_case("vit/timm_deit3", "deit3_small_patch16_224", init_values=0.5)
    convnext_cases()
    torchvision_cases()


if __name__ == "__main__":
    main()
