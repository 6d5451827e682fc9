"""Vision transformers: adapters both ways between strop and PEFT, and whole models in Transformers and timm."""

import json
import warnings

import numpy
import pytest
import torch
from conftest import assert_same, from_apart, run
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import (AutoModelForImageClassification, DeiTConfig, DeiTForImageClassification, Dinov2Config,
                          Dinov2ForImageClassification, ViTConfig, ViTForImageClassification)

NAMES = ["cat", "dog", "owl"]
SIZE = 32
LARGE = 48  # 6 x 6 patches, where the position table has 4 x 4
SHAPE = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, image_size=SIZE, patch_size=8,
             id2label=dict(enumerate(NAMES)), label2id={name: i for i, name in enumerate(NAMES)})
KINDS = {"vit": lambda: ViTForImageClassification(ViTConfig(**SHAPE, intermediate_size=48)),
         "deit": lambda: DeiTForImageClassification(DeiTConfig(**SHAPE, intermediate_size=48)),
         "dinov2": lambda: Dinov2ForImageClassification(Dinov2Config(**SHAPE, mlp_ratio=2))}


def paint(folder, count, seed, size):
    """Pictures of the size that the network sees, so that nothing is resized: each class has a colour and noise over it."""
    generator = numpy.random.default_rng(seed)
    for number, name in enumerate(NAMES):
        (folder / name).mkdir(parents=True)
        for i in range(count):
            pixels = generator.integers(0, 200, (size, size, 3))
            pixels[..., number] += 30
            Image.fromarray(pixels.astype(numpy.uint8)).save(folder / name / f"{i}.png")
    return folder


def painted(folder, size):
    paint(folder / "train", 12, 1, size)
    paint(folder / "validation", 3, 2, size)
    return folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return painted(tmp_path_factory.mktemp("pictures"), SIZE)


@pytest.fixture(scope="module")
def large_pictures(tmp_path_factory):
    return painted(tmp_path_factory.mktemp("large"), LARGE)


def shaken(model):
    with torch.no_grad():  # the usual start is so near zero that wrong layers would go unseen
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


FORM = {"image_processor_type": "ViTImageProcessor", "do_resize": True, "size": {"height": SIZE, "width": SIZE}, "resample": 2,
        "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}


@pytest.fixture(scope="module", params=KINDS)
def base(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    torch.manual_seed(0)
    shaken(KINDS[request.param]()).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(FORM))
    return folder


def batch(pictures):
    files = sorted((pictures / "validation").glob("*/*.png"))
    pixels = numpy.stack([numpy.asarray(Image.open(file).convert("RGB")) for file in files])
    return files, (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.5


def ours(pictures, tmp_path, model, *more, names=NAMES):
    files, _ = batch(pictures)
    listed = tmp_path / "pictures.csv"
    listed.write_text("file\n" + "".join(f"{file}\n" for file in files))
    rows = [json.loads(line) for line in run("predict", "--model", model, "--data", listed, *more).stdout.splitlines()]
    return torch.tensor([[row["scores"][name] for name in names] for row in rows], dtype=torch.float64).log()


def theirs(pictures, model, **more):
    with torch.no_grad():
        result = model.eval()(batch(pictures)[1], **more)
    return getattr(result, "logits", result).double().log_softmax(-1)


def train(base, pictures, out, *settings):
    run("train", "--model", base, "--data", pictures, "--out", out, "max_steps=4", "precision=fp32", "learning_rate=1e-2",
        "eval_strategy=no", "augment=none", *settings)
    return out


def open_in_peft(base, folder):
    model = AutoModelForImageClassification.from_pretrained(base)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*(missing|unexpected|not found).*")
        return PeftModel.from_pretrained(model, folder)


def test_our_adapter_opens_in_peft(base, pictures, tmp_path):
    out = train(base, pictures, tmp_path / "run", "method=lora", "lora_r=4")
    model = open_in_peft(base, out)
    tensors = load_file(out / "adapter_model.safetensors")
    assert set(tensors) == set(get_peft_model_state_dict(model))
    assert any("q_proj.lora_A" in name for name in tensors)
    assert json.loads((out / "adapter_config.json").read_text())["task_type"] is None
    assert_same(ours(pictures, tmp_path, out), theirs(pictures, model))


def test_old_names_load_again_and_say_the_same(base, pictures, tmp_path):
    new = train(base, pictures, tmp_path / "new", "method=lora", "lora_r=4")
    old = train(base, pictures, tmp_path / "old", "method=lora", "lora_r=4", "--names", "v4")
    tensors = load_file(old / "adapter_model.safetensors")
    assert any(".attention.attention.query.lora_A.weight" in name for name in tensors)
    config = json.loads((old / "adapter_config.json").read_text())
    assert all(".encoder.layer." in module for module in config["target_modules"])
    torch.testing.assert_close(ours(pictures, tmp_path, old), ours(pictures, tmp_path, new))


def fill(model):
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.2)
    return model


@pytest.mark.parametrize("settings", [dict(target_modules=["q_proj", "v_proj"], r=4, lora_alpha=6),
                                      dict(target_modules=["k_proj", "fc2"], r=2, rank_pattern={"k_proj": 3}, use_dora=True)],
                         ids=["lora", "dora"])
@pytest.mark.parametrize("spelling", ["v5", "v4"])
def test_their_adapter_opens_in_ours(base, pictures, spelling, settings, tmp_path):
    torch.manual_seed(2)
    model = fill(get_peft_model(AutoModelForImageClassification.from_pretrained(base),
                                LoraConfig(**settings, modules_to_save=["classifier"])))
    model.save_pretrained(tmp_path / "adapter")
    if spelling == "v4":
        respell(tmp_path / "adapter")
    assert_same(ours(pictures, tmp_path, base, "--adapter", tmp_path / "adapter"), theirs(pictures, model))


OLD = [(".q_proj", ".attention.query"), (".k_proj", ".attention.key"), (".v_proj", ".attention.value"),
       (".o_proj", ".output.dense")]
OLD_MLP = [(".mlp.fc1", ".intermediate.dense"), (".mlp.fc2", ".output.dense")]


def respell(adapter):
    """The keys that PEFT wrote with Transformers 4."""
    tensors = {}
    for name, tensor in load_file(adapter / "adapter_model.safetensors").items():
        dinov2 = ".dinov2." in name
        for new, old in OLD + ([] if dinov2 else OLD_MLP):
            name = name.replace(new, old)
        tensors[name if dinov2 else name.replace(".layers.", ".encoder.layer.")] = tensor
    save_file(tensors, adapter / "adapter_model.safetensors")
    config = json.loads((adapter / "adapter_config.json").read_text())
    # "output.dense" alone would name the attention's too.
    modules = {name.split(".lora_")[0].removeprefix("base_model.model.") for name in tensors if ".lora_" in name}
    config["target_modules"] = ["query", "value"] if "q_proj" in config["target_modules"] else sorted(modules)
    config["rank_pattern"] = {"key" if name == "k_proj" else name: rank for name, rank in config["rank_pattern"].items()}
    (adapter / "adapter_config.json").write_text(json.dumps(config))


@pytest.mark.parametrize("method", ["full", "head", "lora"])
def test_whole_models_open_in_transformers(base, pictures, method, tmp_path):
    out = train(base, pictures, tmp_path / "run", f"method={method}", *(["save=full"] if method != "lora" else []))
    if method == "lora":
        run("merge", "--model", out, "--out", tmp_path / "merged")
        expected, out = theirs(pictures, open_in_peft(base, out)), tmp_path / "merged"
    model, loading = AutoModelForImageClassification.from_pretrained(out, output_loading_info=True)
    assert not loading["missing_keys"] and not loading["unexpected_keys"] and not loading["mismatched_keys"]
    assert [model.config.id2label[i] for i in range(len(NAMES))] == NAMES
    assert_same(ours(pictures, tmp_path, out), theirs(pictures, model))
    if method == "lora":
        assert_same(expected, theirs(pictures, model))


def test_whole_models_open_at_the_size_that_they_were_trained_at(base, pictures, large_pictures, tmp_path):
    out = train(base, large_pictures, tmp_path / "run", "method=full", "save=full", f"image_size={LARGE}")
    model, loading = AutoModelForImageClassification.from_pretrained(out, output_loading_info=True)
    assert not loading["missing_keys"] and not loading["unexpected_keys"] and not loading["mismatched_keys"]
    assert model.config.image_size == (SIZE if model.config.model_type == "dinov2" else LARGE)
    assert_same(ours(large_pictures, tmp_path, out), theirs(large_pictures, model))
    more = {} if model.config.model_type == "dinov2" else dict(interpolate_pos_encoding=True)
    assert_same(ours(pictures, tmp_path, out, f"image_size={SIZE}"), theirs(pictures, model, **more))  # back at the base's


def test_an_adapter_of_another_size_opens_as_its_warning_says(base, large_pictures, tmp_path):
    out = tmp_path / "run"
    said = run("train", "--model", base, "--data", large_pictures, "--out", out, "max_steps=4", "precision=fp32",
               "learning_rate=1e-2", "augment=none", "method=lora", f"image_size={LARGE}").stderr
    model = open_in_peft(base, out)
    more = {} if model.config.model_type == "dinov2" else dict(interpolate_pos_encoding=True)
    assert ("interpolate_pos_encoding=True" in said) == bool(more)
    assert_same(ours(large_pictures, tmp_path, out), theirs(large_pictures, model, **more))
    run("merge", "--model", out, "--out", tmp_path / "merged")
    merged = AutoModelForImageClassification.from_pretrained(tmp_path / "merged")
    assert_same(ours(large_pictures, tmp_path, out), theirs(large_pictures, merged))


@pytest.fixture(scope="module")
def timm():
    library = torch.library.Library("torchvision", "FRAGMENT")  # CPU builds of torch lack what timm's torchvision names
    for operator in ("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
                     "qnms(Tensor a) -> Tensor"):
        library.define(operator)
    return from_apart("timm")


@pytest.fixture(scope="module", params=["vit_small_patch16_224", "vit_small_patch14_dinov2"])
def timm_base(request, timm, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    torch.manual_seed(0)
    arguments = dict(img_size=SIZE, patch_size=8, embed_dim=32, depth=2, num_heads=4, num_classes=3)
    model = shaken(timm.create_model(request.param, **arguments))
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, folder / "model.safetensors")
    form = dict(input_size=[3, SIZE, SIZE], mean=[0.5] * 3, std=[0.5] * 3, crop_pct=1.0, interpolation="bicubic",
                first_conv="patch_embed.proj", classifier="head", num_classes=3)
    (folder / "config.json").write_text(json.dumps(
        dict(architecture=request.param, num_classes=3, num_features=32, global_pool="token", label_names=NAMES,
             model_args={key: value for key, value in arguments.items() if key != "num_classes"}, pretrained_cfg=form)))
    return folder


def test_whole_models_open_in_timm(timm, timm_base, pictures, tmp_path):
    out = train(timm_base, pictures, tmp_path / "run", "method=full", "save=full")
    model = timm.create_model(f"local-dir:{out}", pretrained=True)
    assert model.num_classes == 3
    assert_same(ours(pictures, tmp_path, out), theirs(pictures, model))


def test_other_labels_than_those_of_save_for_hf_open_in_timm(timm, pictures, tmp_path):
    torch.manual_seed(0)
    arguments = dict(img_size=SIZE, patch_size=8, embed_dim=32, depth=2, num_heads=4, num_classes=1000)
    model = shaken(timm.create_model("vit_small_patch16_224", **arguments))
    timm.models.save_for_hf(model, tmp_path / "base", safe_serialization=True, model_args=arguments)
    assert json.loads((tmp_path / "base/config.json").read_text())["model_args"]["num_classes"] == 1000
    out = train(tmp_path / "base", pictures, tmp_path / "run", "method=full", "save=full", f"image_size={SIZE}", "crop_pct=1",
                "mean=0.5", "std=0.5")
    model = timm.create_model(f"local-dir:{out}", pretrained=True)
    assert model.num_classes == 3
    assert_same(ours(pictures, tmp_path, out), theirs(pictures, model))


def test_whole_models_open_in_timm_at_the_size_that_they_were_trained_at(timm, timm_base, large_pictures, tmp_path):
    out = train(timm_base, large_pictures, tmp_path / "run", "method=full", "save=full", f"image_size={LARGE}")
    model = timm.create_model(f"local-dir:{out}", pretrained=True)
    assert tuple(model.pretrained_cfg["input_size"]) == (3, LARGE, LARGE)
    assert_same(ours(large_pictures, tmp_path, out), theirs(large_pictures, model))


def test_an_adapter_of_another_size_opens_over_timm_as_its_warning_says(timm, timm_base, large_pictures, tmp_path):
    out = train(timm_base, large_pictures, tmp_path / "run", "method=lora", "lora_r=4", f"image_size={LARGE}")
    base = timm.create_model(f"local-dir:{timm_base}", pretrained=True, img_size=(LARGE, LARGE))
    assert_same(ours(large_pictures, tmp_path, out), theirs(large_pictures, PeftModel.from_pretrained(base, out)))


def test_our_adapter_opens_in_peft_over_timm(timm, timm_base, pictures, tmp_path):
    out = train(timm_base, pictures, tmp_path / "run", "method=lora", "lora_r=4")
    model = PeftModel.from_pretrained(timm.create_model(f"local-dir:{timm_base}", pretrained=True), out)
    assert set(load_file(out / "adapter_model.safetensors")) == set(get_peft_model_state_dict(model))
    assert_same(ours(pictures, tmp_path, out), theirs(pictures, model))
