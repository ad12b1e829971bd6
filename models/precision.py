"""In which number format a network computes, and where another one than float32 is worth it."""

from __future__ import annotations

import keras
import tensorflow as tf

from models.spec.settings import SpecError

AMPERE = (8, 0)
"""CUDA compute capability from which a GPU multiplies bfloat16 faster than float32."""


def use(precision: str) -> None:
    """Makes a precision that of the layers to come, unless this device does not gain from it.

    `mixed_bfloat16` keeps weights, softmax and losses in float32 and multiplies in bfloat16, whose
    exponent is that of float32, so that no loss scaling is needed (Kalamkar et al. 2019). On a CPU,
    TensorFlow casts to and fro around each product of a recurrence, which is slower than float32.

    Args:
        precision: `float32` or `mixed_bfloat16`.

    Raises:
        SpecError: it would cost instead of gain here, and why.
    """
    if precision != "float32":
        _check(precision)
    keras.config.set_dtype_policy(precision)


def _check(precision: str) -> None:
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        raise SpecError(
            "precision",
            f"{precision} is slower than float32 on a CPU, which has no fast kernels of it for the"
            " sizes of a recurrence; set precision=float32, or train on a GPU",
        )
    for gpu in gpus:
        details = tf.config.experimental.get_device_details(gpu)
        if details.get("compute_capability", (0, 0)) < AMPERE:
            name = details.get("device_name", gpu.name)
            raise SpecError(
                "precision",
                f"{name} multiplies bfloat16 no faster than float32 (this needs compute capability"
                " 8.0); set precision=float32",
            )
