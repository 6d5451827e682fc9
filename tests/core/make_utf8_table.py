"""Writes utf8_replacement.txt: malformed bytes and what Python's errors="replace" makes of them, both in hexadecimal.

Usage: python make_utf8_table.py > utf8_replacement.txt
"""
import itertools
import random

# One byte of each class of Unicode's table 3-7, its edges, and plain text.
EDGES = [0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
         0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF]
LEADS = [0xC2, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4]
SECONDS = [0x41, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF]

cases = [bytes([b]) for b in EDGES]
cases += [bytes(pair) for pair in itertools.product(LEADS, EDGES)]
cases += [bytes(triple) for triple in itertools.product(LEADS[1:], SECONDS, [0x41, 0x80, 0xBF, 0xC2])]
cases += [bytes(four) for four in itertools.product(LEADS[5:], [0x8F, 0x90, 0xBF], [0x7F, 0x80, 0xBF], [0x41, 0x80, 0xF0])]
rng = random.Random(1)
cases += [bytes(rng.choice(EDGES) for _ in range(rng.randint(5, 12))) for _ in range(150)]
valid = "aé世😀\ufffd\U0010ffff".encode()
cases += [valid[:i] + bytes([rng.choice(EDGES)]) + valid[j:] for i in range(len(valid)) for j in (i, i + 1)]
for case in dict.fromkeys(cases):
    print(case.hex(), case.decode("utf-8", errors="replace").encode().hex())
