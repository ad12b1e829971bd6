"""From what was read to the states that a recurrent decoder starts from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import KerasTensor

from models.layers.pooling import StatePooling
from models.layers.stack import STATES
from models.spec import ModelSpec


@keras.saving.register_keras_serializable("unrolled")
class Bridge(keras.layers.Layer):
    """A dense layer with tanh for each state of the decoder, which keeps it in a state's range.

    So Bahdanau et al. (2015, appendix A.2.2) make the first state of what the encoder's backward
    direction ended in, and Xu et al. (2015, section 3.1.2) of the mean of an image's regions.

    Args:
        units: of each state.
        count: how many states there are.
    """

    def __init__(self, units: int, count: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = units
        self.count = count
        self.states = [
            keras.layers.Dense(units, "tanh", dtype=self.dtype_policy, name=f"state_{index}")
            for index in range(count)
        ]

    def build(self, sources_shape: Sequence[tuple[int | None, ...]]) -> None:
        """Creates the weights."""
        for state, shape in zip(self.states, sources_shape, strict=True):
            state.build(tuple(shape))

    def call(self, sources: Sequence[KerasTensor]) -> list[KerasTensor]:
        """Makes the states.

        Args:
            sources: what each state is made of, float `[batch, features]`.

        Returns:
            float `[batch, units]` each.
        """
        return [state(source) for state, source in zip(self.states, sources, strict=True)]

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return super().get_config() | {"units": self.units, "count": self.count}


def states_from_encoder(
    spec: ModelSpec, ends: Sequence[KerasTensor], outputs: KerasTensor, mask: KerasTensor
) -> list[KerasTensor] | None:
    """What the decoder starts from: what its encoder ended in.

    An encoder of one direction hands its states on as they are (Sutskever et al. 2014); of two,
    each state of the decoder is computed from both ends of its layer.

    Args:
        spec: of the network.
        ends: final states of the encoder, as `models.layers.stack.RecurrentStack` gives them.
        outputs: of the encoder, `[batch, time, width]`.
        mask: bool `[batch, time]`, true at real steps.

    Returns:
        float `[batch, units]` each; None for the transformer, which looks at the memory instead.
    """
    if not spec.recurrent:
        return None
    if spec.layer_norm and spec.attention == "none":
        ends = _normalised(spec, ends, outputs, mask)
    if not spec.bidirectional:
        return _with_fed(spec, list(ends))
    each = STATES[spec.cell]
    layers = [ends[start : start + 2 * each] for start in range(0, len(ends), 2 * each)]
    sources = [
        keras.ops.concatenate([layer[index], layer[each + index]], axis=-1)
        for layer in layers
        for index in range(each)
    ]
    return _with_fed(spec, Bridge(spec.units, len(sources), name="bridge")(sources))


def states_from_vector(spec: ModelSpec, vector: KerasTensor) -> list[KerasTensor] | None:
    """What the decoder starts from: states made of one vector.

    Args:
        spec: of the network.
        vector: float `[batch, features]`.

    Returns:
        As of `states_from_encoder`.
    """
    if not spec.recurrent:
        return None
    count = spec.layers * STATES[spec.cell]
    return _with_fed(spec, Bridge(spec.units, count, name="bridge")([vector] * count))


def _normalised(
    spec: ModelSpec, ends: Sequence[KerasTensor], outputs: KerasTensor, mask: KerasTensor
) -> list[KerasTensor]:
    """The final states with what the highest layer gave last in place of its h.

    Without attention to the outputs, the top normalisation would otherwise have no effect.
    """
    last = StatePooling("last", spec.bidirectional, name="last")(outputs, mask)
    directions = keras.ops.split(last, 1 + spec.bidirectional, axis=-1)
    each, ends = STATES[spec.cell], list(ends)
    for index, direction in enumerate(reversed(directions), start=1):
        ends[-index * each] = direction
    return ends


def _with_fed(spec: ModelSpec, states: list[KerasTensor]) -> list[KerasTensor]:
    """With input feeding there is an attentional state as well; nothing was attended to yet."""
    return [*states, keras.ops.zeros_like(states[0])] if spec.input_feeding else states
