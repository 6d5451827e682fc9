#!/usr/bin/env python3
"""Makes tests/data/image with Pillow (13.0): small pictures in all kinds of files, and what Pillow makes of them.

For each decode/NAME.EXT there is decode/NAME.EXT.ppm, Pillow's convert("RGB"); resize/FILTER_WxH.ppm are source.png resized;
fit/ what timm's evaluation transform makes of it;
operations/NAME.ppm are Pillow's ImageEnhance, ImageOps and transform on source.png.
"""
import math
import pathlib
import struct
import sys

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "data/image")


def source(width=53, height=41):
    """Gradients, a disc, a checkerboard and noise: something for every filter to get wrong."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:height, 0:width].astype(float)
    rgb = np.stack([x * 255 / (width - 1), y * 255 / (height - 1), 255 - x * 255 / (width - 1)], axis=2)
    rgb[(x - 15) ** 2 + (y - 15) ** 2 < 80] = [250, 20, 60]
    rgb[(x > 30) & (y > 20) & ((x + y) % 4 < 2)] = [0, 255, 255]
    rgb[5:12, 35:50] = rng.integers(0, 256, (7, 15, 3))
    return Image.fromarray(rgb.clip(0, 255).astype(np.uint8))


def save(folder, name, image):
    (root / folder).mkdir(parents=True, exist_ok=True)
    image.save(root / folder / f"{name}.ppm")


def decode(name, extension, image, exif=None, reference=None, **options):
    path = root / "decode" / f"{name}.{extension}"
    path.parent.mkdir(parents=True, exist_ok=True)
    if exif:
        options["exif"] = exif
    image.save(path, **options)
    save("decode", f"{name}.{extension}", reference or ImageOps.exif_transpose(Image.open(path)).convert("RGB"))


def oriented(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def jpegs(image):
    decode("baseline_420", "jpg", image, quality=90)
    decode("baseline_444", "jpg", image, quality=90, subsampling=0)
    decode("baseline_422", "jpg", image, quality=90, subsampling=1)
    decode("progressive", "jpg", image, quality=90, progressive=True)
    decode("restart", "jpg", image, quality=90, restart_marker_blocks=2)
    decode("grey", "jpg", image.convert("L"), quality=90)
    decode("cmyk", "jpg", image.convert("CMYK"), quality=90)
    small = image.crop((8, 4, 32, 20))
    for orientation in range(1, 9):
        decode(f"exif_{orientation}", "jpg", small, oriented(orientation), quality=90)


def pngs(image):
    grey = image.convert("L")
    alpha = image.convert("RGBA")
    alpha.putalpha(Image.fromarray(np.tile(np.linspace(0, 255, image.width).astype(np.uint8), (image.height, 1))))
    decode("rgb", "png", image)
    decode("palette", "png", image.quantize(64))
    decode("palette_16", "png", image.quantize(13), bits=4)
    decode("palette_transparent", "png", image.quantize(64), transparency=3)
    decode("bilevel", "png", image.convert("1"))
    decode("grey", "png", grey)
    decode("grey_alpha", "png", alpha.convert("LA"))
    decode("alpha", "png", alpha)
    decode("exif_6", "png", image, oriented(6))
    wide = np.asarray(grey).astype(np.uint16) * 256 + 77
    decode("grey_16", "png", Image.fromarray(wide), reference=grey.convert("RGB"))


def others(image):
    decode("lossless", "webp", image, lossless=True)
    decode("lossy", "webp", image, quality=80)
    decode("exif_8", "webp", image, oriented(8), lossless=True)
    decode("animated", "webp", image, save_all=True, append_images=[image.rotate(90)], lossless=True)
    decode("rgb", "bmp", image)
    decode("palette", "bmp", image.quantize(64))
    decode("bilevel", "bmp", image.convert("1"))
    decode("alpha", "bmp", image.convert("RGBA"))
    run_length(image.quantize(16))
    bit_fields(image)


def bmp_header(image, bits, compression, size, palette=b"", masks=b""):
    at = 14 + 40 + len(masks) + len(palette)
    return (b"BM" + struct.pack("<IHHI", at + size, 0, 0, at)
            + struct.pack("<IiiHHIIiiII", 40, image.width, image.height, 1, bits, compression, size, 0, 0, len(palette) // 4, 0)
            + masks + palette)


def run_length(indexed):
    """RLE8: runs, a literal run at the start of every row, an end of line, an end of picture."""
    rgb = indexed.getpalette()[:48]
    palette = b"".join(bytes([rgb[3 * i + 2], rgb[3 * i + 1], rgb[3 * i], 0]) for i in range(16))
    out = bytearray()
    for row in np.asarray(indexed)[::-1]:
        out += bytes([0, 5, *row[:5], 0])
        at = 5
        while at < len(row):
            run = 1
            while at + run < len(row) and row[at + run] == row[at]:
                run += 1
            out += bytes([run, row[at]])
            at += run
        out += b"\0\0"
    out += b"\0\1"
    path = root / "decode" / "run_length.bmp"
    path.write_bytes(bmp_header(indexed, 8, 1, len(out), palette) + out)
    save("decode", "run_length.bmp", Image.open(path).convert("RGB"))


def bit_fields(image):
    pixels = np.asarray(image).astype(np.uint16)
    packed = (pixels[..., 0] >> 3 << 11) | (pixels[..., 1] >> 2 << 5) | (pixels[..., 2] >> 3)
    padded = np.pad(packed, ((0, 0), (0, image.width % 2)))[::-1].astype("<u2").tobytes()
    path = root / "decode" / "bit_fields.bmp"
    path.write_bytes(bmp_header(image, 16, 3, len(padded), masks=struct.pack("<III", 0xF800, 0x07E0, 0x001F)) + padded)
    save("decode", "bit_fields.bmp", Image.open(path).convert("RGB"))


def resizes(image):
    sizes = [(224, 30), (17, 13), (53, 20), (20, 41), (1, 1), (26, 90), (48, 28)]
    filters = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4}
    for name, number in filters.items():
        for width, height in sizes:
            save("resize", f"{name}_{width}x{height}", image.resize((width, height), number))


def operations(image):
    for name, enhancer in (("brightness", ImageEnhance.Brightness), ("contrast", ImageEnhance.Contrast),
                           ("saturation", ImageEnhance.Color), ("sharpness", ImageEnhance.Sharpness)):
        for factor in (0.3, 1.7):
            save("operations", f"{name}_{factor}", enhancer(image).enhance(factor))
    h, s, v = image.convert("HSV").split()
    shifted = Image.fromarray((np.asarray(h).astype(int) + 51).astype(np.uint8))
    save("operations", "hue_0.2", Image.merge("HSV", (shifted, s, v)).convert("RGB"))
    save("operations", "posterize_3", ImageOps.posterize(image, 3))
    save("operations", "solarize_100", ImageOps.solarize(image, 100))
    dull = ImageEnhance.Contrast(image).enhance(0.4)
    save("operations", "dull", dull)
    save("operations", "dull_autocontrast", ImageOps.autocontrast(dull))
    save("operations", "dull_equalize", ImageOps.equalize(dull))
    save("operations", "grey", image.convert("L").convert("RGB"))
    for name, number in (("nearest", 0), ("bilinear", 2)):
        save("operations", f"rotate_25_{name}", image.rotate(25, number, fillcolor=(9, 80, 120)))
        matrix = (1.03, 0.31, 2.13, -0.117, 0.913, 3.57)
        save("operations", f"affine_{name}", image.transform(image.size, Image.Transform.AFFINE, matrix, number, fillcolor=(9, 80, 120)))


def fits(image, size=24):
    """timm's evaluation transform: the short side to floor(size / crop_pct), then the centre, halves rounded to even."""
    for crop_pct in (0.875, 0.9, 1.0):
        short = math.floor(size / crop_pct)
        width, height = image.size
        goal = (short, int(short * height / width)) if width < height else (int(short * width / height), short)
        resized = image.resize(goal, Image.Resampling.BICUBIC)
        left, top = round((goal[0] - size) / 2), round((goal[1] - size) / 2)
        save("fit", f"crop_{crop_pct}_{size}", resized.crop((left, top, left + size, top + size)))


picture = source()
root.mkdir(parents=True, exist_ok=True)
picture.save(root / "source.png")
jpegs(picture)
pngs(picture)
others(picture)
resizes(picture)
operations(picture)
fits(picture)
