"""Lengths of padded sequences -> the mask of their real steps."""

from __future__ import annotations

import keras
from keras import KerasTensor


def real_steps(sequence: KerasTensor, lengths: KerasTensor) -> KerasTensor:
    """Tells real steps from padding.

    Args:
        sequence: `[batch, time, ...]`, padded on the right.
        lengths: int32 `[batch]`, the real steps of each; one that is more than `time` means all.

    Returns:
        bool `[batch, time]`, true at the first `lengths` steps.
    """
    return keras.ops.arange(keras.ops.shape(sequence)[1], dtype="int32") < lengths[:, None]
