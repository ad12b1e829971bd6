"""Answers of an export: ours beside Keras's own export of the same network, and `predict`.

A text classifier (embedding 20000x64, one layer of 64 units) with the same weights in all three,
and a mask against padding, reads texts of 200 tokens. The exports are reloaded and asked through
their signatures, with a tensor, for NumPy's numbers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.command import progress, quick
from benchmarks.contenders import CLASSES, VOCABULARY, WIDTH, Row, keras_model, words
from benchmarks.timing import interleaved, table

UNITS, LENGTH, BATCHES, ROUNDS = 64, 200, (1, 64), 31


def exports(row: Row, folder: Path) -> tuple[Any, Any, Any]:
    """Our signature, Keras's signature, and Keras's model."""
    import tensorflow as tf

    from models.build import build
    from models.export import signatures as serving
    from models.inputs.tokens import TokenInput
    from models.outputs.classes import Classes
    from models.spec import ModelSpec

    spec = ModelSpec(cell=row.cell, units=row.units, embedding_dim=WIDTH)
    model = build(spec, TokenInput(VOCABULARY), Classes(CLASSES))
    tokens = {"tokens": tf.TensorSpec([None, None], tf.int32)}
    answer = serving.signature(lambda tokens: model({"tokens": tokens}, training=False), tokens)
    serving.save(folder / "ours", {"serving_default": answer}, [model])
    theirs = keras_model(row, masked=True)
    theirs.set_weights(model.get_weights())
    theirs.export(folder / "keras", verbose=False)
    loaded = [tf.saved_model.load(str(folder / name)) for name in ("ours", "keras")]
    # A loaded object lives as long as somebody holds it.
    ours, keras = (partial(_logits, each, each.signatures["serving_default"]) for each in loaded)
    return ours, keras, theirs


def _logits(loaded: Any, signature: Any, tokens: Any) -> np.ndarray:
    (name,) = signature.structured_input_signature[1]
    (answer,) = signature(**{name: tokens}).values()
    return answer.numpy()


def contenders(row: Row, folder: Path) -> dict[str, Callable[[], np.ndarray]]:
    """Each gives the logits, `[batch, classes]`."""
    import tensorflow as tf

    ours, keras, model = exports(row, folder)
    drawn = words(np.random.default_rng(0), row.batch * row.length)
    texts = drawn.reshape(row.batch, row.length)
    tensor = tf.constant(texts)
    return {
        "predict": lambda: model.predict(texts, batch_size=row.batch, verbose=0),
        "Keras's export": lambda: keras(tensor),
        "our export": lambda: ours(tensor),
    }


def main() -> None:
    """Prints the table."""
    tiny = quick(__doc__)
    sizes, rounds = ((4, 8), 2) if tiny else ((UNITS, LENGTH), ROUNDS)
    lines = []
    for cell in ("lstm", "gru"):
        for batch in BATCHES:
            with tempfile.TemporaryDirectory() as folder:
                made = contenders(Row(cell, *sizes, batch=batch), Path(folder))
                answers = [answer() for answer in made.values()]
                for answer in answers:
                    np.testing.assert_allclose(answer, answers[0], atol=1e-5)
                times = interleaved(made, rounds)
            ours = times["our export"]
            ratios = [f"{other.median / ours.median:.1f}x" for other in times.values()][:-1]
            lines.append([cell, batch, *times.values(), *ratios])
            progress(*lines[-1])
    columns = ["cell", "batch", *(f"{name}, ms" for name in times)]
    print("A text of 200 tokens through an export, 64 units\n")
    print(table([*columns, "over predict", "over Keras's export"], lines))


if __name__ == "__main__":
    main()
