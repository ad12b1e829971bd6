"""The simple recurrent network, Elman 1990.

One step:

    h_t = tanh(x_t W + b + h_{t-1} U)

Backward, from the gradient dh of h_t:

    dz = dh (1 - h_t^2)                  dh_{t-1} = dz U'

and over all steps dx = dz W', dW = x' dz, dU = h_{t-1}' dz, db = sum dz.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import tensorflow as tf

from models.layers.recurrent.layer import FastLayer
from models.layers.recurrent.plain import Cell
from models.tensors import Tensor


@dataclass(frozen=True)
class SimpleRNNStep(Cell):
    """The equations above, as a graph; the kernels are in `kernels.simple_rnn`."""

    code: int = 0
    gates: int = 1
    states: int = 1

    def step(self, projected: Tensor, recurrent: Tensor, states: Sequence[Tensor]) -> list[Tensor]:
        """One step, see `Cell.step`."""
        return [tf.tanh(projected + recurrent)]


@keras.saving.register_keras_serializable("unrolled")
class SimpleRNN(FastLayer, keras.layers.SimpleRNN):
    """`keras.layers.SimpleRNN`, faster on a CPU: same arguments, same weights, same numbers.

    Args:
        *args: of `keras.layers.SimpleRNN`.
        time_checkpoint: see `FastLayer`.
        **kwargs: of `keras.layers.SimpleRNN`.
    """

    equations = SimpleRNNStep()
