"""The layers of models.recurrent beside keras.layers: one layer, same weights, same batch.

    .venv/bin/python -m benchmarks.recurrent_layers [--rounds 15] [--cells LSTM GRU]

A training step is forward and backward, with the gradients of the weights and of the input; all
are traced into graphs. Rivals take turns; a cell of the table is the median with its quartiles, in
milliseconds. "best" compares the fastest calls: on a shared machine the steadier figure.
"""

import argparse
import os
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import tensorflow as tf

from benchmarks.timing import interleaved, table
from models import recurrent
from pipelines.allocator import keep_freed_memory

CELLS = ("LSTM", "GRU", "SimpleRNN")
FEATURES = 64
TRAINING = [
    (256, 8, 128, 1),
    (64, 200, 64, 1),
    (64, 400, 64, 1),
    (64, 400, 128, 1),
    (64, 400, 64, 2),
]
"""Rows, steps, units and directions."""
INFERENCE = [(1, 200, 64, 1), (64, 200, 64, 1)]


def layers(cell: str, units: int, directions: int) -> dict[str, keras.layers.Layer]:
    made = {}
    for name, home in (("keras", keras.layers), ("fast", recurrent)):
        layer = getattr(home, cell)(units, return_sequences=True)
        made[name] = keras.layers.Bidirectional(layer) if directions == 2 else layer
        made[name].build((None, None, FEATURES))
    made["fast"].set_weights(made["keras"].get_weights())
    return made


def training_step(layer: keras.layers.Layer, sequence: tf.Tensor) -> Callable[[], object]:
    @tf.function(autograph=False)
    def step(sequence: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(sequence)
            loss = tf.reduce_sum(layer(sequence, training=True) ** 2)
        return tape.gradient(loss, [v.value for v in layer.trainable_variables] + [sequence])

    return lambda: [gradient.numpy() for gradient in step(sequence)]


def inference(layer: keras.layers.Layer, sequence: tf.Tensor) -> Callable[[], object]:
    signature = [tf.TensorSpec((None, None, FEATURES))]
    answer = tf.function(layer, input_signature=signature, autograph=False)
    answer.get_concrete_function()
    return lambda: answer(sequence).numpy()


def row(cell: str, case: tuple[int, int, int, int], train: bool, rounds: int) -> list[object]:
    batch, time, units, directions = case
    sequence = tf.random.stateless_normal((batch, time, FEATURES), seed=(1, 2))
    made = layers(cell, units, directions)
    make = training_step if train else inference
    rivals = {name: make(layer, sequence) for name, layer in made.items()}
    if not train:
        with recurrent.plain():
            rivals["plain"] = inference(made["fast"], sequence)
    times = interleaved(rivals, rounds)
    keras_, fast = times["keras"], times["fast"]
    cells: list[object] = [cell, units, time, batch, directions, *times.values()]
    for rival in [fast] if train else [fast, times["plain"]]:
        cells += [f"{keras_.median / rival.median:.2f}x", f"{keras_.best / rival.best:.2f}x"]
    if train:
        cells.append(f"{fast.first / 1000:.1f} s")
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=CELLS)
    given = parser.parse_args()
    keep_freed_memory()
    case = ["cell", "units", "time", "batch", "directions"]
    print("Training step of a layer, forward and backward\n")
    rows = [row(cell, c, True, given.rounds) for cell in given.cells for c in TRAINING]
    print(table([*case, "keras", "fast", "median", "best", "first call"], rows))
    print("\nInference; plain is what an export holds\n")
    rows = [row(cell, c, False, given.rounds) for cell in given.cells for c in INFERENCE]
    ratios = ["fast median", "fast best", "plain median", "plain best"]
    print(table([*case, "keras", "fast", "plain", *ratios], rows))


if __name__ == "__main__":
    main()
