"""The same small network, several times: ours, Keras's `fit`, a lean PyTorch loop.

All embed tokens, run one recurrent layer and minimise the cross-entropy of two classes by Adam with
a step size of 0.001, in float32. The differences are those of practice:

- ours is the project's training step with its feed: it masks padding, takes the norm of the whole
  gradient, clips by it, updates the embedding by rows, and measures the accuracy;
- Keras is `compile` and `fit` on arrays, as its tutorials write it: no mask, no clipping, accuracy;
- PyTorch does what the mathematics needs and nothing else, on batches that are slices of a tensor;
  once as it comes, and once without denormal numbers.

As a worker, a contender trains some steps of the row it is asked for.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.workers import serve
from pipelines.runtime.process import peak_memory

if TYPE_CHECKING:
    import keras

    from pipelines.data.batching import Encoded
    from pipelines.training.step import Step

VOCABULARY, WIDTH, CLASSES = 20_000, 64, 2

Epoch = Callable[[Callable[[], None]], None]
"""Trains an epoch and calls its argument after each step."""


@dataclass(frozen=True)
class Row:
    """A network and its data: what is measured.

    Attributes:
        each_step: whether each token has a class, or the whole sequence one.
        time_checkpoint: ours alone, as of `ModelSpec`.
        window: ours alone, steps of a window of truncated back-propagation; 0 for none.
        precision: a Keras dtype policy; not of PyTorch.
        steps: of a turn, beside a first one that is not counted.
    """

    cell: str
    units: int
    length: int
    bidirectional: bool = False
    each_step: bool = False
    time_checkpoint: int = 0
    window: int = 0
    precision: str = "float32"
    batch: int = 64
    steps: int = 3

    @property
    def columns(self) -> dict[str, object]:
        """The first columns of a table, and what they show of this row."""
        shown = (self.cell, 2 if self.bidirectional else 1, self.units, self.length)
        return dict(zip(("cell", "directions", "units", "T"), shown, strict=True))

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Tokens with the frequencies of words, int32 `[n, length]`, and classes by coin."""
        random = np.random.default_rng(0)
        examples = self.batch * (self.steps + 1)
        shape = (examples, self.length) if self.each_step else examples
        tokens = words(random, examples * self.length).reshape(examples, self.length)
        return tokens, random.integers(0, CLASSES, shape)


def words(random: np.random.Generator, number: int) -> np.ndarray:
    """Token ids as frequent as words are (Zipf 1949), int32 `[number]`, none of them padding."""
    shares = 1 / np.arange(1, VOCABULARY - 1)
    return (random.choice(VOCABULARY - 2, number, p=shares / shares.sum()) + 2).astype(np.int32)


def ours(row: Row) -> Epoch:
    """The project's network, feed and training step."""
    from pipelines.data.batching import Encoded
    from pipelines.data.ragged import Ragged

    tokens, classes = row.data()
    splits = np.arange(len(tokens) + 1) * row.length
    targets = np.eye(CLASSES, dtype=np.float32)[classes]
    if row.each_step:
        targets = Ragged(classes.astype(np.int32).ravel(), splits, fill=-1)
    sequences = {"tokens": Ragged(tokens.ravel(), splits)}
    return our_epoch(
        row, Encoded(sequences, targets, np.ones(len(tokens), np.float32)), (row.length,)
    )


def our_epoch(row: Row, encoded: Encoded, edges: tuple[int, ...]) -> Epoch:
    """Ours on any data, in buckets."""
    from pipelines.data.batching import Batches

    step, batches, number = _our_step(row), Batches(encoded, edges, row.batch), count()

    def epoch(after_step: Callable[[], None]) -> None:
        for batch in batches.epoch(0, next(number)):
            step.train(batch)
            after_step()

    return epoch


def _our_step(row: Row) -> Step:
    import keras

    from models.build import build, streaming
    from models.inputs.tokens import TokenInput
    from models.outputs.classes import Classes
    from models.outputs.labels import Labels
    from models.spec import ModelSpec
    from pipelines.training.step import Step
    from pipelines.training.windowed import WindowedStep

    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(row.precision)  # without asking whether it is worth it
    fields = ("cell", "units", "bidirectional", "time_checkpoint")
    made: dict[str, Any] = {field: getattr(row, field) for field in fields}
    mode = "many_to_many" if row.each_step else "many_to_one"
    spec = ModelSpec.of(mode, **made, embedding_dim=WIDTH, dropout=0.0)
    outputs = Labels(CLASSES) if row.each_step else Classes(CLASSES)
    model = build(spec, TokenInput(VOCABULARY), outputs)
    if not row.window:
        return Step(model, outputs, *adam(model))
    assert isinstance(outputs, Labels), "only what answers each step is trained by windows"
    network = streaming(spec, model, outputs)
    return WindowedStep(model, outputs, *adam(model), network, row.window)


def adam(model: keras.Model) -> tuple[keras.optimizers.Optimizer, float]:
    """The project's optimizer of a model, and the norm that it clips gradients to."""
    from pipelines.config import TrainingSettings
    from pipelines.training.optimizers import optimizer

    settings = TrainingSettings(embedding_update="rows")
    made = optimizer(settings, 1)
    made.build(model.trainable_variables)
    return made, settings.clip_norm


def keras_model(row: Row, masked: bool = False) -> keras.Model:
    """As Keras's tutorials write it, compiled.

    Args:
        row: what is built.
        masked: whether padding is masked, as ours always is.
    """
    import keras

    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(row.precision)
    kinds = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}
    kind = kinds.get(row.cell, keras.layers.SimpleRNN)
    layer = kind(row.units, return_sequences=row.each_step)
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(VOCABULARY, WIDTH, mask_zero=masked),
            keras.layers.Bidirectional(layer) if row.bidirectional else layer,
            keras.layers.Dense(CLASSES, dtype="float32"),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    return model


def keras_fit(row: Row) -> Epoch:
    """`fit` on arrays."""
    import keras

    model, (tokens, classes) = keras_model(row), row.data()

    def epoch(after_step: Callable[[], None]) -> None:
        watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: after_step())
        model.fit(tokens, classes, batch_size=row.batch, verbose=0, callbacks=[watch])

    return epoch


def prepared_torch(flushed: bool) -> Any:
    """PyTorch with a seed and a thread for each core; `flushed` as of `pytorch`."""
    import torch  # ty: ignore[import-not-found]

    torch.set_flush_denormal(flushed)
    torch.manual_seed(0)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    return torch


def pytorch(row: Row, flushed: bool = False) -> Epoch:
    """A loop without a framework around it; of one class for the whole sequence.

    Args:
        row: what is built.
        flushed: whether denormal numbers, which vanishing gradients become, count as zero. It is
            not PyTorch's default, and some processors are many times slower on them.
    """
    torch = prepared_torch(flushed)
    kinds = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
    kind = kinds.get(row.cell, torch.nn.RNN)
    embedding = torch.nn.Embedding(VOCABULARY, WIDTH)
    layer = kind(WIDTH, row.units, batch_first=True, bidirectional=row.bidirectional)
    head = torch.nn.Linear(row.units * (2 if row.bidirectional else 1), CLASSES)
    modules = torch.nn.ModuleList([embedding, layer, head])
    optimizer = torch.optim.Adam(
        modules.parameters(), lr=1e-3, fused=True
    )  # faster than its default
    tokens, classes = (torch.as_tensor(part) for part in row.data())

    def epoch(after_step: Callable[[], None]) -> None:
        for start in range(0, len(tokens), row.batch):
            _, state = layer(embedding(tokens[start : start + row.batch]))
            hidden = state[0] if row.cell == "lstm" else state  # [directions, batch, units]
            last = hidden.transpose(0, 1).flatten(1)  # [batch, directions * units]
            wanted = classes[start : start + row.batch]
            loss = torch.nn.functional.cross_entropy(head(last), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()
            after_step()

    return epoch


CONTENDERS = {
    "ours": ours,
    "keras": keras_fit,
    "pytorch": pytorch,
    "pytorch_flushed": partial(pytorch, flushed=True),
}


def step_milliseconds(epoch: Epoch) -> float:
    """Mean of the steps of an epoch but the first: `fit` makes its iterator before that."""
    ends: list[float] = []
    epoch(lambda: ends.append(time.perf_counter()))
    return (ends[-1] - ends[0]) / (len(ends) - 1) * 1000


def main(name: str) -> None:
    """Answers with the milliseconds of a step and the most memory held so far, in MiB."""
    made = lru_cache(maxsize=1)(CONTENDERS[name])

    def answer(**row: Any) -> dict[str, float]:
        return {"milliseconds": step_milliseconds(made(Row(**row))), "peak": peak_memory()}

    serve(answer)


if __name__ == "__main__":
    main(sys.argv[1])
