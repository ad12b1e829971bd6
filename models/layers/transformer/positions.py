"""Where a step stands: attention alone would take a sequence for a set."""

from __future__ import annotations

import math

import keras
from keras import KerasTensor

LONGEST_WAVE = 10000.0
"""Wavelengths run from 2 pi to 2 pi times this (Vaswani et al. 2017, section 3.5)."""


def sinusoids(positions: KerasTensor, units: int) -> KerasTensor:
    """Waves of falling frequency, read at each position (Vaswani et al. 2017, section 3.5).

    All sines come first, then all cosines; the paper takes turns. The weights that read them can
    be permuted, so that it makes no difference.

    Args:
        positions: int `[batch, time]`, the number of steps before each.
        units: features.

    Returns:
        float32 `[batch, time, units]`, whatever the precision of the network: in half precision
        the positions beyond 2048 would be no whole numbers any more.
    """
    ops = keras.ops
    waves = math.ceil(units / 2)
    exponents = -2 * math.log(LONGEST_WAVE) / units * ops.arange(waves, dtype="float32")
    angles = ops.cast(positions, "float32")[:, :, None] * ops.exp(exponents)  # [batch, time, waves]
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)[:, :, :units]


def count_steps(real: KerasTensor, before: KerasTensor | None) -> KerasTensor:
    """How many real steps stand before each step; padding counts nowhere.

    Args:
        real: bool `[batch, time]`, true at real steps.
        before: bool `[batch, past]`, the same of the chunks before; None at the beginning.

    Returns:
        int32 `[batch, time]`, at padding some number from 0 up.
    """
    ops = keras.ops
    counts = ops.cast(real, "int32")
    positions = ops.cumsum(counts, axis=1) - counts
    if before is None:
        return positions
    return positions + ops.sum(ops.cast(before, "int32"), axis=1, keepdims=True)
