"""Measures the table of default learning rates (src/planner/learning_rates.cc) and writes docs/learning-rates.md.

    build/venv/bin/python bench/learning_rates.py [--seeds 2] [--rows 1000] [METHOD ...]

Each method fine-tunes a sample of the training rows at each rate; the table is the accuracy on the validation rows, a
mean over the seeds. Chosen is the rate with the highest mean; among ties within a standard error the middle one, which
is the one that a somewhat larger or smaller task forgives.
"""

import argparse
import datetime
import pathlib
import statistics
import sys

from run import ROOT, machine, prepare_data, versions
from sides import Strop

RATES = {
    "head": (1e-4, 3e-4, 1e-3, 3e-3, 1e-2),
    "layerwise": (3e-5, 1e-4, 3e-4, 1e-3, 3e-3),
    "lora": (1e-4, 3e-4, 1e-3, 3e-3, 1e-2),
    "full": (1e-5, 3e-5, 1e-4, 3e-4, 1e-3),
    "ia3": (1e-3, 3e-3, 1e-2, 3e-2, 1e-1),
}
# The head by gradients, as its rate matters only there.
EXTRA = {"head": {"head_solver": "sgd", "num_train_epochs": 20}, "layerwise": {"top_k": 2}}


def chosen(means, error):
    best = max(means.values())
    tied = [rate for rate, mean in sorted(means.items()) if mean >= best - error]
    return tied[len(tied) // 2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("methods", nargs="*", metavar="METHOD", help=f"of {', '.join(RATES)}")
    parser.add_argument("--strop", default=str(ROOT / "build/release/bin/strop"))
    parser.add_argument("--model", default=str(ROOT / "build/assets/all-MiniLM-L6-v2"))
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=2)
    args = parser.parse_args()
    work = ROOT / "build" / "bench"
    data, name = prepare_data(work)
    strop = Strop(args.strop, args.model, data, work)
    lines = []
    for method in args.methods or RATES:
        means, errors = {}, []
        for rate in RATES[method]:
            settings = {"method": method, "learning_rate": rate, "max_train_samples": args.rows, "num_train_epochs": 3,
                        "pooling": "pooler", "head_init": "random"} | EXTRA.get(method, {})
            found = [strop(settings | {"seed": seed})["eval_accuracy"] for seed in range(1, args.seeds + 1)]
            means[rate] = statistics.mean(found)
            errors.append(statistics.variance(found) / len(found) if len(found) > 1 else 0)
            print(f"{method} {rate:g}: {[round(value, 4) for value in found]}", file=sys.stderr)
        error = statistics.mean(errors) ** 0.5
        pick = chosen(means, error)
        cells = " · ".join(f"{'**' if rate == pick else ''}{rate:g}: {100 * mean:.1f}{'**' if rate == pick else ''}"
                           for rate, mean in means.items())
        lines.append(f"| {method} | {cells} | {100 * error:.1f} |")
    text = f"""# Learning rates

Accuracy in % on the validation rows of {name} after fine-tuning {pathlib.Path(args.model).name} on {args.rows} rows (AdamW,
batch 32, 3 epochs, the head by gradients 20, warm-up and linear decay; means of {args.seeds} seeds). In bold the rate that is
the default. Written by `bench/learning_rates.py` on {datetime.date.today().isoformat()}, {machine()['cpu']}, {machine()['cores']} cores,
{versions(args.strop)['strop'].splitlines()[0]}. A model or task of your own: `learning_rate=auto` tries five rates on a part of the data.

| method | rate: accuracy | standard error |
| --- | --- | --- |
""" + "\n".join(lines) + "\n"
    (ROOT / "docs" / "learning-rates.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
