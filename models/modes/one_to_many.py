"""Mode one_to_many: one thing -> a sequence.

The decoder starts from states that are made of the whole input (Xu et al. 2015, section 3.1.2;
Vinyals et al. 2015 let it read the input as a first step instead). With attention it looks at the
regions of an image while it writes (Xu et al. 2015). The transformer starts from no state: it looks
at the regions, or where there are none at a prefix that is made of the whole (Mokady et al. 2021).
"""

from __future__ import annotations

import keras
from keras import KerasTensor

from models.inputs import SingleInput
from models.layers.decoder.bridge import states_from_vector
from models.modes import writing
from models.modes.writing import answer, streaming
from models.outputs.tokens import Tokens
from models.spec import ModelSpec

__all__ = ["answer", "build", "streaming"]

PREFIX = 4
"""Views of a whole without parts that the transformer looks at."""


def build(spec: ModelSpec, inputs: SingleInput, outputs: Tokens) -> keras.Model:
    """The network: the input's own, bridge, decoder.

    Args:
        spec: the network's make; `spec.validate()` has passed.
        inputs: what it reads.
        outputs: what it writes.

    Returns:
        A model from the inputs by name and int32 `previous` `[batch, length]`, the true token
        before each step, to `logits`, float32 `[batch, length, vocabulary_size]`, and, with
        attention, `attention`, float32 `[batch, length, regions]`.
    """
    read = inputs.connect_single(spec)
    states, context = states_from_vector(spec, read.vector), {}
    if spec.attention != "none":
        regions = _prefix(spec, read.vector) if read.regions is None else read.regions
        everywhere = keras.ops.ones_like(regions[:, :, 0], dtype="bool")
        context = {"memory": regions, "memory_mask": everywhere}
    return writing.build(spec, read.inputs, states, context, outputs)


def _prefix(spec: ModelSpec, vector: KerasTensor) -> KerasTensor:
    """Several views of a whole that has no parts, float `[batch, PREFIX, units]`.

    Of a single one each query would see all, whatever it asks for: queries and keys would learn
    nothing.
    """
    views = keras.layers.Dense(PREFIX * spec.units, name="prefix")(vector)
    return keras.layers.Reshape((PREFIX, spec.units), name="prefix_views")(views)
