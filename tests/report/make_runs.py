"""Writes the made-up run folders tests/data/report/run_a, run_b and run_pictures: shapes as of real runs, figures invented.

Run: python tests/report/make_runs.py. No package needed; the same bytes every time.
"""
import json
import math
import pathlib
import random

OUT = pathlib.Path(__file__).parent.parent / "data" / "report"
LABELS = ["negative", "positive"]
HOSTILE = [
    "<script>document.title='owned'</script> & a film that \"means well\"",
    "</blockquote><img src=x onerror=alert(1)> not the worst of them",
    "הסרט היה ארוך מדי, אבל הסוף היה שווה את זה (10/10)",
    "😀😀👩‍👩‍👧‍👦 wow, just wow… 🙃 five hours of my life 🇨🇭",
    "这部电影没有那么糟糕，但是我不会再看第二次。",
    "a_word_without_any_space_" * 30,
    "line one\nline two\tand a tab\u0000 and a NUL",
]
FILMS = ["an hour too long , and yet it never bores", "less a film than a shrug", "as thin as its poster",
         "you'll laugh , then wonder why", "not nearly as bad as they say", "a feast for anyone who liked the first"]

FILES = ["shoes/\"><script>document.title='owned'</script>.jpg", "shirt/猫 🐈.jpg", "hat/" + "n" * 250 + ".png",
         "hat/b.jpg", "skirt/c d.webp"]
THUMBNAIL = "data:image/jpeg;base64," + (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7"
    "gYKBTmCNl4x9lnN+gXz/2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8"
    "fHx8fHx8fHz/wAARCAAwAEADASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUF"
    "BAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVW"
    "V1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi"
    "4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAEC"
    "AxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVm"
    "Z2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq"
    "8vP09fb3+Pn6/9oADAMBAAIRAxEAPwBmKZin4pcVjf2h6jdhmKZin4pcU7+0IbsNxUeKfilxTv7Qhuw3FR4p+Kdinf2hDdixio8U"
    "/FOxWV/aGzdhmKZinYp2Kd/aEN2GYpmKdinYp39oQ3YZimYp+KXFO/tCG7FnFR4p+Kdisr+0N27DMVHin4p2Kd/aEN2GYqPFPxTs"
    "U7+0IbsMxUeKfinYp39oQ3Y//9k=")


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def calibration(rng, rows, accuracy):
    bins = [{"confidence": 0.0, "accuracy": 0.0, "count": 0} for _ in range(15)]
    for b in range(7, 15):
        count = int(rows * [0, 0, 0, 0, 0, 0, 0, .03, .05, .05, .06, .08, .11, .18, .44][b])
        middle = (b + 0.5) / 15
        bins[b] = {"confidence": middle, "count": count,
                   "accuracy": min(1, max(0, middle - 0.04 + rng.uniform(-.03, .03)))}
    return bins


def metrics(prefix, rng, confusion):
    rows = sum(map(sum, confusion))
    hits = sum(confusion[c][c] for c in range(2))
    classes = []
    for c, name in enumerate(LABELS):
        support, taken = sum(confusion[c]), confusion[0][c] + confusion[1][c]
        classes.append({"name": name, "precision": confusion[c][c] / taken, "recall": confusion[c][c] / support,
                        "f1": 2 * confusion[c][c] / (support + taken), "support": support})
    accuracy = hits / rows
    figures = {"loss": 0.231, "accuracy": accuracy, "accuracy_stderr": math.sqrt(accuracy * (1 - accuracy) / rows),
               "f1": (classes[0]["f1"] + classes[1]["f1"]) / 2, "f1_micro": accuracy, "f1_weighted": accuracy,
               "matthews_correlation": 2 * accuracy - 1, "calibration_error": 0.041, "samples": rows,
               "classes": classes, "confusion_matrix": confusion, "calibration": calibration(rng, rows, accuracy)}
    return {f"{prefix}_{key}": value for key, value in figures.items()}


def blocks(rng, top, adapters):
    names = ["embeddings"] + [f"encoder.layer.{i}" for i in range(6)] + ["pooler", "classifier"]
    sizes = [11_918_592] + [1_774_464] * 6 + [147_840, 770]
    out = []
    for i, (name, size) in enumerate(zip(names, sizes)):
        trained = size if i >= top else 12_288 if adapters and 1 <= i <= 6 else 0
        digest = "".join(rng.choice("0123456789abcdef") for _ in range(64)) if trained < size else ""
        out.append({"name": name, "parameters": size, "trained_parameters": trained,
                    "precision": "fp32" if i >= top or adapters else "bf16",
                    "frozen_hash_before": digest, "frozen_hash_after": digest})
    return out


def record(rng, method, top, adapters):
    rows = blocks(rng, top, adapters)
    return {"task": "text-classification", "method": method, "labels": LABELS, "base_model": "all-MiniLM-L6-v2",
            "base_hash": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db", "family": "bert",
            "input": {"text_column": "text", "text_pair_column": "", "label_column": "label", "max_length": 256,
                      "pooling": "pooler"},
            "total_parameters": sum(b["parameters"] for b in rows),
            "trained_parameters": sum(b["trained_parameters"] for b in rows), "blocks": rows, "data": "movies/sst2",
            "splits": [{"name": "train", "rows": 6920, "per_class": [3310, 3610]},
                       {"name": "validation", "rows": 872, "per_class": [428, 444]}],
            "data_notes": ["train.csv has no header: column 1 is the label, column 2 the text",
                           "9 rows stand twice in train; none is in both splits", "no row was truncated"],
            "machine": {"cpu": "AMD EPYC 9V74", "abilities": "avx2 avx512f avx512_bf16 avx512_vnni", "device": "cpu",
                        "threads": 2, "memory_bytes": 16 << 30},
            "versions": {"strop": "0.1.0", "libtorch": "2.13.0", "compiler": "GCC 12.2.0"},
            "command": f"strop train --model all-MiniLM-L6-v2 --data movies/sst2 --method {method} --seed 42",
            "started": "2026-01-02T03:04:05Z"}


def log(rng, stages, speed, seconds_a_step, memory):
    total = sum(steps for _, steps, _ in stages)
    lines, step, quality = [], 0, 0.0
    for number, (name, steps, rate) in enumerate(stages):
        start = step
        for step in range(start + 10, start + steps + 1, 10):
            share = (step - start) / steps
            quality = step / total
            lines.append({"current_steps": step, "total_steps": total, "stage": name, "epoch": step / 217,
                          "loss": 0.24 + 0.46 * math.exp(-5 * quality) + rng.gauss(0, 0.035),
                          "learning_rate": rate * min(1, share / 0.06) * (1 - share), "data_rate": 1.0,
                          "grad_norm": 1.4 + 2 * math.exp(-4 * quality) + rng.random(),
                          "samples_per_second": speed[number] * (1 + rng.gauss(0, 0.03)),
                          "elapsed_time": step * seconds_a_step, "remaining_time": (total - step) * seconds_a_step,
                          "resident_bytes": int(memory * (0.82 + 0.18 * sigmoid(8 * quality - 2))), "micro_batch": 32})
        lines.append({"current_steps": step, "total_steps": total, "stage": name, "epoch": step / 217,
                      "eval_loss": 0.25 + 0.3 * math.exp(-4 * quality), "elapsed_time": step * seconds_a_step,
                      "eval_accuracy": 0.9 - 0.2 * math.exp(-4 * quality),
                      "eval_f1": 0.895 - 0.21 * math.exp(-4 * quality)})
    return lines


PLAN = """# Everything that was decided about this run.
version: 1
stages:
{stages}precision: fp32
prefix_precision: bf16
fallbacks: [halve_batch, recompute, freeze_deeper]
reasons:
  method: "{why}"
  prefix_precision: "bf16 is 2.4 times as fast here, and 256 held-out rows keep their class"
predicted: {{seconds: {seconds}, peak_bytes: {peak}, quality: {quality}}}
options:
  model: all-MiniLM-L6-v2
  method: {method}
  seed: 42
"""


def write(folder, seed, method, why, stages, top, adapters, speed, seconds_a_step, memory, confusion, cost):
    rng = random.Random(seed)
    where = OUT / folder
    where.mkdir(parents=True, exist_ok=True)
    text = ""
    for name, steps, rate in stages:
        solver = "logistic" if steps == 0 else "gradient"
        text += f"  - {{name: {name}, method: {method}, solver: {solver}, blocks: [{name.split()[-1]}, classifier], " \
                f"cut: encoder.layer.{top - 1}, max_steps: {steps}, learning_rate: {rate}}}\n"
    (where / "plan.yaml").write_text(PLAN.format(stages=text, why=why, method=method, **cost))
    (where / "strop.json").write_text(json.dumps(record(rng, method, top, adapters), indent=1) + "\n")
    lines = log(rng, stages, speed, seconds_a_step, memory)
    (where / "trainer_log.jsonl").write_text("".join(json.dumps(
        {k: round(v, 6) if isinstance(v, float) else v for k, v in line.items()}) + "\n" for line in lines))
    quality = (confusion[0][0] + confusion[1][1]) / sum(map(sum, confusion))
    total = sum(steps for _, steps, _ in stages)
    results = {"train_runtime": total * seconds_a_step, "train_samples_per_second": sum(speed) / len(speed),
               "train_loss": 0.31, "epoch": total / 217, "total_steps": total, "best_step": total,
               "predicted_seconds": cost["seconds"], "actual_seconds": total * seconds_a_step + 6.2,
               "predicted_peak_bytes": cost["peak"], "actual_peak_bytes": memory,
               "predicted_quality": cost["quality"], "actual_quality": quality, **metrics("eval", rng, confusion)}
    (where / "all_results.json").write_text(json.dumps(results, indent=1) + "\n")
    with open(where / "predictions.jsonl", "w", encoding="utf-8") as file:
        for index, film in enumerate(HOSTILE + FILMS + FILMS):
            label = LABELS[index % 2]
            wrong = index < len(HOSTILE) + 3
            prediction = LABELS[1 - index % 2] if wrong else label
            file.write(json.dumps({"index": index * 7, "text": film, "label": label, "prediction": prediction,
                                   "score": round(0.995 - 0.013 * index, 4)}, ensure_ascii=False) + "\n")


def make_of_pictures(folder):
    """Turns a written run into one on pictures."""
    where = OUT / folder
    made = json.loads((where / "strop.json").read_text())
    made.update(task="image-classification", base_model="efficientnet-lite0.pth", family="efficientnet", data="clothing",
                input={"width": 224, "height": 224, "fit": "crop", "crop_pct": 0.875, "interpolation": "bicubic",
                       "mean": [0.5] * 3, "std": [0.5] * 3, "channel_order": "rgb"},
                data_notes=["1 skipped:\n  shoes/x.jpg: truncated"])
    (where / "strop.json").write_text(json.dumps(made, indent=1) + "\n")
    with open(where / "predictions.jsonl", "w", encoding="utf-8") as file:
        for index in range(30):
            wrong = index < 2 * len(FILES)
            file.write(json.dumps({"index": index, "text": f"clothing/test/{FILES[index % len(FILES)]}", "label": "hat",
                                   "prediction": "shoes" if wrong else "hat", "score": round(0.99 - 0.02 * index, 4)},
                                  ensure_ascii=False) + "\n")
    gallery = {"mistakes": [{"index": i, "image": THUMBNAIL} for i in range(9)],
               "augmented": [{"name": name, "images": [THUMBNAIL] * 6} for name in FILES[:3]]}
    (where / "gallery.json").write_text(json.dumps(gallery) + "\n")


def main():
    write("run_a", 1, "layerwise", "the top blocks alone reach the target in the 2 minutes given",
          [("head", 40, 0.02), ("block encoder.layer.5", 260, 0.0004), ("block encoder.layer.4", 260, 0.0002)],
          5, False, (2600, 1250, 900), 0.03, 640 << 20, [[379, 49], [45, 399]],
          {"seconds": 21.5, "peak": 690 << 20, "quality": 0.88})
    write("run_b", 2, "lora", "adapters in all layers: the time allows three epochs", [("lora", 640, 0.0015)],
          8, True, (330,), 0.097, 910 << 20, [[388, 40], [41, 403]],
          {"seconds": 74.0, "peak": 880 << 20, "quality": 0.9})
    write("run_pictures", 3, "head", "the head alone reaches the target", [("head", 60, 0.02)], 8, False, (2600,), 0.03,
          420 << 20, [[379, 49], [45, 399]], {"seconds": 9.0, "peak": 430 << 20, "quality": 0.85})
    make_of_pictures("run_pictures")


if __name__ == "__main__":
    main()
