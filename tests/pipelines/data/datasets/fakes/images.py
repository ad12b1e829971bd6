"""Tiny images, each of other pixels."""

import io

import numpy as np
from PIL import Image


def png(i, size=4):
    return _encoded(i, size, "PNG")


def jpeg(i, size=4):
    return _encoded(i, size, "JPEG")


def _encoded(i, size, form):
    content = io.BytesIO()
    pixels = np.random.default_rng(i).integers(0, 256, (size, size, 3), np.uint8)
    Image.fromarray(pixels).save(content, form)
    return content.getvalue()
