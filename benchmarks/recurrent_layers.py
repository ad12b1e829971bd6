"""The layers of models.layers.recurrent beside keras.layers: one layer, same weights, same batch.

    .venv/bin/python -m benchmarks.recurrent_layers [--rounds 15] [--cells LSTM GRU]

A training step is forward and backward, with the gradients of the weights and of the input; all
are traced into graphs. Rivals take turns; a cell of the table is the median with its quartiles, in
milliseconds. "best" compares the fastest calls: on a shared machine the steadier figure.

"of the ceiling" is the rate of the fastest call, counting the products alone, over that of the
BLAS's own large product on as many threads, which takes its turn with the layers.
"""

import argparse
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import tensorflow as tf
from scipy.linalg import blas

from benchmarks.timing import interleaved, table
from models.kernels import compiled
from models.layers import recurrent
from models.layers.recurrent import workers
from pipelines.runtime.allocator import keep_freed_memory

CELLS = ("LSTM", "GRU", "SimpleRNN")
FEATURES = 64
GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}
LARGE = 2048
TRAINING = [
    (256, 8, 128, 1),
    (64, 200, 64, 1),
    (64, 200, 64, 2),
    (64, 400, 128, 1),
    (64, 400, 128, 2),
]
"""Rows, steps, units and directions."""
INFERENCE = [(1, 200, 64, 1), (64, 200, 64, 1)]


def layers(cell: str, units: int, directions: int) -> dict[str, keras.layers.Layer]:
    made = {}
    for name, home in (("keras", keras.layers), ("fast", recurrent)):
        layer = getattr(home, cell)(units, return_sequences=True)
        both = recurrent.Bidirectional if home is recurrent else keras.layers.Bidirectional
        made[name] = both(layer) if directions == 2 else layer
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


def products(cell: str, case: tuple[int, int, int, int]) -> float:
    """Floating-point operations of a training step's products; the way back has twice as many."""
    batch, steps, units, directions = case
    return 3 * 2 * batch * steps * (FEATURES + units) * GATES[cell] * units * directions


def large_product() -> Callable[[], object]:
    """The BLAS's product of large matrices, a part of the columns on each thread."""
    compiled.kernels()  # which tells the BLAS that the threads are not its own
    count = workers.threads()
    matrix = np.asfortranarray(np.random.default_rng(0).normal(size=(LARGE, LARGE)), np.float32)
    parts = np.array_split(matrix, count, axis=1)
    pool = ThreadPoolExecutor(count)

    def part(columns: np.ndarray) -> np.ndarray:
        return blas.sgemm(1.0, matrix, columns)  # ty: ignore

    return lambda: list(pool.map(part, parts))


def row(cell: str, case: tuple[int, int, int, int], train: bool, rounds: int) -> list[object]:
    batch, time, units, directions = case
    sequence = tf.random.stateless_normal((batch, time, FEATURES), seed=(1, 2))
    made = layers(cell, units, directions)
    make = training_step if train else inference
    rivals = {name: make(layer, sequence) for name, layer in made.items()}
    if not train:
        with recurrent.plain():
            rivals["plain"] = inference(made["fast"], sequence)
    if train:
        rivals["large"] = large_product()
    times = interleaved(rivals, rounds)
    large = times.pop("large", None)
    keras_, fast = times["keras"], times["fast"]
    cells: list[object] = [cell, units, time, batch, directions, *times.values()]
    for rival in [fast] if train else [fast, times["plain"]]:
        cells += [f"{keras_.median / rival.median:.2f}x", f"{keras_.best / rival.best:.2f}x"]
    if large:
        rate, ceiling = products(cell, case) / fast.best, 2 * LARGE**3 / large.best
        cells += [f"{rate / 1e6:.0f}", f"{rate / ceiling:.2f}"]
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=CELLS)
    options = parser.parse_args()
    keep_freed_memory()
    case = ["cell", "units", "time", "batch", "directions"]
    print("Training step of a layer, forward and backward\n")
    rows = [row(cell, c, True, options.rounds) for cell in options.cells for c in TRAINING]
    columns = ["keras", "fast", "median", "best", "GFLOP/s", "of the ceiling"]
    print(table([*case, *columns], rows))
    print("\nInference; plain is what an export holds\n")
    rows = [row(cell, c, False, options.rounds) for cell in options.cells for c in INFERENCE]
    ratios = ["fast median", "fast best", "plain median", "plain best"]
    print(table([*case, "keras", "fast", "plain", *ratios], rows))


if __name__ == "__main__":
    main()
