"""Writes tests/data/eval/classification.json: random sets with scikit-learn's metrics of them.

Needs numpy and scikit-learn. Run: python tools/make_metrics_reference.py
The calibration error has no scikit-learn function; it is written out here from Guo et al. 2017.
"""
import json
import pathlib

import numpy as np
from sklearn import metrics

OUT = pathlib.Path(__file__).parent.parent / "tests" / "data" / "eval" / "classification.json"


def calibration_error(labels, probabilities, bins=15):
    confidence = probabilities.max(axis=1)
    hit = (probabilities.argmax(axis=1) == labels).astype(float)
    bin_of = np.clip(np.ceil(confidence * bins) - 1, 0, bins - 1)
    return sum(abs(confidence[bin_of == b].sum() - hit[bin_of == b].sum()) for b in range(bins)) / len(labels)


def case(name, labels, probabilities):
    probabilities = np.asarray(probabilities, dtype=np.float32)
    wide = probabilities.astype(np.float64)
    labels = np.asarray(labels)
    kept = labels >= 0
    y, p = labels[kept], wide[kept]
    classes = list(range(p.shape[1]))
    predicted = p.argmax(axis=1)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        y, predicted, labels=classes, zero_division=0)
    confidence = np.where(kept & (wide.argmax(axis=1) != labels), wide.max(axis=1), -1)
    worst = [int(i) for i in np.argsort(-confidence, kind="stable") if confidence[i] >= 0][:5]
    return {
        "name": name, "classes": len(classes), "labels": labels.tolist(),
        "probabilities": [float(x) for x in probabilities.ravel()],
        "loss": metrics.log_loss(y, p, labels=classes) if len(classes) > 1 else 0.0,
        "accuracy": metrics.accuracy_score(y, predicted),
        "f1_macro": metrics.f1_score(y, predicted, average="macro", zero_division=0),
        "f1_micro": metrics.f1_score(y, predicted, average="micro", zero_division=0),
        "f1_weighted": metrics.f1_score(y, predicted, average="weighted", zero_division=0),
        "matthews": float(metrics.matthews_corrcoef(y, predicted)),
        "calibration_error": calibration_error(y, p),
        "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "support": support.tolist(),
        "confusion": metrics.confusion_matrix(y, predicted, labels=classes).ravel().tolist(), "worst": worst,
    }


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def main():
    rng = np.random.default_rng(7)
    cases = []
    for rows, classes in ((40, 2), (60, 3), (50, 7)):
        labels = rng.integers(0, classes, rows)
        logits = rng.normal(size=(rows, classes)) + 1.5 * np.eye(classes)[labels]
        cases.append(case(f"random {rows} x {classes}", labels, softmax(logits)))
    labels = rng.choice([0, 2], 30)
    logits = rng.normal(size=(30, 5))
    logits[:, 4] -= 50  # class 4 is in neither, 1 and 3 only among the predictions
    cases.append(case("classes absent from labels", labels, softmax(logits)))
    quarters = rng.integers(1, 3, size=(24, 4)) / 4.0
    cases.append(case("ties", rng.integers(0, 4, 24), quarters / quarters.sum(axis=1, keepdims=True)))
    cases.append(case("one sample, right", [1], [[0.25, 0.75]]))
    cases.append(case("one sample, wrong", [0], [[0.25, 0.75]]))
    cases.append(case("one prediction for all", [0, 1, 1, 0], [[0.75, 0.25]] * 4))
    cases.append(case("certain", [0, 1, 1], [[1, 0], [0, 1], [1, 0]]))
    left_out = rng.integers(-1, 3, 30)
    cases.append(case("rows left out", left_out, softmax(rng.normal(size=(30, 3)))))
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


if __name__ == "__main__":
    main()
