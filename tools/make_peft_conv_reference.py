"""Makes tests/data/conv_peft: PEFT's LoRA over the convolutions of networks of tests/data/conv, and its logits.

    python tools/make_peft_conv_reference.py      (peft, and what tools/make_conv_reference.py asks for)

NAME.CASE/adapter_config.json, adapter_model.safetensors   as PeftModel.save_pretrained writes them
NAME.CASE/reference.json                                   logits of picture(2, side)
"""

import json

import torch
from make_conv_reference import MODELS, OUT, logits_of, picture
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file

CASES = {
    "plain": dict(r=2, lora_alpha=3),
    "dora": dict(r=2, lora_alpha=3, use_dora=True),
    "rslora": dict(r=4, lora_alpha=3, use_rslora=True),
}
# Depthwise ones ask for a rank that the number of their groups divides.
NETS = {"timm_b": ["plain"], "timm_resnet_bottleneck": ["plain", "dora", "rslora"], "transformers_resnet": ["plain"]}


def convolutions(model):
    return {name: module for name, module in model.named_modules()
            if isinstance(module, torch.nn.Conv2d) and "stem" not in name and "embedder" not in name and name != "conv1"}


def make(net, case):
    torch.manual_seed(2)
    builder_of, side, _ = MODELS[net]
    model = builder_of().eval()
    model.load_state_dict(load_file(OUT / net / "model.safetensors"))
    convs = convolutions(model)
    if "dora" in case:  # PEFT's DoRA takes no groups
        convs = {name: conv for name, conv in convs.items() if conv.groups == 1}
    if net == "timm_b":
        convs = {name: conv for name, conv in convs.items() if name.startswith(("blocks.0", "blocks.1.0"))}
    ranks = {name: conv.groups for name, conv in convs.items() if conv.groups > 1}
    config = LoraConfig(target_modules=sorted(convs), rank_pattern=ranks, **CASES[case])
    adapted = get_peft_model(model, config).eval()
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if "lora_" in name:
                parameter.add_(torch.randn(parameter.shape, generator=generator) * (0.05 if "magnitude" in name else 0.2))
        for name, conv in convs.items():  # strop's adapters do not mix the groups
            if conv.groups > 1:
                a = adapted.get_submodule(f"base_model.model.{name}.lora_A.default").weight
                a.mul_(torch.eye(conv.groups).repeat_interleave(a.shape[0] // conv.groups, 0)
                       .repeat_interleave(a.shape[1] // conv.groups, 1)[:, :, None, None])
        folder = OUT.parent / "conv_peft" / f"{net}.{case}"
        adapted.save_pretrained(folder)
        (folder / "README.md").unlink(missing_ok=True)
        reference = {"logits": logits_of(adapted, picture(2, side)).tolist()}
    (folder / "reference.json").write_text(json.dumps(reference) + "\n")
    print(net, case, len(convs), reference["logits"])


if __name__ == "__main__":
    for net, cases in NETS.items():
        for case in cases:
            make(net, case)
