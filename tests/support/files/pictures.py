"""Small real pictures, and bytes that are none."""

from __future__ import annotations

import io
import itertools
import random
import struct
import zlib
from typing import Any

from PIL import Image


def picture(kind: str = "png", size: tuple[int, int] = (40, 30), mode: str = "RGB", **saving: Any) -> bytes:
    """A picture whose left half is red (in modes with colours)."""
    image = Image.new("RGB", size, "blue")
    image.paste((255, 0, 0), (0, 0, size[0] // 2, size[1]))
    written = io.BytesIO()
    image.convert(mode).save(written, kind.upper(), **saving)
    return written.getvalue()


def noise(kind: str, size: tuple[int, int], **saving: Any) -> bytes:
    """Grey noise: of all pictures the one that can be pressed the least."""
    written = io.BytesIO()
    _tiled(Image.effect_noise((600, 400), 40), size).save(written, kind.upper(), **saving)
    return written.getvalue()


def fine_lines(size: tuple[int, int]) -> bytes:
    """A WebP whose squares of four by four pixels are shaded each in another direction."""
    chosen, slopes = random.Random(1), ((1, 0), (0, 1), (1, 1), (-1, 1), (2, 1), (1, 2), (0, 0))
    tile = Image.new("L", (128, 128))
    for left, top in itertools.product(range(0, 128, 4), repeat=2):
        (across, down), darkest = chosen.choice(slopes), chosen.randrange(10, 228)
        for x, y in itertools.product(range(4), repeat=2):
            tile.putpixel((left + x, top + y), darkest + 3 * (across * x + down * y))
    written = io.BytesIO()
    _tiled(tile, size).save(written, "WEBP", quality=40, method=0)
    return written.getvalue()


def _tiled(tile: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Sooner made than so many points of their own."""
    image = Image.new("L", size)
    for left, top in itertools.product(range(0, size[0], tile.width), range(0, size[1], tile.height)):
        image.paste(tile, (left, top))
    return image.convert("RGB")


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_of(width: int, height: int, rows: bytes, *before: bytes) -> bytes:
    """A grey PNG of this size, whatever it holds; `rows` is what its data say when they are unpacked."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(before) + data + chunk(b"IEND", b"")


PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n0\n%%EOF\n"
