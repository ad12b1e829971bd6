"""A decoder that may copy: a token comes from its vocabulary, or from where it looks."""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import KerasTensor

from models.cross_attention import Shape

LEAST = 1e-30
"""Probability in place of 0, whose logarithm has no gradient; less than any that is told apart."""


@keras.saving.register_keras_serializable("unrolled")
class Copying(keras.layers.Layer):
    """The pointer-generator (See, Liu & Manning 2017, section 2.2).

    With the attentional state a_t and the embedded token x_t that step t reads, what t generates
    and the attention weights of t,

        p_gen = sigmoid(w . [a_t; x_t] + b)                                      (equation 8)
        P(w)  = p_gen softmax(logits)_w + (1 - p_gen) sum over s: read_s = w of weights_s
                                                                                 (equation 9)

    Where the paper has w_h* . context + w_s . state, here is a_t, which is made of both. What is
    read and what is written share one vocabulary, so a token that training never saw is written by
    its own id, and P is over the ids alone. Padding has weight 0: it is never copied.
    """

    def build(self, logits_shape: Shape, states_shape: Shape, embedded_shape: Shape) -> None:
        """Creates the weights for what `call` takes."""
        del logits_shape
        self.switch = keras.layers.Dense(1, dtype="float32", name="switch")
        self.switch.build((*states_shape[:-1], states_shape[-1] + embedded_shape[-1]))

    def call(
        self,
        logits: KerasTensor,
        states: KerasTensor,
        embedded: KerasTensor,
        weights: KerasTensor,
        source: KerasTensor,
    ) -> tuple[KerasTensor, KerasTensor]:
        """Mixes.

        Args:
            logits: float32 `[batch, time, vocabulary]`, of what is generated.
            states: float `[batch, time, units]`, attentional.
            embedded: float `[batch, time, features]`, the token before each step.
            weights: float32 `[batch, time, steps]`, the attention.
            source: int32 `[batch, steps]`, the tokens that were read.

        Returns:
            logits: float32 `[batch, time, vocabulary]`, log P.
            copying: float32 `[batch, time]`, 1 - p_gen.
        """
        ops = keras.ops
        switch = self.switch(ops.concatenate([states, embedded], axis=-1))  # [batch, time, 1]
        generated = ops.log_sigmoid(switch) + ops.log_softmax(logits)
        copied = ops.log(spread(weights, source, logits.shape[-1]) + LEAST)
        mixed = ops.logaddexp(generated, ops.log_sigmoid(-switch) + copied)
        return mixed, ops.sigmoid(-switch[:, :, 0])


def spread(weights: KerasTensor, source: KerasTensor, vocabulary: int) -> KerasTensor:
    """The sum of the weights of each token.

    Neither a one-hot source nor a product with one is made: `[batch, steps, vocabulary]` would be
    many times as large as all else.

    Args:
        weights: float32 `[batch, time, steps]`.
        source: int32 `[batch, steps]`.
        vocabulary: number of ids.

    Returns:
        float32 `[batch, time, vocabulary]`.
    """
    batch, time = tf.unstack(tf.shape(weights))[:2]
    places = source + vocabulary * tf.range(batch)[:, None]
    sums = tf.math.unsorted_segment_sum(
        tf.transpose(weights, [0, 2, 1]), places, batch * vocabulary
    )
    return tf.transpose(tf.reshape(sums, [batch, vocabulary, time]), [0, 2, 1])
