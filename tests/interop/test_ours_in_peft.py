"""What strop trains opens in PEFT and Transformers, and says the same there."""

import warnings

import pytest
import torch
from conftest import LABELS, assert_same, log_probabilities, predict, run, train
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import load_file
from transformers import BertForSequenceClassification

METHODS = {
    "lora": ["method=lora", "lora_r=4"],
    "rslora": ["method=lora", "lora_r=4", "use_rslora=true"],
    "dora": ["method=lora", "lora_r=4", "use_dora=true"],
    "patterns": ["method=lora", "target_modules=query,value,output.dense", "lora_r=2",
                 r"rank_pattern=layer\.1\..*query=6", r"alpha_pattern=layer\.1\..*query=3"],
    "all_linear": ["method=lora", "target_modules=all-linear", "lora_r=2"],
    "ia3": ["method=ia3"],
    "ia3_regex": ["method=ia3", r"feedforward_modules=.*\.output\.dense"],
}


@pytest.fixture(scope="module", params=METHODS)
def run_folder(request, base, data, tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / request.param
    return train(base, data, out, "pooling=pooler", *METHODS[request.param])


def open_in_peft(base, folder):
    torch.manual_seed(1)  # what the files lack would show: a random head, a random pooler
    model = BertForSequenceClassification.from_pretrained(base, num_labels=len(LABELS))
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*(missing|unexpected|not found).*")
        return PeftModel.from_pretrained(model, folder)


def test_same_answers(base, run_folder, tokenizer, tmp_path):
    model = open_in_peft(base, run_folder)
    assert_same(predict(tmp_path, run_folder, names=LABELS), log_probabilities(model, tokenizer))


def test_keys_and_tensors_are_what_peft_writes(base, run_folder, tmp_path):
    model = open_in_peft(base, run_folder)
    ours = load_file(run_folder / "adapter_model.safetensors")
    assert set(ours) == set(get_peft_model_state_dict(model))
    model.save_pretrained(tmp_path)
    again = load_file(tmp_path / "adapter_model.safetensors")
    assert set(ours) == set(again)
    for name, tensor in ours.items():
        assert tensor.dtype == again[name].dtype and torch.equal(tensor, again[name]), name
    assert not (run_folder / "config.json").exists()


def test_merge_equals_merge_and_unload(base, run_folder, tokenizer, tmp_path):
    merged = tmp_path / "merged"
    run("merge", "--model", run_folder, "--out", merged)
    theirs = open_in_peft(base, run_folder).merge_and_unload()
    ours, loading = BertForSequenceClassification.from_pretrained(merged, output_loading_info=True)
    assert not loading["missing_keys"] and not loading["unexpected_keys"] and not loading["mismatched_keys"]
    expected = theirs.state_dict()
    for name, tensor in ours.state_dict().items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-6, atol=1e-6, msg=lambda text: f"{name}: {text}")
    assert [ours.config.id2label[i] for i in range(len(LABELS))] == LABELS
    assert_same(predict(tmp_path, merged, names=LABELS), log_probabilities(theirs, tokenizer))
