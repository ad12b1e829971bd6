"""Compiled loops as operations of a graph: the one place where a graph calls Python.

Such a graph lives and dies with the process that traced it. It must never be part of an export, nor
of what a `.keras` file is loaded into elsewhere: whoever asks for a compiled loop does so in
training alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from models.tensors import Tensor


def in_graph(
    function: Callable[..., tuple[np.ndarray, ...]], inputs: Sequence[Tensor], count: int
) -> list[Tensor]:
    """The results of a function of arrays, float32 each, in a graph or out of it.

    Args:
        function: takes an array for each input, and must not change it; without effects, so that it
            is not called where nobody needs its results.
        inputs: of any types.
        count: how many results there are; more than one.
    """
    return tf.numpy_function(function, inputs, [tf.float32] * count, stateful=False)
