"""Ids and offsets of 20,000 nasty lines (English, Chinese, emoji, control characters, invalid bytes) through the real
model's tokenizer: Transformers' AutoTokenizer writes them down, the program's own test compares each."""

import os
import subprocess
import sys

import pytest
from conftest import ASSETS, MINILM, ROOT, STROP

LINES = 20000


def test_ids_and_offsets_of_the_real_tokenizer(tmp_path):
    test = STROP.parent / "text_test"
    if not test.exists():
        pytest.skip(f"no {test}; make interop builds it")
    if not (MINILM / "tokenizer.json").exists():
        pytest.skip(f"no {MINILM} (make assets)")
    lines = tmp_path / "tokenizer_reference.jsonl"
    subprocess.run([sys.executable, ROOT / "tools/make_tokenizer_reference.py", "full", MINILM, lines, "--lines", str(LINES)],
                   check=True, capture_output=True)
    assert len(lines.read_text(encoding="utf-8").splitlines()) >= LINES
    done = subprocess.run([test, "--gtest_filter=RealModel.*"], capture_output=True, text=True,
                          env=dict(os.environ, STROP_REFERENCE=str(tmp_path), STROP_ASSETS=str(ASSETS)))
    assert done.returncode == 0, done.stdout[-3000:]
    assert "[  PASSED  ] 2 tests" in done.stdout and "SKIPPED" not in done.stdout, done.stdout
