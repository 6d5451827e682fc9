"""Writes the small reference files of tests/data/weights with Python's own safetensors (run by hand, results kept).

Usage: python make_reference.py ../data/weights
"""
import sys

import numpy
import torch
from safetensors.torch import save_file

folder = sys.argv[1]


def counted(dtype, *shape):
    size = int(numpy.prod(shape)) if shape else 1
    return torch.arange(size, dtype=torch.float64).to(dtype).reshape(shape)


dtypes = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.uint16, torch.float16, torch.bfloat16, torch.int32,
          torch.uint32, torch.float32, torch.float64, torch.int64, torch.uint64, torch.complex64, torch.float8_e5m2,
          torch.float8_e4m3fn]
save_file({f"t{i:02}.{str(dtype).removeprefix('torch.')}": counted(dtype, 2, 3) for i, dtype in enumerate(dtypes)},
          f"{folder}/dtypes.safetensors", {"format": "pt"})
save_file({"b.weight": counted(torch.float32, 2, 2), "a.bias": counted(torch.float32, 3), "empty": counted(torch.float32, 0, 4),
           "scalar": counted(torch.float32), "größe \"x\"\n": counted(torch.int64, 1)}, f"{folder}/names.safetensors")
save_file({}, f"{folder}/nothing.safetensors", {"format": "pt"})
