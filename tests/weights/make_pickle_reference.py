"""Writes the small reference files of tests/data/weights/pickle with torch.save (run by hand, results kept).

Usage: python make_pickle_reference.py ../data/weights/pickle ../fuzz/corpus/pickle
What strop should read from X-dtypes.pth stands in dtypes.safetensors; nested-*.pth hold nested.safetensors,
legacy-part.pth part.safetensors, all others views.safetensors.
"""
import argparse
import collections
import io
import pathlib
import pickle
import shutil
import struct
import sys
import zipfile

import numpy
import torch
from safetensors.torch import save_file

folder, corpus = map(pathlib.Path, sys.argv[1:])


def counted(dtype, *shape):
    return torch.arange(int(numpy.prod(shape)) if shape else 1, dtype=torch.float64).to(dtype).reshape(shape)


def save(name, content, **how):
    torch.save(content, folder / f"{name}.pth", **how)


def expect(name, tensors):
    content = {key: value.detach().contiguous().clone() for key, value in tensors.items()}
    save_file(content, folder / f"{name}.safetensors")
    (folder / f"{name}.safetensors").chmod(0o644)


def entries(name):
    with zipfile.ZipFile(folder / f"{name}.pth") as file:
        return {entry.filename: file.read(entry) for entry in file.infolist()}


def pack(name, content):
    with zipfile.ZipFile(folder / f"{name}.pth", "w", zipfile.ZIP_STORED) as file:
        for entry, data in content.items():
            file.writestr(zipfile.ZipInfo(entry), data)


dtypes = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.float16, torch.bfloat16, torch.int32, torch.float32,
          torch.float64, torch.int64, torch.complex64, torch.uint16, torch.uint32, torch.uint64, torch.float8_e5m2,
          torch.float8_e4m3fn]
typed = {f"t{i:02}.{str(dtype).removeprefix('torch.')}": counted(dtype, 2, 3) for i, dtype in enumerate(dtypes)}
base = counted(torch.float32, 4, 6)
attributed = counted(torch.float32, 2)
attributed.note = "a Python attribute"
views = {"whole": base, "again": base, "rows": base[1:3], "columns": base[:, 1:5:2], "transposed": base.t(),
         "permuted": counted(torch.int16, 2, 3, 4).permute(2, 0, 1),
         "expanded": counted(torch.float32, 1, 3).expand(5, 3),
         "channels.last": counted(torch.float16, 2, 3, 2, 2).contiguous(memory_format=torch.channels_last),
         "scalar": counted(torch.float32), "one": base[2, 3], "empty": torch.zeros(0, 4),
         "ones": counted(torch.int8, 3)[:, None].t(),
         "größe": counted(torch.int64, 1), "parameter": torch.nn.Parameter(base[0]), "attributed": attributed,
         "position_ids": torch.arange(5).expand((1, -1))}
plain = collections.OrderedDict(views)
plain._metadata = collections.OrderedDict({"": {"version": 1}})

expect("dtypes", typed)
expect("views", views)
for name, how in {"zip": {}, "legacy": {"_use_new_zipfile_serialization": False}}.items():
    save(f"{name}-dtypes", typed, **how)
    save(f"{name}-views", plain, **how)
for protocol in (3, 4, 5):
    save(f"zip-protocol{protocol}", dict(views), pickle_protocol=protocol)
save("legacy-protocol4", dict(views), pickle_protocol=4, _use_new_zipfile_serialization=False)

# A device that this machine lacks, and its spelling in old files.
saved = entries("zip-views")
pack("zip-cuda", {name: data.replace(b"X\x03\0\0\0cpu", b"X\x06\0\0\0cuda:0").replace(b"ctorch\nF", b"ctorch.cuda\nF")
                  for name, data in saved.items()})
zipfile.ZIP64_LIMIT, limit = 0, zipfile.ZIP64_LIMIT
pack("zip-64", saved)
zipfile.ZIP64_LIMIT = limit

# Checkpoints: one set of weights among other things.
good = {"a.weight": counted(torch.float32, 2, 3), "a.bias": counted(torch.float32, 2)}
bad = {"a.weight": -good["a.weight"], "a.bias": -good["a.bias"]}
model = torch.nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), momentum=0.9, lr=0.1)
model(torch.ones(1, 3)).sum().backward()
optimizer.step()
rest = {"epoch": 3, "best": numpy.float64(0.5),
        "args": argparse.Namespace(lr=0.1, tags=["x"], device=torch.device("cpu")),
        "optimizer": optimizer.state_dict(), "milestones": collections.Counter([1, 2]), "seen": {1, 2}, "none": None,
        "rng_state": torch.zeros(8, dtype=torch.uint8), "dtype": torch.float16, "size": torch.Size([1, 2]),
        "groups": collections.defaultdict(list), "raw": b"bytes", "large": 2**70, "negative": -5}
expect("nested", good)
contents = {
    "state-dict": {"state_dict": good}, "model": {"model": good}, "model-state-dict": {"model_state_dict": good},
    "ema": {"model": bad, "ema": {"module": good, "updates": 7}}, "no-ema": {"ema": None, "model": good},
    "timm": {"state_dict_ema": good, "state_dict": bad},
    "parallel": {"model": {f"module.{name}": tensor for name, tensor in good.items()}},
    "compiled": {f"_orig_mod.{name}": tensor for name, tensor in good.items()}, "own-key": {"my_weights": good}}
for name, content in contents.items():
    save(f"nested-{name}", {**rest, **content} if name not in ("compiled", "own-key") else content)


# Before PyTorch 1.0 a storage could be a part of another one: (key, first element, elements).
class Storage:
    def __init__(self, *identity):
        self.identity = identity


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return value.identity if isinstance(value, Storage) else None


class Rebuilt:
    def __init__(self, *arguments):
        self.arguments = arguments

    def __reduce__(self):
        return torch._utils._rebuild_tensor, self.arguments


out = io.BytesIO()
first = Storage("storage", torch.FloatStorage, "7", "cuda:1", 6, ("8", 2, 3))
second = Storage("storage", torch.FloatStorage, "7", "cpu", 6, None)
parts = (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True, "type_sizes": {}},
         {"part": Rebuilt(first, 1, (2,), (1,)), "all": Rebuilt(second, 0, (2, 3), (3, 1))}, ["7"])
for part in parts:
    Pickler(out, 2).dump(part)
out.write(struct.pack("<q6f", 6, *range(6)))
(folder / "legacy-part.pth").write_bytes(out.getvalue())
expect("part", {"part": torch.tensor([3.0, 4.0]), "all": counted(torch.float32, 2, 3)})

# Seeds of the fuzzer: some of these files, and pickles that ask for a call.
for name in ("zip-dtypes", "zip-64", "zip-protocol4", "legacy-dtypes", "legacy-part", "legacy-protocol4", "nested-ema"):
    shutil.copy(folder / f"{name}.pth", corpus / f"seed-{name}")
magic = b"".join(pickle.dumps(part, 2) for part in parts[:3])
for name, code in {"reduce": b"\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.", "inst": b"(X\x02\0\0\0lsios\nsystem\n.",
                   "object": b"(cos\nsystem\nX\x02\0\0\0lso.", "build": b"\x80\x02ctorch\nFloatStorage\n}b.",
                   "stack-global": b"\x80\x04\x8c\x02os\x8c\x06system\x93)R.", "extension": b"\x82\x01.",
                   "persistent": b"Pname\n.", "cycle": b"}q\0(X\x05\0\0\0modelh\0X\x03\0\0\0emah\0u."}.items():
    (corpus / f"seed-{name}").write_bytes(magic + code)
