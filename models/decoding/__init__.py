"""Writing a sequence token by token, inside the graph: one `tf.while_loop`.

The same code answers in evaluation and in an export; nothing of it needs XLA.
"""

from __future__ import annotations

import tensorflow as tf

from models.decoding.beam import beam_search
from models.decoding.core import Decoded, Nested, Step
from models.decoding.single import write_one
from models.spec.generation import Generation
from models.spec.settings import SpecError

__all__ = ["Decoded", "Step", "decode"]


@tf.autograph.experimental.do_not_convert
def decode(
    step: Step,
    states: Nested,
    first: tf.Tensor,
    generation: Generation,
    context: Nested = (),
    *,
    beam_width: int | tf.Tensor | None = None,
) -> Decoded:
    """Writes one sequence for each row.

    Every row is written as if it were alone; drawn tokens depend on the seed, the row's place in
    the batch and the step. PADDING and START are never written, END not before `min_tokens` tokens.
    A row that has ended reads PADDING until all have ended; nothing it then does is kept.

    Args:
        step: one step of the network; `Step` says what it takes and gives.
        states: what the first step starts from: tensors of any type, `[batch, ...]`, in lists and
            dictionaries. Dimensions other than the batch may grow from step to step.
        first: int32 `[batch]`, the tokens that the first step reads.
        generation: how to write.
        context: what every step reads and none changes: tensors `[batch, ...]`, likewise.
        beam_width: in place of that of `generation`; may be an int32 scalar of the graph. Only for
            the strategy `beam`.

    Returns:
        The sequences.

    Raises:
        SpecError: invalid settings.
    """
    generation.validate()
    first = tf.convert_to_tensor(first, tf.int32)
    if generation.strategy == "beam":
        width = generation.beam_width if beam_width is None else beam_width
        return beam_search(step, states, first, generation, context, width)
    if beam_width is not None:
        raise SpecError(
            "beam_width", f"strategy={generation.strategy} has no beams; set strategy=beam"
        )
    return write_one(step, states, first, generation, context)
