"""Tiny BERTs with random weights, texts, and the program under test (STROP, default build/release/bin/strop)."""

import json
import os
import pathlib
import random
import subprocess
import sys

import pytest
import torch
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification, BertModel, logging

ROOT = pathlib.Path(__file__).resolve().parents[2]
STROP = pathlib.Path(os.environ.get("STROP", ROOT / "build/release/bin/strop"))
ASSETS = pathlib.Path(os.environ.get("STROP_ASSETS", ROOT / "build/assets"))
MINILM = ASSETS / "all-MiniLM-L6-v2"

TEXTS = ["a film of rare warmth", "dull from start to end", "neither good nor bad, just long", "wonderful",
         "the plot makes no sense whatsoever and the actors know it , which is the only fun to be had here",
         "一部温暖的电影", "so-so \U0001f610"]
LABELS = ["bad", "fine", "good"]

logging.set_verbosity_error()


def run(*arguments, expect=0):
    """Runs strop with `arguments`; the completed process after its exit code was checked."""
    done = subprocess.run([str(STROP), *map(str, arguments)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, env=dict(os.environ, HF_HUB_OFFLINE="1"))
    assert done.returncode == expect, f"strop {' '.join(map(str, arguments))}\n{done.stdout}\n{done.stderr}"
    return done


def from_apart(name):
    """The module of that name from the folder of scripts/requirements-apart.txt, which only this import sees."""
    apart = str(ROOT / "build/venv/timm")
    sys.path.append(apart)
    try:
        return pytest.importorskip(name, reason=f"no {name}, nor in {apart} (scripts/venv.sh)")
    finally:
        sys.path.remove(apart)


def predict(folder, model, *more, names):
    """Log-probabilities of TEXTS by `strop predict`, a row each, columns in the order of names."""
    lines = folder / "texts.jsonl"
    lines.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    done = run("predict", "--model", model, "--data", lines, *more)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["index"] for row in rows] == list(range(len(TEXTS)))
    assert all(set(row["scores"]) == set(names) for row in rows)
    return torch.tensor([[row["scores"][name] for name in names] for row in rows], dtype=torch.float64).log()


def log_probabilities(model, tokenizer):
    """The same by Transformers or PEFT, one row at a time: no padding."""
    model.eval()
    with torch.no_grad():
        logits = [model(**tokenizer(text, return_tensors="pt", truncation=True, max_length=64)).logits[0]
                  for text in TEXTS]
    return torch.stack(logits).double().log_softmax(-1)


def assert_same(ours, theirs, limit=1e-5):
    # Probabilities are printed; their logarithms differ as the logits do, up to the common constant. Below 1e-9 they
    # say only that the class is out of the question.
    assert theirs.std() > 1e-3, "the model says the same to everything: nothing is compared"
    torch.testing.assert_close(ours.clamp(min=-20), theirs.clamp(min=-20), rtol=limit, atol=limit)


@pytest.fixture(scope="session")
def tokenizer():
    return AutoTokenizer.from_pretrained(MINILM)


def tiny_config(tokenizer, **changes):
    sizes = dict(vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=3, num_attention_heads=4,
                 intermediate_size=48, max_position_embeddings=64, num_labels=len(LABELS))
    return BertConfig(**(sizes | changes))


def save_base(folder, tokenizer, kind, seed=0, **changes):
    """kind: classifier (BertForSequenceClassification), encoder (BertModel), no_pooler (BertModel without one)."""
    torch.manual_seed(seed)
    config = tiny_config(tokenizer, **changes)
    if kind == "classifier":
        model = BertForSequenceClassification(config)
    else:
        model = BertModel(config, add_pooling_layer=kind == "encoder")
    with torch.no_grad():  # the usual start is so near zero that wrong layers would go unseen
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session", params=["classifier", "encoder", "no_pooler", "minilm"])
def base(request, tmp_path_factory, tokenizer):
    if request.param == "minilm":
        return MINILM
    return save_base(tmp_path_factory.mktemp(request.param), tokenizer, request.param)


@pytest.fixture(scope="session")
def encoder(tmp_path_factory, tokenizer):
    return save_base(tmp_path_factory.mktemp("base"), tokenizer, "encoder")


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """Labelled lines of three labels, a third of them wrong: enough for a few steps, and no head is ever certain."""
    folder, chance = tmp_path_factory.mktemp("data"), random.Random(3)
    words = ["warm", "dull", "long", "clever", "loud", "empty", "bright", "slow"]
    for name, count in (("train", 90), ("validation", 15)):
        lines = [f"film {name} {i} is {LABELS[i % 3]} , {' '.join(chance.choices(words, k=2 + i % 5))}\t"
                 f"{LABELS[i % 3 if chance.random() < 0.67 else chance.randrange(3)]}" for i in range(count)]
        (folder / f"{name}.tsv").write_text("text\tlabel\n" + "\n".join(lines) + "\n")
    return folder


def train(model, data, out, *settings, learning_rate=1e-2):
    run("train", "--model", model, "--data", data, "--out", out, "max_steps=6", "max_length=64", "precision=fp32",
        f"learning_rate={learning_rate}", "eval_strategy=no", *settings)
    return out
