"""Kernels as operations of a graph, with the gradient by hand: the one place that calls Python.

Such a graph lives and dies with the process that traced it. It must never be part of an export,
which is traced under `models.layers.recurrent.plain()`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from models.tensors import Tensor

Pass = Callable[..., Sequence[np.ndarray]]


def outside(
    forward: Pass,
    backward: Pass,
    primal: Sequence[Tensor],
    outputs: int,
    kept: int,
    arrays: Callable[[Sequence[Tensor]], Sequence[Tensor]],
) -> list[Tensor]:
    """Calls kernels in a graph or out of it, without a lock of Python.

    Args:
        forward: of arrays, which it must not change; gives the outputs, and at the end what the
            way back needs, all float32.
        backward: of what `forward` left for it, what `forward` was given, and the gradients of the
            outputs; gives the gradients.
        primal: what has a gradient, float32.
        outputs: how many there are.
        kept: how many arrays are left for the way back.
        arrays: makes of the primal what `forward` is given.

    Returns:
        The outputs, of unknown shapes.

    Raises:
        NotImplementedError: when a gradient of the gradient is taken.
    """

    @tf.custom_gradient
    def run(*primal: Tensor) -> tuple:
        given = arrays([tf.stop_gradient(value) for value in primal])
        found = _floats(forward, given, outputs + kept)
        # All that the gradient depends on goes through it as an argument, so that nobody gets a
        # second derivative that silently leaves a part out.
        return tuple(found[:outputs]), lambda *gradients: back(found[outputs:], gradients, primal)

    def back(left: Sequence[Tensor], gradients: Sequence[Tensor], primal: Sequence[Tensor]) -> list:
        @tf.custom_gradient
        def differentiate(*values: Tensor) -> tuple:
            stopped = [tf.stop_gradient(value) for value in values]
            d_outputs, before = stopped[: len(gradients)], stopped[len(gradients) :]
            found = _floats(backward, [*left, *arrays(before), *d_outputs], len(primal))
            return tuple(like(found, primal)), _refuse

        return differentiate(*gradients, *primal)

    return list(run(*primal))


def like(values: Sequence[Tensor], others: Sequence[Tensor]) -> list[Tensor]:
    """The values with the static shapes of others."""
    return [tf.ensure_shape(v, other.shape) for v, other in zip(values, others, strict=True)]


def call(
    function: Callable[..., Any], given: Sequence[Tensor], kinds: Sequence[tf.DType]
) -> list[Tensor]:
    """Calls a function on arrays; no gradient goes through it.

    Args:
        function: gives one array, or several in a list.
        given: what it is called with.
        kinds: of the arrays that it gives.

    Returns:
        These as tensors, of unknown shapes.
    """
    found = tf.numpy_function(function, list(given), list(kinds), stateful=False)
    # Outside of a graph a list of one is given as its one.
    return list(found) if isinstance(found, list | tuple) else [found]


def _floats(function: Pass, given: Sequence[Tensor], count: int) -> list[Tensor]:
    return call(function, given, [tf.float32] * count)


def _refuse(*_: Tensor) -> None:
    raise NotImplementedError(
        "The compiled kernels have no gradient of the gradient: "
        "trace the model under models.layers.recurrent.plain() to take one."
    )
