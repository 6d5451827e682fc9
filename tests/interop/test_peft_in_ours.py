"""What PEFT trained opens in strop; an adapter that does not belong is refused."""

import json

import pytest
import torch
from conftest import LABELS, assert_same, log_probabilities, predict, run, save_base, train
from peft import IA3Config, LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, BertForSequenceClassification

NAMES = [f"LABEL_{i}" for i in range(len(LABELS))]
SEQ = {"task_type": "SEQ_CLS"}
CONFIGS = {
    "lora": lambda extra: LoraConfig(**SEQ, r=4, lora_alpha=6, target_modules=["query", "value"], **extra),
    "rslora": lambda extra: LoraConfig(**SEQ, r=4, use_rslora=True, target_modules=["query", "value"], **extra),
    "dora": lambda extra: LoraConfig(**SEQ, r=4, use_dora=True, target_modules=["key", "output.dense"], **extra),
    "regex": lambda extra: LoraConfig(**SEQ, r=2, target_modules=r".*layer\.[02]\..*(query|intermediate\.dense)",
                                      rank_pattern={"query": 5}, alpha_pattern={"layer.2.attention.self.query": 9},
                                      **extra),
    "layers": lambda extra: LoraConfig(**SEQ, r=2, target_modules=["value"], layers_to_transform=[1], **extra),
    "all_linear": lambda extra: LoraConfig(**SEQ, r=2, target_modules="all-linear", **extra),
    "ia3": lambda extra: IA3Config(**SEQ, target_modules=["key", "value", "output.dense"],
                                   feedforward_modules=["output.dense"], **extra),
}


REFUSED = {"bias": lambda extra: LoraConfig(**SEQ, r=2, bias="lora_only", target_modules=["query"], **extra)}


def fill(model):
    """Every trained tensor gets values of its own: a swap or a transpose can't go unseen. Small ones: with 0.2 on all
    layers of MiniLM PEFT's fp32 answers were 4e-5 off its float64 ones, more than is compared here; with 0.1, 1e-6."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)


def make_adapter(base, folder, config):
    torch.manual_seed(2)
    model = BertForSequenceClassification.from_pretrained(base, num_labels=len(LABELS))
    bare = not any(name.startswith("bert.pooler") or name.startswith("pooler") for name in base_keys(base))
    # A pooler that the base lacks starts at random: it must travel with the adapter. As a whole, IA3 can't merge it.
    pooler = "pooler.dense" if config == "ia3" else "pooler"
    model = get_peft_model(model, (CONFIGS | REFUSED)[config]({"modules_to_save": [pooler]} if bare else {}))
    fill(model)
    model.save_pretrained(folder)
    return model


def base_keys(base):
    return load_file(base / "model.safetensors").keys()


@pytest.mark.parametrize("config", CONFIGS)
def test_same_answers(base, config, tokenizer, tmp_path):
    model = make_adapter(base, tmp_path / "adapter", config)
    ours = predict(tmp_path, base, "--adapter", tmp_path / "adapter", "max_length=64", names=NAMES)
    assert_same(ours, log_probabilities(model, tokenizer))


@pytest.mark.parametrize("config", ["lora", "dora", "ia3", "all_linear"])
def test_merge_equals_merge_and_unload(base, config, tokenizer, tmp_path):
    model = make_adapter(base, tmp_path / "adapter", config)
    run("merge", "--model", base, "--adapter", tmp_path / "adapter", "--out", tmp_path / "merged")
    ours = AutoModelForSequenceClassification.from_pretrained(tmp_path / "merged").state_dict()
    theirs = model.merge_and_unload().state_dict()
    assert set(ours) == set(theirs)
    for name, tensor in ours.items():
        torch.testing.assert_close(tensor, theirs[name], rtol=1e-6, atol=1e-6, msg=lambda text: f"{name}: {text}")


@pytest.fixture
def adapter(encoder, tmp_path):
    make_adapter(encoder, tmp_path / "adapter", "lora")
    return tmp_path / "adapter"


def refused(tmp_path, base, adapter):
    text = tmp_path / "text.jsonl"
    text.write_text('{"text": "a film"}\n')
    done = run("predict", "--model", base, "--adapter", adapter, "--data", text, expect=4)
    assert done.stdout == "" and done.stderr.strip().count("\n") == 0, done.stderr
    return done.stderr


def test_adapter_of_another_shape_is_refused(adapter, tokenizer, tmp_path):
    other = save_base(tmp_path / "wide", tokenizer, "encoder", hidden_size=64)
    assert "64" in refused(tmp_path, other, adapter)


def test_adapter_of_a_deeper_base_is_refused(adapter, tokenizer, tmp_path):
    other = save_base(tmp_path / "flat", tokenizer, "encoder", num_hidden_layers=2)
    assert "layer.2" in refused(tmp_path, other, adapter)


def test_run_of_a_base_with_other_weights_is_refused(encoder, data, tokenizer, tmp_path):
    trained = train(encoder, data, tmp_path / "run", "method=lora")
    other = save_base(tmp_path / "other", tokenizer, "encoder", seed=5)
    refused(tmp_path, other, trained)


def test_keys_without_the_usual_prefix_are_refused(encoder, adapter, tmp_path):
    file = adapter / "adapter_model.safetensors"
    tensors = {name.removeprefix("base_model.model."): tensor for name, tensor in load_file(file).items()}
    save_file(tensors, file)
    refused(tmp_path, encoder, adapter)


def test_missing_tensor_is_refused(encoder, adapter, tmp_path):
    file = adapter / "adapter_model.safetensors"
    tensors = load_file(file)
    gone = next(name for name in tensors if name.endswith("layer.1.attention.self.query.lora_B.weight"))
    del tensors[gone]
    save_file(tensors, file)
    assert "layer.1.attention.self.query" in refused(tmp_path, encoder, adapter)


def test_trained_biases_are_refused(encoder, tmp_path):
    make_adapter(encoder, tmp_path / "adapter", "bias")
    assert "bias" in refused(tmp_path, encoder, tmp_path / "adapter")


def test_unknown_method_is_refused_with_its_name(encoder, adapter, tmp_path):
    file = adapter / "adapter_config.json"
    config = json.loads(file.read_text())
    file.write_text(json.dumps(config | {"peft_type": "BOFT"}))
    assert "BOFT" in refused(tmp_path, encoder, adapter)
