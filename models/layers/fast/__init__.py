"""Parts of a network that the kernels compute in training, each beside its plain form's file."""

from __future__ import annotations

import tensorflow as tf

from models.layers.recurrent.paths import kernels_serve
from models.tensors import Tensor


def fits(values: Tensor) -> bool:
    """Whether the kernels can be called here, on values of this type."""
    return values.dtype == tf.float32 and kernels_serve()
