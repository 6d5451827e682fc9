"""The peer of `make bench`: Transformers + PEFT fine-tuning a BERT classifier on a text<TAB>label file, as JSON.

    python bench/peer_text.py --model build/assets/all-MiniLM-L6-v2 --train train.tsv --dev dev.tsv \
        --method lora --precision fp32 --batching random

Methods: lora (r 8, query and value, plus the head), head (encoder frozen), top2 (last two blocks, pooler, classifier).
Batching: random (shuffled, each batch padded to its longest row: the default of Trainer's collator), grouped
(Trainer's group_by_length), max (every row padded to 128: the default of run_glue.py). The loop is plain PyTorch, which
is a little faster than Trainer; --trainer uses transformers.Trainer itself.

Printed: train_samples_per_second over all steps after the warm-up ones; launch_to_first_step, total_seconds (launch of
the process to the evaluated model) by the kernel's clock of process start; peak_rss in bytes; eval_accuracy; losses.
train_cpu_share is CPU seconds over wall seconds and threads in the measured steps: far below 1, the machine was busy.
"""

import argparse
import json
import os
import resource
import sys
import time


def since_launch():
    with open("/proc/self/stat") as stat, open("/proc/uptime") as uptime:
        started = int(stat.read().rsplit(")", 1)[1].split()[19]) / os.sysconf("SC_CLK_TCK")
        return float(uptime.read().split()[0]) - started


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--train", required=True)
    parser.add_argument("--dev", required=True)
    parser.add_argument("--method", choices=["lora", "head", "top2", "full"], default="lora")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--batching", choices=["random", "grouped", "max"], default="random")
    parser.add_argument("--lr", type=float, help="default: 1e-3 lora, 1e-2 head, 1e-4 top2, 5e-5 full")
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--steps", type=int, default=0, help="stop after so many steps (the schedule too)")
    parser.add_argument("--warmup-steps", type=int, default=3, help="steps left out of samples/s")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--trainer", action="store_true", help="use transformers.Trainer")
    parser.add_argument("--no-eval", action="store_true")
    parser.add_argument("--device", default="cpu", help="of the plain loop; cuda for a GPU")
    return parser.parse_args()


def read_tsv(path):
    with open(path, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return [row[0] for row in rows], [int(row[1]) for row in rows]


def make_model(args):
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(args.model, num_labels=2)
    if args.method == "lora":
        from peft import LoraConfig, get_peft_model

        return get_peft_model(model, LoraConfig(task_type="SEQ_CLS", r=8, lora_alpha=16,
                                                target_modules=["query", "value"],
                                                modules_to_save=["pooler", "classifier"]))
    trained = {"head": ("classifier",), "full": ("",),
               "top2": ("classifier", "bert.pooler", "bert.encoder.layer.4.", "bert.encoder.layer.5.")}[args.method]
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(trained))
    return model


def encode(tokenizer, path):
    texts, labels = read_tsv(path)
    ids = tokenizer(texts, truncation=True, max_length=256)["input_ids"]
    return [{"input_ids": row, "labels": label} for row, label in zip(ids, labels)]


def collator(tokenizer, batching):
    from transformers import DataCollatorWithPadding

    if batching == "max":
        return DataCollatorWithPadding(tokenizer, padding="max_length", max_length=128)
    return DataCollatorWithPadding(tokenizer)


def epoch_order(rows, batch, batching, generator):
    """A shuffled order; grouped: sorted by length inside stretches of 50 batches, as Trainer's sampler does."""
    import torch

    order = torch.randperm(len(rows), generator=generator).tolist()
    if batching != "grouped":
        return order
    stretch = 50 * batch
    parts = [order[i:i + stretch] for i in range(0, len(order), stretch)]
    parts = [sorted(part, key=lambda i: -len(rows[i]["input_ids"])) for part in parts]
    batches = [part[i:i + batch] for part in parts for i in range(0, len(part), batch)]
    shuffled = torch.randperm(len(batches), generator=generator).tolist()
    return [index for at in shuffled for index in batches[at]]


def autocast(args):
    import torch

    return torch.autocast(args.device, torch.bfloat16, enabled=args.precision == "bf16")


def train_plain(args, model, train, collate):
    import torch
    from transformers import get_linear_schedule_with_warmup

    per_epoch = -(-len(train) // args.batch)
    steps = args.steps or round(args.epochs * per_epoch)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=args.learning_rate, weight_decay=0.01)
    schedule = get_linear_schedule_with_warmup(optimizer, round(0.06 * steps), steps)
    generator = torch.Generator().manual_seed(args.seed)
    model.train()
    losses, result, samples, step = [], {}, 0, 0
    while step < steps:
        order = epoch_order(train, args.batch, args.batching, generator)
        for i in range(0, len(order), args.batch):
            if step == args.warmup_steps:
                began, cpu, samples = time.perf_counter(), time.process_time(), 0
            batch = collate([train[j] for j in order[i:i + args.batch]]).to(args.device)
            with autocast(args):
                loss = model(**batch).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(loss.item())
            samples += len(batch["labels"])
            step += 1
            result.setdefault("launch_to_first_step", since_launch())
            if step == steps:
                break
    seconds = time.perf_counter() - began
    result["train_samples_per_second"] = samples / seconds
    result["train_cpu_share"] = (time.process_time() - cpu) / seconds / torch.get_num_threads()
    return result | {"steps": steps, "losses": losses}


def train_with_trainer(args, model, train, collate):
    import tempfile

    from transformers import Trainer, TrainerCallback, TrainingArguments

    class Watch(TrainerCallback):
        first = began = None

        def on_step_end(self, _, state, control, **kwargs):
            if state.global_step == 1:
                self.first = since_launch()
            if state.global_step == args.warmup_steps:
                self.began = time.perf_counter()

    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingArguments(
            folder, per_device_train_batch_size=args.batch, num_train_epochs=args.epochs, max_steps=args.steps or -1,
            learning_rate=args.learning_rate, weight_decay=0.01, warmup_steps=0.06, bf16=args.precision == "bf16",
            train_sampling_strategy="group_by_length" if args.batching == "grouped" else "random", seed=args.seed,
            logging_steps=10, save_strategy="no", report_to="none", disable_tqdm=True, use_cpu=True)
        trainer = Trainer(model, settings, data_collator=collate, train_dataset=train, callbacks=[watch])
        trainer.train()
    steps = trainer.state.global_step
    seconds = time.perf_counter() - watch.began
    return {"launch_to_first_step": watch.first, "steps": steps,
            "train_samples_per_second": (steps - args.warmup_steps) * args.batch / seconds,
            "losses": [line["loss"] for line in trainer.state.log_history if "loss" in line]}


def accuracy(args, model, rows, collate):
    import torch

    order = list(range(len(rows)))
    if args.batching == "grouped":
        order.sort(key=lambda i: len(rows[i]["input_ids"]))
    model.eval()
    right = 0
    with torch.inference_mode(), autocast(args):
        for i in range(0, len(rows), 64):
            batch = collate([rows[j] for j in order[i:i + 64]]).to(args.device)
            labels = batch["labels"]
            right += (model(**batch).logits.argmax(-1) == labels).sum().item()
    return right / len(rows)


def report(args, result, out):
    result["total_seconds"] = since_launch()
    result["peak_rss"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    json.dump(vars(args) | result, out)
    out.write("\n")


def main():
    args = arguments()
    args.learning_rate = args.lr or {"lora": 1e-3, "head": 1e-2, "top2": 1e-4, "full": 5e-5}[args.method]
    sys.stdout, out = sys.stderr, sys.stdout  # libraries print; stdout is for the one JSON object
    import torch
    from transformers import AutoTokenizer, logging

    logging.set_verbosity_error()
    torch.manual_seed(args.seed)
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    train, dev = encode(tokenizer, args.train), encode(tokenizer, args.dev)
    model = make_model(args).to(args.device)
    collate = collator(tokenizer, args.batching)
    result = (train_with_trainer if args.trainer else train_plain)(args, model, train, collate)
    if not args.no_eval:
        result["eval_accuracy"] = accuracy(args, model, dev, collate)
    report(args, result, out)


if __name__ == "__main__":
    main()
