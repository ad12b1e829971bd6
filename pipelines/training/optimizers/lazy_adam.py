"""Adam that updates only the rows of an embedding that a batch looked up.

A batch looks up, for example, 1,000 of 15,000 rows, but a dense update processes all of them:
weights, moments, moving average, norm and clipping.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from pipelines.training.optimizers.fused_adam import FusedAdam


def unique_rows(gradient: tf.IndexedSlices) -> tf.IndexedSlices:
    """The same gradient with each row once, in ascending order; repeated rows are summed.

    Sorted first, because the kernel for sorted segments gathers and sums in one pass. The sort is
    stable, so that the sums are reproducible to the last bit.

    Args:
        gradient: of a matrix; indices `[lookups]`, values `[lookups, width]`.

    Returns:
        Indices `[rows]`, values `[rows, width]`, so that its norm is that of the dense gradient.
    """
    order = tf.argsort(gradient.indices, stable=True)
    rows, segments = tf.unique(tf.gather(gradient.indices, order))
    sums = tf.sparse.segment_sum(gradient.values, order, segments)
    return tf.IndexedSlices(sums, rows, gradient.dense_shape)


@keras.saving.register_keras_serializable("unrolled")
class LazyAdam(FusedAdam):
    """Adam that, for a gradient given by rows, updates only those rows.

    A row that was not looked up keeps its weights and its moments, whereas Adam lets the moments
    decay and continues to change the weights (LazyAdam of TensorFlow Addons, SparseAdam of
    PyTorch). As in both, the correction of the bias counts all steps. Rows of a gradient must be
    unique, and a matrix must always be updated by rows or never. There is no AdamW of this kind,
    because its decay changes all rows in each step.

    The moving average is that of Keras up to rounding. A row whose weight w has not changed for k
    steps has the average w + (e - w) d^k, where d is the momentum and e the previous average: it is
    updated when the row is next looked up, or when the averages are read.
    """

    def build(self, var_list: list[keras.Variable]) -> None:
        """Creates the moments, and for each row of a matrix the step of its average.

        That step, counted from 1, is 0 before the row's first update, and in matrices with dense
        gradients. It is part of `variables`, because a resumed training needs it.
        """
        if self.built:
            return
        super().build(var_list)
        self._by_rows: set[int] = set()  # indices of the variables that are updated by rows
        self._averaged: list[keras.Variable | None] = [
            self.add_variable(v.shape[:1], dtype=self.iterations.dtype, name="averaged")
            if self.use_ema and len(v.shape) == 2
            else None
            for v in var_list
        ]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Updates one weight and its moments, and for a gradient by rows also the average.

        Args:
            gradient: dense, or `tf.IndexedSlices` of a matrix, with unique rows.
            variable: a Keras variable, or the TensorFlow variable in it.
            learning_rate: of this step.
        """
        if not isinstance(gradient, tf.IndexedSlices):
            super().update_step(gradient, variable, learning_rate)
            return
        index = self._get_variable_index(variable)
        weight = getattr(variable, "_value", variable)
        first, second = self._momentums[index]._value, self._velocities[index]._value
        rows, slope = gradient.indices, gradient.values
        step = tf.cast(self.iterations + 1, tf.float32)
        bias = tf.sqrt(1 - tf.pow(self.beta_2, step)) / (1 - tf.pow(self.beta_1, step))
        m, v, before = (tf.gather(whole, rows) for whole in (first, second, weight))
        m += (slope - m) * (1 - self.beta_1)
        v += (tf.square(slope) - v) * (1 - self.beta_2)
        after = before - learning_rate * bias * m / (tf.sqrt(v) + self.epsilon)
        for whole, values in ((first, m), (second, v), (weight, after)):
            whole.scatter_update(tf.IndexedSlices(values, rows))
        # After a scatter, each read of the variable would copy it, such as in the forward pass.
        tf.raw_ops.DisableCopyOnRead(resource=weight.handle)
        if self.use_ema:
            self._by_rows.add(index)
            self._average_rows(index, rows, before, after)

    def _average_rows(
        self, index: int, rows: tf.Tensor, before: tf.Tensor, after: tf.Tensor
    ) -> None:
        """Updates the averages for the steps since a row's last one, and for this one."""
        average, averaged = self._averages[index]._value, self._averaged[index]._value
        values = tf.gather(average, rows)
        values += (before - values) * self._share_missed(tf.gather(averaged, rows))
        values += (after - values) * self._share()
        now = tf.fill(tf.shape(rows), self.iterations + 1)
        average.scatter_update(tf.IndexedSlices(values, rows))
        averaged.scatter_update(tf.IndexedSlices(now, rows))

    def _share(self) -> tf.Tensor:
        """The share of a new weight in its average; 1 in the first step, as in Keras."""
        return tf.where(self.iterations > 0, 1 - self.ema_momentum, 1.0)

    def _share_missed(self, averaged: tf.Tensor) -> tf.Tensor:
        """The share of an unchanged weight in its average; 1 before the first update.

        Args:
            averaged: the step of the average, int `[rows]`.

        Returns:
            float32 `[rows, 1]`.
        """
        missed = tf.cast(self.iterations - averaged, tf.float32)
        shares = 1 - tf.pow(self.ema_momentum, missed)
        return tf.where(tf.greater(averaged, 0), shares, 1.0)[:, None]

    def _update_model_variables_moving_average(self, variables: list[keras.Variable]) -> None:
        for index, (weight, average) in enumerate(zip(variables, self._averages, strict=True)):
            if index not in self._by_rows:
                average.assign_add((weight - average) * self._share())

    @property
    def _model_variables_moving_average(self) -> list[keras.Variable]:
        """The averages, updated, under the name that Keras uses."""
        for weight, average, averaged in zip(
            self._trainable_variables, self._averages, self._averaged, strict=True
        ):
            if averaged is None:
                continue
            earliest, latest = tf.reduce_min(averaged), tf.reduce_max(averaged)
            if latest > 0 and earliest < self.iterations:
                average.assign_add((weight - average) * self._share_missed(averaged))
                averaged.assign(tf.fill(averaged.shape, self.iterations))
        return self._averages

    @_model_variables_moving_average.setter
    def _model_variables_moving_average(self, averages: list[keras.Variable]) -> None:
        self._averages = averages
