"""Attention of each step over the other steps of its own sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import KerasTensor

from models.layers.attention.cross import CrossAttention


@keras.saving.register_keras_serializable("unrolled")
class StepAttention(keras.layers.Layer):
    """Joins the state of each step with its context, a weighted mean of the other steps' states.

    c_t = sum over s of weights_(t,s) h_s, with one of the scores of `CrossAttention`; the output is
    tanh(W [c_t; h_t]). A step does not attend to itself: its own state is joined in any case
    (Daniluk et al. 2017, section 2.1, equations 1 to 4, without a window and with any score). The
    context of a step without others to attend to is zero.

    Args:
        attention: `dot`, `additive` or `multi_head`.
        heads: of `multi_head`.
        causal: whether a step attends to the steps before it alone.
    """

    def __init__(self, attention: str, heads: int = 1, causal: bool = True, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.attention = attention
        self.heads = heads
        self.causal = causal
        self.over_steps = CrossAttention(
            attention, heads, dtype=self.dtype_policy, name="over_steps"
        )

    def build(self, states_shape: tuple[int, ...], *_: object, **__: object) -> None:
        """Creates the weights for states `[batch, time, features]`."""
        self.features = states_shape[-1]
        self.over_steps.build(states_shape, states_shape)
        self.join = keras.layers.Dense(
            self.features,
            activation="tanh",
            use_bias=False,
            dtype=self.dtype_policy,
            name="join",
        )
        self.join.build((*states_shape[:-1], 2 * self.features))

    def call(self, states: KerasTensor, where: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        """Attends within whole sequences.

        Args:
            states: float `[batch, time, features]`.
            where: bool `[batch, time]`, true at real steps.

        Returns:
            joined: float `[batch, time, features]`.
            weights: float32 `[batch, time, time]`, the attention of each step (the mean over the
                heads); exactly 0 where it may not attend, and of padding. A row sums to one,
                unless its step has no others to attend to.
        """
        joined, weights, _ = self._attend(states, where, None)
        return joined, weights

    def read(
        self, states: KerasTensor, where: KerasTensor, before: Sequence[KerasTensor]
    ) -> tuple[KerasTensor, KerasTensor, list[KerasTensor]]:
        """Attends from one chunk of a sequence to its steps and those of the chunks before it.

        Args:
            states: float `[batch, time, features]`.
            where: bool `[batch, time]`, true at real steps.
            before: states after the chunk before, or `initial_states`.

        Returns:
            joined: float `[batch, time, features]`.
            weights: float32 `[batch, time, past + time]`.
            after: `before`, grown by the steps of this chunk.
        """
        return self._attend(states, where, before)

    def initial_states(self, batch_size: int | KerasTensor) -> list[KerasTensor]:
        """The states before the first chunk: no steps."""
        return [tf.zeros([batch_size, 0, *s.shape[2:]], s.dtype) for s in self.state_specs()]

    def state_specs(self) -> list[tf.TensorSpec]:
        """Bool `[batch, past]`, true where a step was real, and what is kept of each step."""
        kept = tf.TensorSpec([None, None, self.features], self.compute_dtype)
        return [tf.TensorSpec([None, None], tf.bool)] + [kept] * self._kept

    def compute_mask(self, *_: object, **__: object) -> None:
        """Masks are explicit arguments everywhere; no implicit mask is propagated."""
        return

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        own = {"attention": self.attention, "heads": self.heads, "causal": self.causal}
        return super().get_config() | own

    @property
    def _kept(self) -> int:
        """Tensors kept of the past: with `dot` the states themselves, else keys and values."""
        return 1 if self.attention == "dot" else 2

    def _attend(
        self, states: KerasTensor, where: KerasTensor, before: Sequence[KerasTensor] | None
    ) -> tuple[KerasTensor, KerasTensor, list[KerasTensor]]:
        ops = keras.ops
        after = [where, *self.over_steps.project(states)]
        if before is not None:
            after = [ops.concatenate(pair, axis=1) for pair in zip(before, after, strict=True)]
        real, *projected = after
        own = _own_places(ops.shape(states)[1], ops.shape(real)[1])[:, None]  # [time, 1]
        places = ops.arange(ops.shape(real)[1])  # [past + time]
        others = places < own if self.causal else ops.not_equal(places, own)
        visible = ops.logical_and(others, real[:, None, :])
        visible = ops.logical_and(visible, where[:, :, None])  # [batch, time, past + time]
        context, weights = self.over_steps.attend(states, projected, visible)
        return self.join(ops.concatenate([context, states], axis=-1)), weights, after


def _own_places(time: int | KerasTensor, total: int | KerasTensor) -> KerasTensor:
    """Places of the last `time` of `total` steps, int32 `[time]`."""
    return keras.ops.arange(total - time, total)
