"""PNG files by hand, as no writer of TensorFlow's makes them."""

import struct
import zlib

import numpy as np

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}


def png(height, width, colour=GREY, bits=8, level=None, seed=0):
    """A PNG file of noise, or of one level."""

    def chunk(kind, content):
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    row = -(-width * CHANNELS[colour] * bits // 8)
    if level is None:
        rows = np.random.default_rng(seed).integers(0, 256, (height, row), np.uint8)
        rows[0, 0] |= 128  # or an image of one bit may be black
    else:
        rows = np.full((height, row), level, np.uint8)
    filtered = np.insert(rows, 0, 0, axis=1)  # each row without a filter
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    palette = b""
    if colour == PALETTE:
        palette = chunk(b"PLTE", bytes(range(256)) * 3)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + palette
        + chunk(b"IDAT", zlib.compress(filtered.tobytes()))
        + chunk(b"IEND", b"")
    )
