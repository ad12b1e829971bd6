"""What several stages need: a task's data, features and network, put together."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import keras

from models import precision
from models.build import build, streaming
from models.recurrent import path_of
from models.streaming import Streaming
from pipelines import batching, sources
from pipelines.batching import Batches
from pipelines.buckets import bucket_edges
from pipelines.config import Config
from pipelines.examples import Examples
from pipelines.task import Features, Task


@contextmanager
def timed(what: str) -> Generator[None]:
    """Says what is being done, and how long it took."""
    print(f"{what} ...", end=" ", flush=True)
    started = time.perf_counter()
    try:
        yield
    except BaseException:
        print(flush=True)  # an error deserves a line of its own
        raise
    print(f"{time.perf_counter() - started:.1f} s", flush=True)


@dataclass(frozen=True)
class Prepared:
    """Examples and the features learned from their training split."""

    examples: Examples
    features: Features


def prepare(task: Task, config: Config) -> Prepared:
    """Loads the task's data and learns its features; a precision in vain is refused before."""
    precision.use(config.training.precision)
    with timed("loading the data"):
        examples = sources.load(task, config.data)
    with timed("learning the vocabulary"):
        features = task.problem.fit(examples, config)
    return Prepared(examples, features)


def network(config: Config, features: Features) -> keras.Model:
    """The network of a run, with random weights from its seed."""
    keras.utils.set_random_seed(config.training.seed)
    return build(config.model, features.inputs, features.outputs)


def slow_recurrence(config: Config, model: keras.Model) -> str | None:
    """One line that says why recurrent layers compute as Keras's own; None if they do not."""
    if not config.model.recurrent:
        return None
    layers = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.RNN)]
    reasons = {path.reason for path in map(path_of, layers) if path.name == "keras"}
    if not reasons:
        return None
    return f"recurrent layers compute as Keras's own, more slowly: {'; '.join(sorted(reasons))}"


def pieces(config: Config, model: keras.Model, features: Features) -> Streaming | None:
    """The network with its state outside, where truncated back-propagation needs it.

    Raises:
        SpecError: the network must see the whole.
    """
    if not config.training.truncate:
        return None
    return streaming(config.model, model, features.outputs)


def batches(prepared: Prepared, config: Config) -> tuple[Batches, Batches]:
    """Training and validation split in batches; the bucket edges come from the training split."""
    train, validation = (
        batching.encode(prepared.features, prepared.examples.splits[split])
        for split in ("train", "validation")
    )
    # What is longer than every training example still needs a bucket.
    longest = int(max(train.lengths.max(), validation.lengths.max()))
    edges = bucket_edges(train.lengths, config.data.buckets, longest)
    if edges[-1] < longest:
        edges = (*edges, longest)
    size = config.training.batch_size
    return Batches(train, edges, size), Batches(validation, edges, size)
