"""Writes the seeds of tests/fuzz/corpus/safetensors.

Usage: python make_fuzz_seeds.py ../data/weights ../fuzz/corpus/safetensors
"""
import pathlib
import shutil
import struct
import sys

source, target = map(pathlib.Path, sys.argv[1:])
for file in source.glob("*.safetensors"):
    shutil.copy(file, target / f"seed-{file.stem}")


def entry(shape, begin, end, dtype="U8", rest=""):
    return f'{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{begin},{end}]{rest}}}'


seeds = {
    "overlap": (f'{{"a":{entry([4], 0, 4)},"b":{entry([4], 2, 6)}}}', 6),
    "hole": (f'{{"a":{entry([1], 0, 1)},"b":{entry([1], 2, 3)}}}', 3),
    "overflow": (f'{{"a":{entry([4294967296, 4294967296], 0, 4, "F64")}}}', 4),
    "negative": (f'{{"a":{entry([-1], 0, 1)}}}', 1),
    "twice": (f'{{"a":{entry([1], 0, 1)},"a":{entry([1], 1, 2)}}}', 2),
    "unknown-field": ('{"a":' + entry([1], 0, 1, rest=',"more":[{"x":[1.5e9,null,true]}]') + "}", 1),
    "metadata": ('{"__metadata__":{"format":"pt","n":3}}', 0),
    "null-metadata": ('{"__metadata__":null}   ', 0),
    "nested": ('{"a":{"x":' + "[" * 200, 0),
    "escape": ('{"\\ud83d\\ude00\\u0000":' + entry([0], 0, 0) + "}", 0),
}
for name, (header, size) in seeds.items():
    raw = header.encode()
    (target / f"seed-{name}").write_bytes(struct.pack("<Q", len(raw)) + raw + bytes(size))
(target / "seed-huge-length").write_bytes(b"\xff" * 8 + b"{}")
(target / "seed-short").write_bytes(b"\x02\0\0")
