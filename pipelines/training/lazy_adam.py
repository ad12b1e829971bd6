"""Adam that updates of an embedding only the rows that a batch looked up.

Of 15,000 rows a batch looks up a thousand, yet a dense update goes over all of them: weights,
moments, moving average, norm, clipping. Here the work is that of the rows looked up.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from pipelines.training.fused_adam import FusedAdam


def unique_rows(gradient: tf.IndexedSlices) -> tf.IndexedSlices:
    """The same gradient with each row once, in ascending order; repeated rows are summed.

    Sorted first, because the kernel that sums sorted segments gathers on its way. The sort is
    stable, so the order of the sums is always the same, and with it their last bit.

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
    """Adam, for dense gradients as ever, and for gradients by rows with those rows alone.

    A row that was not looked up keeps its weights and its moments, where Adam would let the moments
    decay and go on moving the weights (LazyAdam of TensorFlow Addons, SparseAdam of PyTorch). As in
    both, the correction of the bias counts all steps. Rows of a gradient must be unique, and a
    matrix that is once updated by rows always has to be. There is no AdamW of this kind: its decay
    changes all rows in each step.

    The moving average is that of Keras up to rounding. A row whose weight w stood still for k steps
    has the average w + (e - w) d^k, d the momentum, e the average before: this is made up for when
    the row is next looked up, or when somebody reads the averages.
    """

    def build(self, var_list: list[keras.Variable]) -> None:
        """Creates the moments, and for each row of a matrix the step that its average is of.

        That step, counted from 1, is 0 before the row's first update; it stays 0 in a matrix whose
        gradients are dense. Part of `variables`, as a resumed training needs it.
        """
        if self.built:
            return
        super().build(var_list)
        self._by_rows: set[int] = set()  # indices of the variables that are updated so
        self._averaged: list[keras.Variable | None] = [
            self.add_variable(v.shape[:1], dtype=self.iterations.dtype, name="averaged")
            if self.use_ema and len(v.shape) == 2
            else None
            for v in var_list
        ]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Updates one weight and its moments, and of a gradient by rows the average as well.

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
        # A scatter makes later reads of the whole copy it, as the forward pass would in each step.
        tf.raw_ops.DisableCopyOnRead(resource=weight.handle)
        if self.use_ema:
            self._by_rows.add(index)
            self._average_rows(index, rows, before, after)

    def _average_rows(
        self, index: int, rows: tf.Tensor, before: tf.Tensor, after: tf.Tensor
    ) -> None:
        """Follows the steps since a row's last one, in which it was `before`, and this one."""
        average, averaged = self._averages[index]._value, self._averaged[index]._value
        values = tf.gather(average, rows)
        values += (before - values) * self._share_missed(tf.gather(averaged, rows))
        values += (after - values) * self._share()
        now = tf.fill(tf.shape(rows), self.iterations + 1)
        average.scatter_update(tf.IndexedSlices(values, rows))
        averaged.scatter_update(tf.IndexedSlices(now, rows))

    def _share(self) -> tf.Tensor:
        """Of a new weight in its average; all in the first step, as in Keras."""
        return tf.where(self.iterations > 0, 1 - self.ema_momentum, 1.0)

    def _share_missed(self, averaged: tf.Tensor) -> tf.Tensor:
        """Of a weight that stood still in its average; all where it never moved.

        Args:
            averaged: the step that the average is of, int `[rows]`.

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
        """The averages where Keras looks for them, brought up to date for whoever reads them."""
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
