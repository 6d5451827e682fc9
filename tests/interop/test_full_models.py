"""Full models, sentence-transformers folders and TensorBoard files that strop writes, opened by their own libraries."""

import pytest
import torch
from conftest import LABELS, TEXTS, assert_same, log_probabilities, predict, run, save_base, train
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer


@pytest.mark.parametrize("method", ["full", "head", "layerwise"])
def test_opens_without_a_flag(base, data, method, tokenizer, tmp_path):
    out = train(base, data, tmp_path / "run", f"method={method}", "pooling=pooler", "save=full", learning_rate=1e-3)
    model, loading = AutoModelForSequenceClassification.from_pretrained(out, output_loading_info=True)
    assert not loading["missing_keys"] and not loading["unexpected_keys"] and not loading["mismatched_keys"]
    assert [model.config.id2label[i] for i in range(len(LABELS))] == LABELS
    for text in TEXTS:
        assert AutoTokenizer.from_pretrained(out)(text)["input_ids"] == tokenizer(text)["input_ids"]
    assert_same(predict(tmp_path, out, names=LABELS), log_probabilities(model, tokenizer))


@pytest.mark.parametrize("kind", ["encoder", "classifier"])
def test_frozen_tensors_are_bit_equal_to_the_base(kind, tokenizer, data, tmp_path):
    base = save_base(tmp_path / "base", tokenizer, kind)
    out = train(base, data, tmp_path / "run", "method=head", "pooling=pooler", "save=full")
    saved = load_file(out / "model.safetensors")
    checked = 0
    for name, tensor in load_file(base / "model.safetensors").items():
        name = name if name.startswith(("bert.", "classifier.")) else "bert." + name
        if name.startswith("bert.encoder") or name.startswith("bert.embeddings"):
            assert saved[name].dtype == tensor.dtype and torch.equal(saved[name], tensor), name
            checked += 1
    assert checked > 40


def test_mean_pooling_is_a_sentence_transformers_folder(base, data, tmp_path):
    from sentence_transformers import SentenceTransformer

    out = train(base, data, tmp_path / "run", "method=full", "pooling=mean", "save=full", learning_rate=1e-3)
    model = SentenceTransformer(str(out), device="cpu")
    assert [type(part).__name__ for part in model] == ["Transformer", "Pooling", "Dense"]
    assert model[1].get_config_dict()["pooling_mode"] == "mean"
    logits = torch.cat([model.encode([text], convert_to_tensor=True) for text in TEXTS])  # its last layer is our head
    assert_same(predict(tmp_path, out, names=LABELS), logits.double().log_softmax(-1))


def test_tensorboard_reads_the_events(encoder, data, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    out = train(encoder, data, tmp_path / "run", "method=lora", "logging_steps=1")
    events = EventAccumulator(str(out / "runs")).Reload()
    assert [event.step for event in events.Scalars("train/loss")] == [1, 2, 3, 4, 5, 6]


def test_inspect_names_the_adapter(encoder, data, tmp_path):
    out = train(encoder, data, tmp_path / "run", "method=lora")
    assert "lora" in run("inspect", "--model", out).stdout.lower()
