"""Makes train.tsv, validation.tsv and test.tsv (text, label) from the movie lines of the vaderSentiment 2.5 sdist.

usage: prepare_vader.py vaderSentiment-2.5.tar.gz TARGET_FOLDER

The label is the sign of the mean rating where its size is at least 1; the lines in between are left out. A line that
stands twice (case and spacing aside) is kept once, and left out where its two labels differ, so that no test line is
ever in the training part. The split is 80/10/10 by a hash of the text: the same everywhere, in every Python.
"""

import hashlib
import io
import pathlib
import sys
import tarfile

RATINGS = "movieReviewSnippets_GroundTruth.txt"


def decode(line):
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")  # most of the file; some of its lines are UTF-8


def read_ratings(sdist):
    with tarfile.open(sdist) as outer:
        inner_name = next(n for n in outer.getnames() if n.endswith("additional_resources/hutto_ICWSM_2014.tar.gz"))
        inner_bytes = outer.extractfile(inner_name).read()
    with tarfile.open(fileobj=io.BytesIO(inner_bytes)) as inner:
        name = next(n for n in inner.getnames() if n.endswith("/" + RATINGS) and not n.split("/")[-1].startswith("."))
        lines = inner.extractfile(name).read().split(b"\n")
    for line in map(decode, lines):
        if line.strip():
            _, rating, snippet = line.split("\t", 2)
            yield float(rating), " ".join(snippet.split())


def labelled_lines(sdist):
    rated = [(s, "positive" if r > 0 else "negative") for r, s in read_ratings(sdist) if abs(r) >= 1]
    labels, first = {}, {}
    for snippet, label in rated:
        key = snippet.lower()
        labels.setdefault(key, set()).add(label)
        first.setdefault(key, snippet)
    kept = [(first[key], next(iter(found))) for key, found in labels.items() if len(found) == 1]
    print(f"{RATINGS}: {len(rated)} lines with a clear rating, {len(kept)} after removing duplicates")
    return kept


def hash_of(snippet):
    return int.from_bytes(hashlib.sha256(snippet.lower().encode()).digest()[:8], "big")


def part_of(order):
    return {0: "test", 1: "validation"}.get(order % 10, "train")


def main():
    sdist, target = sys.argv[1], pathlib.Path(sys.argv[2])
    parts = {"train": [], "validation": [], "test": []}
    rows = [(hash_of(snippet), snippet, label) for snippet, label in labelled_lines(sdist)]
    for order, snippet, label in sorted(rows):  # the source has all positive lines first
        parts[part_of(order)].append((snippet, label))
    for name, rows in parts.items():
        with open(target / f"{name}.tsv", "w", encoding="utf-8", newline="") as out:
            out.write("text\tlabel\n")
            out.writelines(f"{snippet}\t{label}\n" for snippet, label in rows)
        print(f"{name}.tsv: {len(rows)} lines")


if __name__ == "__main__":
    main()
