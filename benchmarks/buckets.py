"""Real tokens a second in training, on texts as long as reviews are: buckets beside padding.

A text classifier (embedding 20000x64, one LSTM layer of 64 units) is trained on the same 2,560
texts: by the project, in ten buckets of length; by Keras's `fit` on texts padded to 1,000, as
tutorials do; and by Keras's `fit` on batches drawn at random, each padded to its longest text.
Counted are the tokens of the texts, not the padding. Keras is spared the work of a mask.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.command import progress, quick
from benchmarks.contenders import CLASSES, Row, keras_model, our_epoch, words
from benchmarks.timing import Timing, interleaved, table

LONGEST, BUCKETS, EXAMPLES = 1000, 10, 2560
MEDIAN, MOST = 166, 589
"""Tokens of a review; half of them are shorter than the one, and 95 % than the other."""
NORMAL_95 = 1.645
"""What 95 % of a standard normal distribution are below."""
ROUNDS = 3


def review_lengths(number: int) -> np.ndarray:
    """Lognormal, cut to `LONGEST`, int64 `[number]`."""
    spread = np.log(MOST / MEDIAN) / NORMAL_95
    drawn = np.random.default_rng(0).lognormal(np.log(MEDIAN), spread, number)
    return np.clip(drawn.round(), 1, LONGEST).astype(np.int64)


def contenders(row: Row, lengths: np.ndarray) -> dict[str, Callable[[], Any]]:
    """An epoch of each."""
    from pipelines.data.batching import Encoded
    from pipelines.data.buckets import bucket_edges
    from pipelines.data.ragged import Ragged

    random = np.random.default_rng(1)
    texts = Ragged(words(random, lengths.sum()), np.concatenate([[0], np.cumsum(lengths)]))
    classes = random.integers(0, CLASSES, len(lengths))
    targets = np.eye(CLASSES, dtype=np.float32)[classes]
    encoded = Encoded({"tokens": texts}, targets, np.ones(len(lengths), np.float32))
    edges = bucket_edges(lengths, BUCKETS, LONGEST)
    ours = our_epoch(row, encoded, edges)
    padded = texts.pad(np.arange(len(lengths)), LONGEST)
    fit = keras_model(row).fit
    drawn = batches(texts, classes, row.batch)
    by_batch = partial(keras_model(row).fit, drawn, shuffle=False, verbose=0)
    return {
        f"Keras fit, padded to {LONGEST}": lambda: fit(padded, classes, row.batch, verbose=0),
        "Keras fit, random batches, padded to the longest": by_batch,
        f"ours, {len(edges)} buckets": lambda: ours(lambda: None),
    }


def batches(texts: Any, classes: np.ndarray, size: int) -> Any:
    """A dataset of random batches, each as long as its longest text."""
    import tensorflow as tf

    ragged = tf.RaggedTensor.from_row_splits(texts.values, texts.splits)
    drawn = tf.data.Dataset.from_tensor_slices((ragged, classes)).shuffle(len(classes), seed=0)
    padded = drawn.batch(size).map(lambda tokens, labels: (tokens.to_tensor(), labels))
    return padded.prefetch(tf.data.AUTOTUNE)


def line(name: str, tokens: int, times: Timing, slowest: Timing) -> list[str]:
    """A line of the table."""
    rates = [tokens / (1000 * taken) for taken in (times.median, times.high, times.low)]
    middle, low, high = (f"{1000 * rate:.1f}" for rate in rates)
    ratio = slowest.median / times.median
    return [name, f"{middle} ({low}-{high})", f"{ratio:.1f}x"]


def main() -> None:
    """Prints the table."""
    tiny = quick(__doc__)
    lengths = review_lengths(128 if tiny else EXAMPLES)
    rounds, units = (2, 4) if tiny else (ROUNDS, 64)
    progress(f"compiles for each bucket, then {rounds} rounds of three epochs")
    made = contenders(Row("lstm", units, LONGEST), lengths)
    times = interleaved(made, rounds, warm=0)
    tutorial = next(iter(times.values()))
    lines = [line(name, lengths.sum(), taken, tutorial) for name, taken in times.items()]
    middle, most = np.percentile(lengths, (50, 95))
    print(f"Training on {len(lengths)} texts: median {middle:.0f} tokens, 95 % below {most:.0f}\n")
    print(table(["batches", "thousand real tokens/s", "over the tutorial"], lines))


if __name__ == "__main__":
    main()
