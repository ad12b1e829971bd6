"""The long short-term memory, Hochreiter and Schmidhuber 1997, with the forget gate of Gers 2000.

One step, with [z_i z_f z_g z_o] = x_t W + b + h_{t-1} U and s the logistic function:

    i = s(z_i)   f = s(z_f)   g = tanh(z_g)   o = s(z_o)
    c_t = f c_{t-1} + i g
    h_t = o tanh(c_t)

Backward, from the gradients dh and dc of h_t and c_t:

    dc <- dc + dh o (1 - tanh(c_t)^2)
    dz_i = dc g i (1 - i)                dz_f = dc c_{t-1} f (1 - f)
    dz_g = dc i (1 - g^2)                dz_o = dh tanh(c_t) o (1 - o)
    dh_{t-1} = dz U'                     dc_{t-1} = dc f

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
class LSTMStep(Cell):
    """The equations above, as a graph; the kernels are in `kernels.lstm`."""

    code: int = 1
    gates: int = 4
    states: int = 2

    def step(self, projected: Tensor, recurrent: Tensor, states: Sequence[Tensor]) -> list[Tensor]:
        """One step, see `Cell.step`."""
        z_i, z_f, z_g, z_o = tf.split(projected + recurrent, 4, axis=1)
        i, f, g, o = tf.sigmoid(z_i), tf.sigmoid(z_f), tf.tanh(z_g), tf.sigmoid(z_o)
        c = f * states[1] + i * g
        return [o * tf.tanh(c), c]


@keras.saving.register_keras_serializable("unrolled")
class LSTM(FastLayer, keras.layers.LSTM):
    """`keras.layers.LSTM`, faster on a CPU: same arguments, same weights, same numbers.

    Args:
        *args: of `keras.layers.LSTM`.
        time_checkpoint: see `FastLayer`.
        **kwargs: of `keras.layers.LSTM`.
    """

    equations = LSTMStep()
