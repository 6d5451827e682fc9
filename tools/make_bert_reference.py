"""Makes tests/data/bert_tiny: a tiny random BERT, inputs, and what Transformers and PEFT compute from them.

    python tools/make_bert_reference.py        (torch, transformers, peft, safetensors)

model.safetensors, config.json   BertForSequenceClassification by save_pretrained, weights spread wider than at birth
reference.safetensors            input_ids, cu_seqlens (packed), labels, type_ids, logits; grad/<parameter> of the mean
                                 cross entropy; full_losses, lora_losses: ten steps of AdamW; lora_init/<tensor>: A at
                                 the start; mean_pooled, cls_pooled: features of the encoder
"""

import pathlib

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import BertConfig, BertForSequenceClassification

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "bert_tiny"
LENGTHS = [5, 1, 17, 9, 3, 12, 7, 30]
STEPS, RATE, DECAY = 10, 1e-3, 0.01


def tiny_model():
    torch.manual_seed(7)
    config = BertConfig(hidden_size=32, num_hidden_layers=3, num_attention_heads=4, intermediate_size=64, vocab_size=200,
                        max_position_embeddings=40, num_labels=3, hidden_dropout_prob=0.0,
                        attention_probs_dropout_prob=0.0, id2label={0: "bad", 1: "fine", 2: "good"})
    model = BertForSequenceClassification(config)
    # Weights at birth (0.02) make every layer all but linear: nothing would be tested of softmax, GELU and tanh.
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.12)
    return model.train()


def batch():
    generator = torch.Generator().manual_seed(3)
    longest = max(LENGTHS)
    ids = torch.randint(1, 200, (len(LENGTHS), longest), generator=generator)
    mask = torch.arange(longest)[None, :] < torch.tensor(LENGTHS)[:, None]
    types = (torch.arange(longest)[None, :] >= torch.tensor(LENGTHS)[:, None] // 2).long()
    labels = torch.randint(0, 3, (len(LENGTHS),), generator=generator)
    return {"input_ids": ids * mask, "attention_mask": mask.long(), "token_type_ids": types * mask, "labels": labels}


def optimizer_of(model):
    """Decay on matrices only, as Transformers' Trainer."""
    trained = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    return torch.optim.AdamW([{"params": [p for _, p in trained if p.dim() >= 2], "weight_decay": DECAY},
                              {"params": [p for _, p in trained if p.dim() < 2], "weight_decay": 0.0}], lr=RATE)


def ten_losses(model):
    optimizer, losses = optimizer_of(model), []
    for _ in range(STEPS):
        loss = model(**batch()).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.detach())
    return torch.stack(losses)


def main():
    model, inputs = tiny_model(), batch()
    model.save_pretrained(OUT)
    mask = inputs["attention_mask"].bool()
    reference = {"input_ids": inputs["input_ids"][mask], "type_ids": inputs["token_type_ids"][mask],
                 "labels": inputs["labels"], "cu_seqlens": torch.tensor([0, *LENGTHS]).cumsum(0)}
    result = model(**inputs)
    result.loss.backward()
    reference["logits"] = result.logits.detach()
    reference |= {f"grad/{name}": parameter.grad for name, parameter in model.named_parameters()}
    with torch.no_grad():
        hidden = model.bert(**{key: inputs[key] for key in ("input_ids", "attention_mask", "token_type_ids")})[0]
    weights = mask[:, :, None].float()
    reference["mean_pooled"] = (hidden * weights).sum(1) / weights.sum(1)
    reference["cls_pooled"] = hidden[:, 0].contiguous()
    reference["full_losses"] = ten_losses(tiny_model())

    torch.manual_seed(11)
    adapted = get_peft_model(tiny_model(), LoraConfig(task_type="SEQ_CLS", r=4, lora_alpha=8, lora_dropout=0.0,
                                                      target_modules=["query", "value"]))
    # strop trains the pooler with the classifier: both belong to the head.
    for parameter in adapted.base_model.model.bert.pooler.parameters():
        parameter.requires_grad_(True)
    reference |= {f"lora_init/{name.removeprefix('base_model.model.').replace('.default', '')}": parameter.detach().clone()
                  for name, parameter in adapted.named_parameters() if "lora_A" in name}
    reference["lora_losses"] = ten_losses(adapted)
    save_file({name: tensor.contiguous() for name, tensor in reference.items()}, OUT / "reference.safetensors")


if __name__ == "__main__":
    main()
