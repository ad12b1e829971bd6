"""Adam and AdamW with one pass over the memory per update instead of ten.

Keras's Adam runs an operation over all weights for each term of the formula, which is slow for the
embeddings of recurrent networks on a CPU. TensorFlow has the whole update as one kernel; the
results are those of Keras up to rounding (Kingma & Ba 2015, algorithm 1, in the order
of the remark at the end of its section 2, as in Keras).
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


class _FusedUpdate(keras.optimizers.Adam):
    """Keras's Adam with its update as one kernel; everything else is inherited."""

    def update_step(self, gradient: tf.Tensor, variable: Any, learning_rate: Any) -> None:
        """Updates one weight and its moments.

        Args:
            gradient: dense, of the weight's shape.
            variable: a Keras variable, or the TensorFlow variable in it.
            learning_rate: of this step.
        """
        step = tf.cast(self.iterations + 1, tf.float32)
        index = self._get_variable_index(variable)
        weight = getattr(variable, "_value", variable)
        tf.raw_ops.ResourceApplyAdam(
            var=weight.handle,
            m=self._momentums[index]._value.handle,
            v=self._velocities[index]._value.handle,
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            lr=tf.cast(learning_rate, tf.float32),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


@keras.saving.register_keras_serializable("unrolled")
class FusedAdam(_FusedUpdate):
    """Adam."""


@keras.saving.register_keras_serializable("unrolled")
class FusedAdamW(keras.optimizers.AdamW, _FusedUpdate):
    """AdamW (Loshchilov & Hutter 2019): Keras applies the decay before the update."""
